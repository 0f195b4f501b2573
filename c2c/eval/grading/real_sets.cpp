#include "c2c/eval/grading/real_sets.h"

#include <algorithm>

#include "c2c/eval/grading/numeric.h"

namespace c2c::grading {
namespace {

struct NotReal {};
constexpr std::size_t kMostPieces = 1000;

int order(const Expr& a, const Expr& b, Budget& budget) {
  const auto out = compare_numbers(a, b, budget);
  if (!out) throw NotReal{};
  return *out;
}

// Sorted, and joined where two touch.
RealSet joined(RealSet pieces, Budget& budget) {
  if (pieces.size() > kMostPieces) throw NotReal{};
  std::sort(pieces.begin(), pieces.end(), [&](const Piece& a, const Piece& b) {
    const int by = order(a.start, b.start, budget);
    return by != 0 ? by < 0 : !a.left_open && b.left_open;
  });
  RealSet out;
  for (Piece& piece : pieces) {
    if (!out.empty()) {
      Piece& last = out.back();
      const int gap = order(last.end, piece.start, budget);
      if (gap > 0 || (gap == 0 && !(last.right_open && piece.left_open))) {
        const int reach = order(last.end, piece.end, budget);
        if (reach < 0) last.end = piece.end, last.right_open = piece.right_open;
        if (reach == 0) last.right_open = last.right_open && piece.right_open;
        continue;
      }
    }
    out.push_back(std::move(piece));
  }
  return out;
}

RealSet common(const RealSet& a, const RealSet& b, Budget& budget) {
  RealSet out;
  for (const Piece& x : a) {
    for (const Piece& y : b) {
      const int starts = order(x.start, y.start, budget);
      const int ends = order(x.end, y.end, budget);
      Piece piece{starts >= 0 ? x.start : y.start, ends <= 0 ? x.end : y.end,
                  starts == 0  ? x.left_open || y.left_open
                  : starts > 0 ? x.left_open
                               : y.left_open,
                  ends == 0  ? x.right_open || y.right_open
                  : ends < 0 ? x.right_open
                             : y.right_open};
      const int size = order(piece.start, piece.end, budget);
      if (size < 0 || (size == 0 && !piece.left_open && !piece.right_open)) out.push_back(std::move(piece));
      if (out.size() > kMostPieces) throw NotReal{};
    }
  }
  return joined(std::move(out), budget);
}

RealSet outside(const RealSet& set) {
  RealSet out;
  Expr from = infinity_expr(-1);
  bool open = true;
  for (const Piece& piece : set) {
    if (!piece.start->is(Kind::kInfinity)) out.push_back({from, piece.start, open, !piece.left_open});
    from = piece.end;
    open = !piece.right_open;
  }
  if (!(from->is(Kind::kInfinity) && !from->number.is_negative())) out.push_back({from, infinity_expr(1), open, true});
  return out;
}

RealSet pieces_of(const Expr& set, Budget& budget) {
  budget.spend(50);
  switch (set->kind) {
    case Kind::kNamedSet:
      if (set->name.empty()) return {};
      if (set->name == "R") return {{infinity_expr(-1), infinity_expr(1), true, true}};
      throw NotReal{};
    case Kind::kInterval:
      order(set->args[0], set->args[1], budget);
      return {{set->args[0], set->args[1], set->left_open, set->right_open}};
    case Kind::kSet: {
      RealSet out;
      for (const Expr& element : set->args) {
        order(element, element, budget);
        out.push_back({element, element, false, false});
      }
      return joined(std::move(out), budget);
    }
    case Kind::kUnion: {
      RealSet out = pieces_of(set->args[0], budget);
      const RealSet more = pieces_of(set->args[1], budget);
      out.insert(out.end(), more.begin(), more.end());
      return joined(std::move(out), budget);
    }
    case Kind::kIntersection:
      return common(pieces_of(set->args[0], budget), pieces_of(set->args[1], budget), budget);
    case Kind::kComplement:
      return common(pieces_of(set->args[0], budget), outside(pieces_of(set->args[1], budget)), budget);
    default:
      throw NotReal{};
  }
}

}  // namespace

std::optional<RealSet> real_set(const Expr& set, Budget& budget) {
  try {
    return pieces_of(set, budget);
  } catch (const NotReal&) {
    return std::nullopt;
  }
}

bool same_real_set(const RealSet& a, const RealSet& b, Budget& budget) {
  const auto same = [&](const Piece& x, const Piece& y) {
    return x.left_open == y.left_open && x.right_open == y.right_open &&
           compare_numbers(x.start, y.start, budget) == 0 && compare_numbers(x.end, y.end, budget) == 0;
  };
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), same);
}

}  // namespace c2c::grading
