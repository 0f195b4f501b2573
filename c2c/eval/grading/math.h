// Whether a reply's mathematical answer is right: numbers, fractions, percentages, intervals, sets, tuples, matrices,
// equations and algebra, in LaTeX or plain. Mode::kExact follows the graders of the C2C evaluator, which are
// math_verify 0.9.0 with its settings; docs/grading.md lists where kFixed differs, and what is not computed here.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "c2c/eval/grading/letters.h"

namespace c2c::grading {

// How the truth is written.
enum class MathTruth {
  kNumber,  // gsm8k, aime2024, aime2025: a number or an expression
  kLatex,   // math-500, amc23: LaTeX, with or without dollars
  kLetter,  // gpqa_diamond: A to D
};

// By the names of benchmarks (gsm8k, math-500, math500, aime2024, aime2025, amc23, gpqa, gpqa_diamond).
std::optional<MathTruth> math_truth(std::string_view benchmark);

struct MathVerdict {
  bool correct = false;
  bool extracted = false;  // the reply holds something that looks like an answer
  std::string answer;      // its normalised source; "No extracted answer" without one, as the reference stores it
  bool gave_up = false;    // the budget of steps was spent: graded as wrong, as the reference's five seconds are
};

// Never throws for any text; time and memory are bounded whatever it holds.
MathVerdict grade_math(std::string_view reply, std::string_view truth, MathTruth kind, Mode mode = Mode::kExact);

// Two LaTeX answers without any search for them; false where either does not parse and they are not the same text.
bool same_math(std::string_view truth, std::string_view answer);

}  // namespace c2c::grading
