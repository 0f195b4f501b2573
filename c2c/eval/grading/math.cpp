#include "c2c/eval/grading/math.h"

#include <algorithm>

#include "c2c/base/utf8.h"
#include "c2c/eval/grading/characters.h"
#include "c2c/eval/grading/fixed_math.h"
#include "c2c/eval/grading/math_compare.h"
#include "c2c/eval/grading/math_extract.h"
#include "c2c/eval/grading/math_patterns.h"
#include "c2c/eval/grading/numbers.h"

namespace c2c::grading {
namespace {

constexpr std::size_t kLongestReply = 1 << 20;  // past it only the end is read

// math_verify's StringExtractionConfig: the last letter of the best priority.
std::string letter_in(std::u32string_view text, Budget& budget) {
  static const std::vector<RankedPattern> patterns = letter_patterns_of_math_verify();
  for (const int priority : {0, 50, 100, 200, 250, 300}) {
    std::string letter;
    std::pair<std::size_t, std::size_t> best;  // end, and the beginning counted backwards
    for (const RankedPattern& ranked : patterns) {
      if (ranked.priority != priority) continue;
      for (const Match& match : ranked.pattern.find_all(text, budget)) {
        const std::pair place(match.end(), text.size() - match.begin());
        if (!letter.empty() && place <= best) continue;
        best = place;
        letter = to_utf8(match.text(text, ranked.pattern.names()[0].second));
      }
    }
    if (!letter.empty()) return letter;
  }
  return {};
}

bool same(const Extraction& truth, const Extraction& answer, Budget& budget) {
  if (truth.text && answer.text) {
    const std::u32string a = to_utf32(*truth.text);
    const std::u32string b = to_utf32(*answer.text);
    if (!strip(a).empty() && strip(a) == strip(b)) return true;
  }
  return truth.value && answer.value && same_answer(truth.value, answer.value, budget);
}

Extraction truth_of(std::u32string truth, MathTruth kind, Budget& budget) {
  if (kind == MathTruth::kNumber) return extract_number_truth(truth, budget);
  if (!truth.starts_with(U'$')) truth = U"$" + truth + U"$";
  return extract_latex_truth(truth, budget);
}

}  // namespace

std::optional<MathTruth> math_truth(std::string_view benchmark) {
  if (benchmark == "gsm8k" || benchmark == "aime2024" || benchmark == "aime2025") return MathTruth::kNumber;
  if (benchmark == "math-500" || benchmark == "math500" || benchmark == "amc23") return MathTruth::kLatex;
  if (benchmark == "gpqa" || benchmark == "gpqa_diamond") return MathTruth::kLetter;
  return std::nullopt;
}

MathVerdict grade_math(std::string_view reply, std::string_view truth, MathTruth kind, Mode mode) {
  MathVerdict out;
  out.answer = "No extracted answer";
  std::u32string text = to_utf32(reply);
  if (text.size() > kLongestReply) text.erase(0, text.size() - kLongestReply);
  try {
    Budget budget;
    if (kind == MathTruth::kLetter) {
      const std::string letter = letter_in(text, budget);
      if (letter.empty()) return out;
      return {letter_in(to_utf32(truth), budget) == letter, true, letter, false};
    }
    const Extraction wanted = truth_of(
        to_utf32(mode == Mode::kFixed && kind == MathTruth::kNumber ? plain_number(truth) : std::string(truth)), kind,
        budget);
    const Extraction answer = extract_reply(text, budget);
    out.extracted = answer.found();
    if (answer.text) out.answer = *answer.text;
    out.correct = same(wanted, answer, budget);
    if (mode == Mode::kFixed) {
      if (const auto fixed = fixed_math(text, wanted, out.correct, budget)) {
        out.extracted = true;
        out.answer = fixed->answer;
        out.correct = fixed->correct;
      }
    }
  } catch (const BudgetSpent&) {
    out.gave_up = true;
    out.correct = false;
  }
  return out;
}

bool same_math(std::string_view truth, std::string_view answer) {
  try {
    Budget budget;
    const Extraction a = whole_latex(to_utf32(truth), budget);
    const Extraction b = whole_latex(to_utf32(answer), budget);
    return same(a, b, budget);
  } catch (const BudgetSpent&) {
    return false;
  }
}

}  // namespace c2c::grading
