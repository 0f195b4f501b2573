#include "c2c/text/tokenizers/char_classes.h"

#include <oniguruma.h>

#include <string>

#include "c2c/base/error.h"
#include "c2c/text/tokenizers/regex.h"

namespace c2c::tok {
namespace {

constexpr char32_t kEnd = 0x110000;

// Sets `bit` for every character of Oniguruma's class or property `name`.
void mark(std::vector<std::uint8_t>& table, const std::string& name, std::uint8_t bit) {
  const OnigEncoding utf8 = ONIG_ENCODING_UTF8;
  const auto* begin = reinterpret_cast<const OnigUChar*>(name.data());
  // The library's tables spell these parameters without const; it only reads them.
  const int ctype =
      utf8->property_name_to_ctype(utf8, const_cast<OnigUChar*>(begin), const_cast<OnigUChar*>(begin) + name.size());
  OnigCodePoint single_bytes = 0;
  const OnigCodePoint* ranges = nullptr;
  C2C_CHECK(ctype >= 0 && utf8->get_ctype_code_range(static_cast<OnigCtype>(ctype), &single_bytes, &ranges) == 0,
            "Oniguruma lacks the property " + name);
  for (OnigCodePoint i = 0; i < ranges[0]; ++i)
    for (OnigCodePoint c = ranges[1 + 2 * i]; c <= ranges[2 + 2 * i] && c < kEnd; ++c) table[c] |= bit;
}

}  // namespace

CharClasses::CharClasses() : table_(kEnd, 0) {
  initialize_oniguruma();
  mark(table_, "L", kLetter);
  mark(table_, "N", kNumber);
  mark(table_, "Space", kSpace);
  mark(table_, "M", kMark);
  mark(table_, "P", kPunctuation);
  for (const char c : std::string("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"))
    table_[static_cast<unsigned char>(c)] |= kPunctuation;
  for (const char* property : {"Alphabetic", "M", "Nd", "Pc", "Join_Control"}) mark(table_, property, kWord);
}

const CharClasses& CharClasses::get() {
  static const CharClasses classes;
  return classes;
}

}  // namespace c2c::tok
