// math_verify's patterns (parser.py, 0.9.0) with their priorities; lower ones are tried first.
#pragma once
#include <vector>

#include "c2c/eval/grading/pattern.h"

namespace c2c::grading {

struct RankedPattern {
  Pattern pattern;
  int priority;
};

// `anchored`: only where an answer is announced or boxed.
std::vector<RankedPattern> latex_patterns(bool anchored, int boxed_priority);
std::vector<RankedPattern> plain_patterns();
// Letters A to D as answers (the gpqa grader).
std::vector<RankedPattern> letter_patterns_of_math_verify();

}  // namespace c2c::grading
