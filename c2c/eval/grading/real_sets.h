// Sets of real numbers as disjoint pieces in order, so that unions and intervals written differently compare equal.
#pragma once
#include <optional>
#include <vector>

#include "c2c/eval/grading/expression.h"
#include "c2c/eval/grading/pattern.h"

namespace c2c::grading {

struct Piece {
  Expr start, end;  // infinite where the piece is; the same expression for a point
  bool left_open, right_open;
};
using RealSet = std::vector<Piece>;

// Nothing for sets of other things than real numbers without symbols, and for sets that are not pieces (N, Z, Q, C).
std::optional<RealSet> real_set(const Expr& set, Budget& budget);
bool same_real_set(const RealSet& a, const RealSet& b, Budget& budget);

}  // namespace c2c::grading
