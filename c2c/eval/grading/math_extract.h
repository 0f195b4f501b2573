// Which part of a text is its mathematical answer, as math_verify 0.9.0's parser looks for it.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "c2c/eval/grading/expression.h"
#include "c2c/eval/grading/pattern.h"

namespace c2c::grading {

struct Extraction {
  Expr value;                       // null where what was found could not be parsed
  std::optional<std::string> text;  // normalised source; nothing: no answer was found

  bool found() const { return value != nullptr || text.has_value(); }
};

// The evaluator's three ways.
Extraction extract_reply(std::u32string_view reply, Budget& budget);         // LaTeX with an anchor, or plain
Extraction extract_latex_truth(std::u32string_view truth, Budget& budget);   // LaTeX
Extraction extract_number_truth(std::u32string_view truth, Budget& budget);  // a plain number or expression

// LaTeX without any search; null where it does not parse.
Expr parse_normal_latex(std::u32string_view latex, Budget& budget);

}  // namespace c2c::grading
