#include "c2c/eval/grading/fixed_math.h"

#include <algorithm>

#include "c2c/base/utf8.h"
#include "c2c/eval/grading/characters.h"
#include "c2c/eval/grading/latex_normal.h"
#include "c2c/eval/grading/math_compare.h"

namespace c2c::grading {
namespace {

using View = std::u32string_view;

// Past the last "answer:" of the reply, to the end of the line, without markup and closing dots.
std::optional<View> announced(View reply, Budget& budget) {
  static const Pattern pattern(R"((?:final\s+)?answer\s*:?\**:?\**[ \t]*([^\n]*))", {.ignore_case = true});
  const std::vector<Match> found = pattern.find_all(reply, budget);
  for (auto match = found.rbegin(); match != found.rend(); ++match) {
    if (match->text(reply).find(U':') == View::npos) continue;
    View text = strip(match->text(reply, 1));
    while (!text.empty() && (text.back() == U'.' || text.back() == U'*' || is_space(text.back())))
      text.remove_suffix(1);
    while (!text.empty() && (text.front() == U'*' || is_space(text.front()))) text.remove_prefix(1);
    if (!text.empty()) return text;
  }
  return std::nullopt;
}

// Two letters in a row that are no LaTeX command: a word, for which a parser of products is no reader.
bool has_words(View text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == U'\\') {
      ++i;
      while (i < text.size() && is_ascii_letter(text[i])) ++i;
      if (i < text.size() && text[i] == U'{' && i >= 4 && text.substr(i - 4, 4) == U"text") i = text.find(U'}', i);
      if (i == View::npos) return false;
      continue;
    }
    if (i + 1 < text.size() && is_word(text[i]) && !is_digit(text[i]) && text[i] != U'_' && is_word(text[i + 1]) &&
        !is_digit(text[i + 1]) && text[i + 1] != U'_')
      return true;
  }
  return false;
}

View without_dollars(View text) {
  while (text.size() > 1 && text.front() == U'$' && text.back() == U'$') text = text.substr(1, text.size() - 2);
  if (text.size() > 4 && (text.starts_with(U"\\(") || text.starts_with(U"\\[")) &&
      (text.ends_with(U"\\)") || text.ends_with(U"\\]")))
    text = text.substr(2, text.size() - 4);
  return text;
}

}  // namespace

Extraction whole_latex(View latex, Budget& budget) {
  const std::u32string normal =
      normal_latex(without_dollars(strip(latex)), {.nits = true, .malformed_operators = true}, budget);
  if (normal.empty()) return {};
  return {parse_normal_latex(normal, budget), to_utf8(normal)};
}

namespace {

// 310 374 is a number in groups, which the LaTeX grammar takes for a sum; the search for numbers reads it right.
bool has_grouped_digits(View text, Budget& budget) {
  static const Pattern grouped(R"(\d\s+\d)");
  Match match;
  return grouped.search(text, match, budget);
}

// Signs that may be units: a percentage or a temperature stands for its number too, as the graders hold it.
bool has_unit_sign(View text) {
  return text.find(U'%') != View::npos || text.find(U"\\circ") != View::npos;
}

}  // namespace

std::optional<FixedMath> fixed_math(View reply, const Extraction& truth, bool found_right, Budget& budget) {
  if (!truth.value || reply.find(U"\\boxed") != View::npos) return std::nullopt;
  const auto text = announced(reply, budget);
  constexpr std::size_t kLongest = 500;
  if (!text || text->size() > kLongest || has_grouped_digits(*text, budget)) return std::nullopt;
  const Extraction whole = whole_latex(*text, budget);
  if (!whole.value) return std::nullopt;
  const bool right = same_answer(truth.value, whole.value, budget);
  if (!right && (has_words(*text) || !found_right)) return std::nullopt;
  if (!right && found_right && has_unit_sign(*text)) return std::nullopt;
  return FixedMath{right, *whole.text};
}

}  // namespace c2c::grading
