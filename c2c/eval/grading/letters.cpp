#include "c2c/eval/grading/letters.h"

#include <algorithm>
#include <array>
#include <string>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/eval/grading/characters.h"
#include "c2c/eval/grading/fixed_letters.h"
#include "c2c/eval/grading/pattern.h"

namespace c2c::grading {
namespace {

char upper(char32_t c) {
  return static_cast<char>(c >= U'a' ? c - 32 : c);
}
bool is_a_to_d(char32_t c) {
  return c >= U'A' && c <= U'D';
}

// evaluate.py lists each in up to three cases; all of them are matched without case, so the first of each is enough.
const std::vector<Pattern>& prefix_patterns() {
  static const std::vector<Pattern> patterns = [] {
    std::vector<Pattern> out;
    for (const char* prefix :
         {"Answer:", "Your answer:", "The answer is", "Correct answer is", "Correct answer is:", "Correct answer:",
          "Jibu lako:", "Jibu:", "Jibu sahihi:", "Response:", "Choice:", "Option:"})
      out.emplace_back(std::string(prefix) + R"(\s*(.*))", Pattern::Flags{.ignore_case = true});
    return out;
  }();
  return patterns;
}

const std::array<Pattern, 4>& letter_patterns() {
  constexpr Pattern::Flags kIgnoreCase{.ignore_case = true};
  static const std::array<Pattern, 4> patterns = {
      Pattern(R"(\b([A-D])(?:\s*[.,!?:)]?\s*$))", kIgnoreCase), Pattern(R"(\b([A-D])(?:\s*[.,!?:)]\s))", kIgnoreCase),
      Pattern(R"((?:^|\s)([A-D])(?:\s*$))", kIgnoreCase), Pattern(R"(\b([A-D])\b)", kIgnoreCase)};
  return patterns;
}

bool contains(std::u32string_view text, std::u32string_view part) {
  return text.find(part) != std::u32string_view::npos;
}

// Signs of mathematics and no word of an answer: the reference then holds a letter for a variable.
bool looks_like_mathematics(std::u32string_view text) {
  const auto in_text = [&](std::u32string_view part) { return contains(text, part); };
  constexpr std::u32string_view kSigns[] = {U"+",   U"-",    U"*",   U"/",   U"=",  U"^",
                                            U"mod", U"sqrt", U"sin", U"cos", U"tan"};
  if (std::none_of(std::begin(kSigns), std::end(kSigns), in_text)) return false;
  const std::u32string small = lower(text);
  const auto in_small = [&](std::u32string_view part) { return contains(small, part); };
  constexpr std::u32string_view kWords[] = {U"jibu",     U"answer",  U"choice", U"option",
                                            U"response", U"correct", U"sahihi"};
  return std::none_of(std::begin(kWords), std::end(kWords), in_small);
}

std::optional<char> exact_letter(std::u32string_view text) {
  text = strip(text);
  if (text.empty()) return std::nullopt;
  Budget budget;
  Match match;
  for (const Pattern& pattern : prefix_patterns()) {
    if (!pattern.search(text, match, budget)) continue;
    for (const char32_t c : match.text(text, 1))
      if (is_a_to_d(c)) return static_cast<char>(c);
  }
  const auto& patterns = letter_patterns();
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    const std::vector<Match> found = patterns[i].find_all(text, budget);
    if (found.empty()) continue;
    if (looks_like_mathematics(text)) {
      if (i + 1 == patterns.size()) return std::nullopt;
      continue;
    }
    return upper(found.back().text(text, 1).front());
  }
  const auto last = std::find_if(text.rbegin(), text.rend(), is_a_to_d);
  if (last != text.rend()) return static_cast<char>(*last);
  return std::nullopt;
}

}  // namespace

std::optional<char> extract_letter(std::string_view reply, Mode mode, int options) {
  if (options < 1 || options > kMaxOptions)
    fail_usage({.where = "letter extraction",
                .key = "options",
                .found = std::to_string(options),
                .expected = "1 to " + std::to_string(kMaxOptions),
                .hint = {}});
  const std::u32string text = to_utf32(reply);
  try {
    return mode == Mode::kExact ? exact_letter(text) : fixed_letter(text, options);
  } catch (const BudgetSpent&) {
    return std::nullopt;  // megabytes of white space and the like
  }
}

std::vector<char> parse_answer_digits(std::string_view text) {
  std::vector<char> out;
  for (char digit = '0'; digit <= '3'; ++digit)
    if (text.find(digit) != std::string_view::npos) out.push_back(static_cast<char>('A' + (digit - '0')));
  return out;
}

}  // namespace c2c::grading
