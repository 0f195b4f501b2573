#include "c2c/eval/grading/math_compare.h"

#include <algorithm>
#include <cmath>

#include "c2c/base/utf8.h"
#include "c2c/eval/grading/characters.h"
#include "c2c/eval/grading/latex_symbols.h"
#include "c2c/eval/grading/numeric.h"
#include "c2c/eval/grading/real_sets.h"

namespace c2c::grading {
namespace {

bool is_equation(const Expr& e) {
  if (e->is(Kind::kRelation)) return e->name == "=";
  return e->is(Kind::kAnd) && std::all_of(e->args.begin(), e->args.end(), is_equation);
}
bool is_relation(const Expr& e) {
  return e->is(Kind::kRelation) || e->is(Kind::kAnd);
}
const Expr& first_relation(const Expr& e) {
  return e->is(Kind::kAnd) ? e->args.front() : e;
}
const Expr& last_relation(const Expr& e) {
  return e->is(Kind::kAnd) ? e->args.back() : e;
}
bool is_assignment(const Expr& e) {
  return is_equation(e) && only_symbols(first_relation(e)->args[0]);
}

// A number, or a percentage of one.
const Expression* atomic_number(const Expr& e) {
  if (e->is(Kind::kNumber)) return e.get();
  if (e->is(Kind::kMul) && e->args.size() == 2 && e->args[0]->is(Kind::kNumber) && e->args[1]->is_exact_number() &&
      e->args[1]->number == Rational(1, 100))
    return e->args[0].get();
  return nullptr;
}

bool holds_set(const Expr& e) {
  return e->is_set() || std::any_of(e->args.begin(), e->args.end(), holds_set);
}

class Comparison {
 public:
  explicit Comparison(Budget& budget) : budget_(budget) {}

  bool same(Expr truth, Expr answer) {
    struct Depth {
      explicit Depth(int& d) : value(++d) {}
      ~Depth() { --value; }
      int& value;
    } depth(depth_);
    constexpr int kDeepest = 40;
    if (depth_ > kDeepest) return false;
    budget_.spend(100);
    follow_truth(truth, answer);
    if (truth->is(Kind::kUndefined)) return false;
    if (same_expr(truth, answer)) return true;
    if (is_relation(truth) && is_relation(answer)) return same_relation(truth, answer);
    if (truth->is_set() || answer->is_set()) return same_set(truth, answer);
    if (is_relation(truth) || is_relation(answer)) return false;
    if (truth->is(Kind::kSymbol) || answer->is(Kind::kSymbol)) return same_symbol(truth, answer);
    return same_value(truth, answer);
  }

 private:
  // x = 5 against 5: the answer takes the form of the truth.
  void follow_truth(Expr& truth, Expr& answer) {
    const bool truth_assigns = is_assignment(truth);
    const bool truth_is_equation = is_equation(truth);
    const bool answer_is_equation = is_equation(answer);
    const auto shortened = [](const Expr& e) {
      return make_expr(Kind::kRelation, {first_relation(e)->args[0], last_relation(e)->args[1]}, "=");
    };
    if (truth_assigns) truth = shortened(truth);
    if (is_assignment(answer)) answer = shortened(answer);
    if (answer_is_equation && !truth_is_equation) {
      answer = last_relation(answer)->args[1];
    } else if (truth_assigns && !answer_is_equation) {
      truth = last_relation(truth)->args[1];
    }
    if (is_relation(truth) && answer->is_set() && !answer->is(Kind::kTuple))
      if (const Expr set = solution_set(truth)) truth = set;
  }

  // The interval that inequalities of one symbol describe; null for others.
  Expr solution_set(const Expr& relation) {
    if (relation->is(Kind::kAnd)) {
      Expr out;
      for (const Expr& part : relation->args) {
        const Expr set = solution_set(part);
        if (!set) return nullptr;
        out = out ? make_expr(Kind::kIntersection, {out, set}) : set;
      }
      // One interval where it is one, since intervals have readings that other sets have not.
      const auto pieces = real_set(out, budget_);
      if (!pieces || pieces->size() != 1) return out;
      const Piece& piece = pieces->front();
      return interval_expr(piece.start, piece.end, piece.left_open, piece.right_open);
    }
    Expr left = relation->args[0];
    Expr right = relation->args[1];
    std::string name = relation->name;
    if (has_symbols(right) && !has_symbols(left)) {
      std::swap(left, right);
      if (name[0] == '<') {
        name[0] = '>';
      } else if (name[0] == '>') {
        name[0] = '<';
      }
    }
    if (!left->is(Kind::kSymbol) || has_symbols(right)) return nullptr;
    const bool open = name.size() == 1;
    if (name[0] == '<') return interval_expr(infinity_expr(-1), right, true, open);
    if (name[0] == '>') return interval_expr(right, infinity_expr(1), open, true);
    if (name == "!=") return make_expr(Kind::kComplement, {make_expr(Kind::kNamedSet, {}, "R"), set_expr({right})});
    return set_expr({right});
  }

  static Expr difference(const Expr& a, const Expr& b) { return add_expr(a, negative_expr(b)); }
  static std::string flipped(const std::string& name) {
    if (name[0] == '<') return ">" + name.substr(1);
    if (name[0] == '>') return "<" + name.substr(1);
    return name;
  }

  bool same_relation(const Expr& truth, const Expr& answer) {
    if (truth->is(Kind::kAnd) && answer->is(Kind::kAnd)) {
      if (truth->args.size() != answer->args.size()) return false;
      return std::equal(truth->args.begin(), truth->args.end(), answer->args.begin(),
                        [&](const Expr& a, const Expr& b) { return same_relation(a, b); });
    }
    if (!truth->is(Kind::kRelation) || !answer->is(Kind::kRelation)) return false;
    if (holds_set(truth) || holds_set(answer)) return same_expr(truth, answer);
    const Expr of_truth = difference(truth->args[0], truth->args[1]);
    const Expr of_answer = difference(answer->args[0], answer->args[1]);
    if (truth->name == answer->name && same(of_truth, of_answer)) return true;
    if (truth->name != "!=" && flipped(truth->name) == answer->name &&
        same(of_truth, difference(answer->args[1], answer->args[0])))
      return true;
    // Equations of several unknowns with the same solutions; SymPy solves, here they are multiples of each other.
    return truth->name == "=" && answer->name == "=" && symbols_in(truth) > 1 &&
           proportional(of_truth, of_answer, budget_);
  }
  static std::size_t symbols_in(const Expr& e) {
    std::vector<std::string> names;
    collect(e, names);
    std::sort(names.begin(), names.end());
    return static_cast<std::size_t>(std::unique(names.begin(), names.end()) - names.begin());
  }
  static void collect(const Expr& e, std::vector<std::string>& names) {
    if (e->is(Kind::kSymbol)) names.push_back(e->name);
    for (const Expr& arg : e->args) collect(arg, names);
  }

  bool same_set(const Expr& truth, const Expr& answer) {
    const Expr a = truth->is_set() ? truth : set_expr({truth});
    const Expr b = answer->is_set() ? answer : set_expr({answer});
    if (a->is(Kind::kInterval) && b->is(Kind::kInterval))
      return a->left_open == b->left_open && a->right_open == b->right_open && same(a->args[0], b->args[0]) &&
             same(a->args[1], b->args[1]);
    if (same_expr(a, b)) return true;
    if (!a->is(Kind::kTuple) && !b->is(Kind::kTuple)) {
      const auto left = real_set(a, budget_);
      const auto right = real_set(b, budget_);
      if (left && right && same_real_set(*left, *right, budget_)) return true;
    }
    const auto is_list = [](const Expr& e) { return e->is(Kind::kSet) || e->is(Kind::kTuple); };
    if (is_list(a) && is_list(b)) return same_elements(a, b);
    // (1, 2) was read as an interval and may mean a point.
    const auto as_point = [](const Expr& e) {
      return e->is(Kind::kInterval) && e->left_open && e->right_open ? make_expr(Kind::kTuple, e->args) : nullptr;
    };
    if (const Expr point = as_point(a); point && is_list(b) && b->args.size() == 2) return same_elements(point, b);
    if (const Expr point = as_point(b); point && is_list(a) && a->args.size() == 2) return same_elements(a, point);
    return false;
  }

  // Sets in any order; where the truth is a tuple, in the order written.
  bool same_elements(const Expr& truth, const Expr& answer) {
    const Exprs& a = truth->args;
    const Exprs& b = answer->args;
    if (a.size() != b.size()) return false;
    if (truth->is(Kind::kTuple))
      return std::equal(a.begin(), a.end(), b.begin(), [&](const Expr& x, const Expr& y) { return same(x, y); });
    std::vector<bool> used(b.size(), false);
    return std::all_of(a.begin(), a.end(), [&](const Expr& x) {
      for (std::size_t i = 0; i < b.size(); ++i) {
        if (used[i] || !same(x, b[i])) continue;
        return static_cast<bool>(used[i] = true);
      }
      return false;
    });
  }

  // Letters in a row are read as a product and may be a word.
  static bool spelled(const Expr& word, const Expr& product) {
    std::string text;
    for (const Expr& letter : product->args) {
      if (!letter->is(Kind::kSymbol) && !letter->is(Kind::kE)) return false;
      text += letter->is(Kind::kE) ? "e" : letter->name;
    }
    return small(word->name) == small(text);
  }
  static std::string small(const std::string& text) { return to_utf8(lower(to_utf32(text))); }

  // \text{68} is a symbol of that name.
  static std::string written(const Expr& e) {
    if (e->is(Kind::kSymbol)) return e->name;
    if (!e->is_exact_number()) return "no symbol";
    const std::string top = e->number.top().to_string();
    return e->number.is_integer() ? top : top + "/" + e->number.bottom().to_string();
  }

  static bool same_symbol(const Expr& truth, const Expr& answer) {
    for (const auto& [symbol, other] : {std::pair(truth, answer), std::pair(answer, truth)}) {
      if (!symbol->is(Kind::kSymbol)) continue;
      if (other->is(Kind::kE) && small(symbol->name) == "e") return true;
      if (other->is(Kind::kMul) && spelled(symbol, other)) return true;
    }
    if (!truth->is(Kind::kSymbol) || !answer->is(Kind::kSymbol)) return written(truth) == written(answer);
    const auto name = [](const Expr& e) { return count_code_points(e->name) > 1 ? small(e->name) : e->name; };
    return name(truth) == name(answer);
  }

  bool same_value(const Expr& truth, const Expr& answer) {
    if (truth->is(Kind::kMatrix) && answer->is(Kind::kMatrix)) {
      if (truth->columns != answer->columns || truth->args.size() != answer->args.size()) return false;
      return std::equal(truth->args.begin(), truth->args.end(), answer->args.begin(),
                        [&](const Expr& a, const Expr& b) { return same_value(a, b); });
    }
    const Expression* a = atomic_number(truth);
    const Expression* b = atomic_number(answer);
    if ((a != nullptr && a->is_float) || (b != nullptr && b->is_float))
      if (same_rounded(truth, answer)) return true;
    // 9 % and 9: the sign may be a unit.
    if (a != nullptr && b != nullptr && a->is_integer() && b->is_integer() && a->number == b->number) return true;
    if (truth->is(Kind::kInfinity) || answer->is(Kind::kInfinity)) return compare_numbers(truth, answer, budget_) == 0;
    return equal_values(truth, answer, budget_);
  }

  // Six decimals, where one of the two was written with decimals. A whole number is no rounded one: 5 is not 5.0000001.
  bool same_rounded(const Expr& truth, const Expr& answer) {
    const auto a = exact_value(truth, budget_);
    const auto b = exact_value(answer, budget_);
    constexpr int kDecimals = 6;
    try {
      if (a && b) {
        if (a->is_integer() || b->is_integer()) return is_integer_valued(truth, answer, *a, *b);
        return a->rounded(kDecimals) == b->rounded(kDecimals);
      }
    } catch (const TooLarge&) {
      return false;
    }
    const auto x = evaluate(truth, 0, budget_);
    const auto y = evaluate(answer, 0, budget_);
    if (!x || !y || x->columns != 0 || y->columns != 0 || has_symbols(truth) || has_symbols(answer)) return false;
    const auto rounded = [](long double value) { return std::nearbyint(value * 1e6L); };
    return rounded(x->cells[0].real()) == rounded(y->cells[0].real()) &&
           rounded(x->cells[0].imag()) == rounded(y->cells[0].imag());
  }
  static bool is_integer_valued(const Expr& truth, const Expr& answer, const Rational& a, const Rational& b) {
    // 5.0 is written with decimals and rounds; 5 is exact.
    const auto exact_integer = [](const Expr& e, const Rational& value) { return value.is_integer() && !has_float(e); };
    if (exact_integer(truth, a) || exact_integer(answer, b)) return a == b;
    return a.rounded(6) == b.rounded(6);
  }
  static bool has_float(const Expr& e) { return e->is_float || std::any_of(e->args.begin(), e->args.end(), has_float); }

  Budget& budget_;
  int depth_ = 0;
};

}  // namespace

bool same_answer(const Expr& truth, const Expr& answer, Budget& budget) {
  return Comparison(budget).same(truth, answer);
}

}  // namespace c2c::grading
