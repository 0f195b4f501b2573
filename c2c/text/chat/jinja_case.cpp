// Case mapping and character classes of jinja_text.h.
#include <utf8proc.h>

#include <algorithm>

#include "c2c/base/utf8.h"
#include "c2c/text/chat/jinja_case_table.h"
#include "c2c/text/chat/jinja_text.h"

namespace c2c::jinja {
namespace {

using Points = std::u32string;

utf8proc_category_t category(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

bool is_cased(char32_t c) {
  const auto cat = category(c);
  return cat == UTF8PROC_CATEGORY_LU || cat == UTF8PROC_CATEGORY_LL || cat == UTF8PROC_CATEGORY_LT;
}

bool is_case_ignorable(char32_t c) {
  if (c == '\'' || c == '.' || c == ':' || c == '^' || c == '`' || c == 0xB7 || c == 0x2018 || c == 0x2019) return true;
  const auto cat = category(c);
  return cat == UTF8PROC_CATEGORY_MN || cat == UTF8PROC_CATEGORY_ME || cat == UTF8PROC_CATEGORY_CF ||
         cat == UTF8PROC_CATEGORY_LM || cat == UTF8PROC_CATEGORY_SK;
}

const SpecialCase* special_case(char32_t c) {
  if (c < 0xDF) return nullptr;
  const auto* found = std::lower_bound(std::begin(kSpecialCases), std::end(kSpecialCases), c,
                                       [](const SpecialCase& entry, char32_t key) { return entry.character < key; });
  return found != std::end(kSpecialCases) && found->character == c ? found : nullptr;
}

void append_upper(Points& out, char32_t c) {
  if (const SpecialCase* special = special_case(c))
    out += special->upper;
  else
    out += static_cast<char32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(c)));
}

void append_title(Points& out, char32_t c) {
  if (const SpecialCase* special = special_case(c))
    out += special->title;
  else
    out += static_cast<char32_t>(utf8proc_totitle(static_cast<utf8proc_int32_t>(c)));
}

// A capital sigma at the end of a word becomes the final form.
bool is_final_sigma(const Points& text, std::size_t at) {
  std::size_t before = at, after = at + 1;
  while (before > 0 && is_case_ignorable(text[before - 1])) --before;
  if (before == 0 || !is_cased(text[before - 1])) return false;
  while (after < text.size() && is_case_ignorable(text[after])) ++after;
  return after == text.size() || !is_cased(text[after]);
}

void append_lower(Points& out, const Points& text, std::size_t at) {
  const char32_t c = text[at];
  if (c == 0x130)
    out += U"i\u0307";
  else if (c == 0x3A3)
    out += is_final_sigma(text, at) ? U'\u03C2' : U'\u03C3';
  else
    out += static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
}

template <class Append>
std::string map_points(std::string_view text, Append append) {
  const Points points = to_utf32(text);
  Points out;
  out.reserve(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) append(out, points, i);
  return to_utf8(out);
}

}  // namespace

std::string to_upper(std::string_view text) {
  return map_points(text, [](Points& out, const Points& points, std::size_t i) { append_upper(out, points[i]); });
}

std::string to_lower(std::string_view text) {
  return map_points(text, [](Points& out, const Points& points, std::size_t i) { append_lower(out, points, i); });
}

std::string to_title(std::string_view text) {
  bool in_word = false;
  return map_points(text, [&](Points& out, const Points& points, std::size_t i) {
    in_word ? append_lower(out, points, i) : append_title(out, points[i]);
    in_word = is_cased(points[i]);
  });
}

std::string to_capitalized(std::string_view text) {
  return map_points(text, [](Points& out, const Points& points, std::size_t i) {
    i == 0 ? append_title(out, points[i]) : append_lower(out, points, i);
  });
}

std::string swap_case(std::string_view text) {
  return map_points(text, [](Points& out, const Points& points, std::size_t i) {
    const auto cat = category(points[i]);
    if (cat == UTF8PROC_CATEGORY_LU)
      append_lower(out, points, i);
    else if (cat == UTF8PROC_CATEGORY_LL)
      append_upper(out, points[i]);
    else
      out += points[i];
  });
}

bool all_of_class(std::string_view text, TextClass what) {
  const Points points = to_utf32(text);
  if (points.empty()) return false;
  if (what == TextClass::kUpper || what == TextClass::kLower) {
    const bool upper = what == TextClass::kUpper;
    bool any = false;
    for (const char32_t c : points) {
      const auto cat = category(c);
      if (cat == UTF8PROC_CATEGORY_LT || cat == (upper ? UTF8PROC_CATEGORY_LL : UTF8PROC_CATEGORY_LU)) return false;
      any |= cat == (upper ? UTF8PROC_CATEGORY_LU : UTF8PROC_CATEGORY_LL);
    }
    return any;
  }
  return std::all_of(points.begin(), points.end(), [&](char32_t c) {
    const auto cat = category(c);
    const bool alpha = cat >= UTF8PROC_CATEGORY_LU && cat <= UTF8PROC_CATEGORY_LO;
    const bool digit = cat == UTF8PROC_CATEGORY_ND || c == 0xB2 || c == 0xB3 || c == 0xB9;
    switch (what) {
      case TextClass::kAlpha:
        return alpha;
      case TextClass::kDigit:
        return digit;
      case TextClass::kAlnum:
        return alpha || digit || (cat >= UTF8PROC_CATEGORY_ND && cat <= UTF8PROC_CATEGORY_NO);
      default:
        return is_space(c);
    }
  });
}

}  // namespace c2c::jinja
