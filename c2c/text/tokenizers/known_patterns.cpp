#include "c2c/text/tokenizers/known_patterns.h"

#include <array>
#include <cstdint>

#include "c2c/text/tokenizers/char_classes.h"
#include "c2c/text/tokenizers/utf8_walk.h"

namespace c2c::tok {
namespace {

constexpr std::string_view kGpt2Regex = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view kQwen2Regex =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kLlama3Regex =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

constexpr std::uint8_t kOther = kLetter | kNumber | kSpace;  // what [^\s\p{L}\p{N}] excludes

// A position in the text and the class of the character there.
class Scanner {
 public:
  Scanner(std::string_view text, std::size_t position) : classes_(&CharClasses::get()), text_(text), at_(position) {
    look();
  }

  bool done() const { return at_ >= text_.size(); }
  std::size_t at() const { return at_; }
  char32_t value() const { return value_; }
  bool is(std::uint8_t classes) const { return !done() && (class_ & classes) != 0; }
  bool is_letter() const { return is(kLetter); }
  bool is_number() const { return is(kNumber); }
  bool is_space() const { return is(kSpace); }
  bool is_other() const { return !done() && (class_ & kOther) == 0; }
  bool is_newline() const { return !done() && (value_ == '\n' || value_ == '\r'); }
  void next() {
    at_ = after_;
    look();
  }

 private:
  void look() {
    if (done()) return;
    const char* p = text_.data() + at_;
    value_ = next_char(p);
    after_ = static_cast<std::size_t>(p - text_.data());
    class_ = classes_->of(value_);
  }
  const CharClasses* classes_;
  std::string_view text_;
  std::size_t at_, after_ = 0;
  char32_t value_ = 0;
  std::uint8_t class_ = 0;
};

// 's|'t|'re|'ve|'m|'ll|'d after the apostrophe at `position`: bytes of the match, 0 when none. The long s (U+017F)
// folds to s.
std::size_t contraction(std::string_view text, std::size_t position, bool ignore_case) {
  const auto letter = [&](std::size_t i) -> char {
    if (position + i >= text.size()) return '\0';
    const char c = text[position + i];
    return ignore_case && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  };
  const char first = letter(1), second = letter(2);
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return 2;
  if ((first == 'r' || first == 'v') && second == 'e') return 3;
  if (first == 'l' && second == 'l') return 3;
  if (ignore_case && first == '\xC5' && second == '\xBF') return 3;
  return 0;
}

std::size_t letters_end(Scanner s) {
  while (s.is_letter()) s.next();
  return s.at();
}

// \s+(?!\S)|\s+ : a run of spaces without its last one, unless the text ends there or it is the only one.
std::size_t spaces_end(Scanner s, std::string_view text) {
  const std::size_t start = s.at();
  while (s.is_space()) s.next();
  if (s.done()) return s.at();
  const std::size_t last = previous_char(text, s.at());
  return last > start ? last : s.at();
}

std::size_t match_gpt2(std::string_view text, std::size_t position) {
  Scanner s(text, position);
  if (s.value() == '\'')
    if (const std::size_t size = contraction(text, position, false); size > 0) return position + size;
  const Scanner start = s;
  if (s.value() == ' ') s.next();
  if (s.is_letter()) return letters_end(s);
  if (s.is_number()) {
    while (s.is_number()) s.next();
    return s.at();
  }
  if (s.is_other()) {
    while (s.is_other()) s.next();
    return s.at();
  }
  return spaces_end(start, text);
}

// \s*[\r\n]+|\s+(?!\S)|\s+
std::size_t lines_or_spaces_end(const Scanner& start, std::string_view text) {
  std::size_t after_newline = 0;
  for (Scanner s = start; s.is_space();) {
    const bool newline = s.is_newline();
    s.next();
    if (newline) after_newline = s.at();
  }
  return after_newline > 0 ? after_newline : spaces_end(start, text);
}

std::size_t match_llama3(std::string_view text, std::size_t position, int most_digits) {
  Scanner s(text, position);
  if (s.value() == '\'')
    if (const std::size_t size = contraction(text, position, true); size > 0) return position + size;
  if (s.is_letter()) return letters_end(s);
  if (s.is_number()) {
    for (int digits = 0; digits < most_digits && s.is_number(); ++digits) s.next();
    return s.at();
  }
  Scanner after = s;
  after.next();
  if (!s.is_newline() && after.is_letter()) return letters_end(after);
  if (s.value() == ' ' && after.is_other()) s = after;
  if (s.is_other()) {
    while (s.is_other()) s.next();
    while (s.is_newline()) s.next();
    return s.at();
  }
  return lines_or_spaces_end(s, text);
}

}  // namespace

std::string_view regex_of(KnownPattern pattern) {
  return std::array{kGpt2Regex, kQwen2Regex, kLlama3Regex}[static_cast<std::size_t>(pattern)];
}

std::optional<KnownPattern> recognise_pattern(std::string_view regex) {
  for (const auto pattern : {KnownPattern::kGpt2, KnownPattern::kQwen2, KnownPattern::kLlama3})
    if (regex == regex_of(pattern)) return pattern;
  return std::nullopt;
}

std::size_t match_end(KnownPattern pattern, std::string_view text, std::size_t position) {
  if (pattern == KnownPattern::kGpt2) return match_gpt2(text, position);
  return match_llama3(text, position, pattern == KnownPattern::kQwen2 ? 1 : 3);
}

}  // namespace c2c::tok
