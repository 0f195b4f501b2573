// A recursive descent over PS.g4. Where the grammar leaves a choice, ANTLR takes the first alternative that the rest of
// the input allows; here the alternatives are tried in that order, with a look at the next token to decide.
#include "c2c/eval/grading/latex_parser.h"

#include <algorithm>
#include <optional>

#include "c2c/base/utf8.h"
#include "c2c/eval/grading/characters.h"
#include "c2c/eval/grading/latex_symbols.h"
#include "c2c/eval/grading/latex_terms.h"
#include "c2c/eval/grading/numeric.h"

namespace c2c::grading {
namespace {

std::string_view relation_name(Token token) {
  switch (token) {
    case Token::kAssign:
    case Token::kEqual:
      return "=";
    case Token::kLess:
      return "<";
    case Token::kLessEqual:
      return "<=";
    case Token::kGreater:
      return ">";
    case Token::kGreaterEqual:
      return ">=";
    case Token::kUnequal:
      return "!=";
    default:
      return {};
  }
}

// Statements, sets and lists.
class LatexStatements : public LatexTerms {
 public:
  using LatexTerms::LatexTerms;

  Expr whole() {
    for (const auto rule :
         {&LatexStatements::set_elements_relation, &LatexStatements::set_elements, &LatexStatements::set_relation}) {
      at_ = 0;
      try {
        Expr out = (this->*rule)();
        if (peek() == Token::kEnd) return out;
      } catch (const ParseFailed&) {
        // the next rule may fit
      }
    }
    throw ParseFailed{};
  }

 private:
  using Elements = std::vector<Exprs>;  // semicolons between the outer, commas between the inner

  Expr of_elements(const Elements& elements);
  static Exprs flat(const Elements& elements);
  Elements elements(bool relations);
  Expr set_elements();
  Expr set_elements_relation();
  // (a, b) or one symbol.
  Expr atom_list();
  bool ends_element() const;
  Exprs element(bool relations);
  Expr relation(Expr left);
  static Expr chained(const Expr& left, const Expr& right, const std::string& name);
  Expr set_relation();
  Expr set_minus();
  static Expr as_set(const Expr& set);
  Expr set_union();
  Expr set_intersection();
  Expr set_group();
  Expr set_atom();
  static bool opens_interval(std::string_view bracket);
  static bool closes_interval(std::string_view bracket);
  Expr interval();
};

using Elements = std::vector<Exprs>;  // semicolons between the outer, commas between the inner

Expr LatexStatements::of_elements(const Elements& elements) {
  if (elements.size() == 1) return elements[0].size() == 1 ? elements[0][0] : set_expr(elements[0]);
  Exprs out;
  const bool single = std::all_of(elements.begin(), elements.end(), [](const Exprs& e) { return e.size() == 1; });
  for (const Exprs& element : elements) out.push_back(single ? element[0] : make_expr(Kind::kTuple, element));
  return set_expr(out);
}

Exprs LatexStatements::flat(const Elements& elements) {
  Exprs out;
  for (const Exprs& element : elements) out.insert(out.end(), element.begin(), element.end());
  return out;
}

LatexStatements::Elements LatexStatements::elements(bool relations) {
  Elements out;
  do {
    Exprs list;
    do {
      const Exprs found = element(relations);
      list.insert(list.end(), found.begin(), found.end());
    } while (skip(Token::kComma));
    out.push_back(std::move(list));
  } while (skip(Token::kSemicolon));
  return out;
}

Expr LatexStatements::set_elements() {
  return of_elements(elements(true));
}

Expr LatexStatements::set_elements_relation() {
  const Expr left = atom_list();
  if (!skip(Token::kIn)) need(Token::kAssign);
  return make_expr(Kind::kRelation, {left, of_elements(elements(false))}, "=");
}

// (a, b) or one symbol.
Expr LatexStatements::atom_list() {
  if (!is_open("(")) return symbol();
  take();
  Exprs out;
  do {
    out.push_back(symbol());
  } while (skip(Token::kComma));
  need_close(")");
  return out.size() == 1 ? out[0] : make_expr(Kind::kTuple, out);
}

bool LatexStatements::ends_element() const {
  const Token token = peek();
  return token == Token::kEnd || token == Token::kComma || token == Token::kSemicolon || token == Token::kClose;
}

Exprs LatexStatements::element(bool relations) {
  const Depth depth(depth_);
  if (skip(Token::kPlusMinus)) {
    const Expr value = expr();
    return {negative_expr(value), value};
  }
  const auto set = attempt([&] {
    Expr out = set_atom();
    if (!ends_element()) throw ParseFailed{};
    return out;
  });
  if (set) return {*set};
  const Expr first = expr();
  if (skip(Token::kPlusMinus)) {
    const Expr second = expr();
    return {add_expr(first, second), add_expr(first, negative_expr(second))};
  }
  return {relations ? relation(first) : first};
}

Expr LatexStatements::relation(Expr left) {
  while (true) {
    const Token token = peek();
    const std::string_view name = relation_name(token);
    if (name.empty() && token != Token::kApprox && token != Token::kIn) return left;
    take();
    const Expr right = expr();
    if (token == Token::kIn) throw ParseFailed{};
    if (token == Token::kApprox) {
      left = only_symbols(left) ? right : left;
      continue;
    }
    left = chained(left, right, std::string(name));
  }
}

Expr LatexStatements::chained(const Expr& left, const Expr& right, const std::string& name) {
  if (left->is(Kind::kAnd)) {
    Exprs parts = left->args;
    parts.push_back(make_expr(Kind::kRelation, {parts.back()->args[1], right}, name));
    return make_expr(Kind::kAnd, parts);
  }
  if (left->is(Kind::kRelation))
    return make_expr(Kind::kAnd, {left, make_expr(Kind::kRelation, {left->args[1], right}, name)});
  return make_expr(Kind::kRelation, {left, right}, name);
}

Expr LatexStatements::set_relation() {
  const Depth depth(depth_);
  const auto statement = attempt([&] {
    const Expr left = atom_list();
    if (!skip(Token::kIn)) need(Token::kAssign);
    return make_expr(Kind::kRelation, {left, set_relation()}, "=");
  });
  return statement ? *statement : set_minus();
}

Expr LatexStatements::set_minus() {
  Expr left = set_union();
  while (skip(Token::kSetMinus)) left = make_expr(Kind::kComplement, {left, set_union()});
  return left;
}

Expr LatexStatements::as_set(const Expr& set) {
  return set->is(Kind::kTuple) ? set_expr(set->args) : set;
}

Expr LatexStatements::set_union() {
  Expr left = set_intersection();
  while (skip(Token::kUnion)) left = make_expr(Kind::kUnion, {as_set(left), as_set(set_intersection())});
  return left;
}

Expr LatexStatements::set_intersection() {
  Expr left = set_group();
  while (skip(Token::kIntersection)) left = make_expr(Kind::kIntersection, {as_set(left), as_set(set_group())});
  return left;
}

Expr LatexStatements::set_group() {
  const Depth depth(depth_);
  if (is_open("(")) {
    const auto group = attempt([&] {
      take();
      Expr out = set_minus();
      need_close(")");
      return out;
    });
    if (group) return *group;
  }
  const Expr out = set_atom();
  if (!out->is_set()) throw ParseFailed{};  // SymPy joins sets only
  return out;
}

Expr LatexStatements::set_atom() {
  const Depth depth(depth_);
  if (peek() == Token::kNamedSet) return make_expr(Kind::kNamedSet, {}, take().text);
  if (peek() == Token::kBoxed) {
    take();
    need_open("{");
    const Elements inner = elements(true);
    need_close("}");
    return of_elements(inner);
  }
  if (peek() != Token::kOpen) throw ParseFailed{};
  if (has_comma_[at_]) {
    if (const auto found = attempt([&] { return interval(); })) return *found;
  }
  const std::string open = take().text;
  if (open == "{" && is_close("}")) {
    take();
    return make_expr(Kind::kNamedSet);
  }
  const bool is_tuple = open == "(" || open == "\\(" || open == "[";
  if (!is_tuple && open != "{" && open != "\\{") throw ParseFailed{};
  const Elements inner = elements(true);
  need_close(close_of(open));
  if (!is_tuple) return set_expr(flat(inner));
  if (inner.size() == 1 && inner[0].size() == 1) return inner[0][0];
  return make_expr(Kind::kTuple, flat(inner));
}

bool LatexStatements::opens_interval(std::string_view bracket) {
  return bracket == "[" || bracket == "(" || bracket == "\\(" || bracket == "\\lbrack" || bracket == "\\lgroup";
}

bool LatexStatements::closes_interval(std::string_view bracket) {
  return bracket == "]" || bracket == ")" || bracket == "\\)" || bracket == "\\rbrack" || bracket == "\\rgroup";
}

Expr LatexStatements::interval() {
  const std::string open = take().text;
  if (!opens_interval(open)) throw ParseFailed{};
  const Expr left = expr();
  need(Token::kComma);
  const Expr right = expr();
  if (peek() != Token::kClose || !closes_interval(text())) throw ParseFailed{};
  const std::string close = take().text;
  const bool left_open = open != "[" && open != "\\lbrack";
  const bool right_open = close != "]" && close != "\\rbrack";
  const auto order = compare_numbers(left, right, budget_);
  if (!order) return interval_expr(left, right, left_open, right_open);
  // (2, 1) is no interval but a point of the plane.
  if ((left_open && right_open && *order >= 0) || (!left_open && !right_open && *order > 0))
    return make_expr(Kind::kTuple, {left, right});
  if (*order > 0 || (*order == 0 && (left_open || right_open))) return make_expr(Kind::kNamedSet);
  if (*order == 0) return set_expr({left});
  return interval_expr(left, right, left_open, right_open);
}

// ^\s*-?\d{1,3}(,\d{3})+(\.\d+)?\s*$: a number with thousands separators, which the grammar takes for a set.
std::optional<Expr> comma_number(std::u32string_view latex, Budget& budget) {
  static const Pattern kNumber(R"(^\s*-?\d{1,3}(,\d{3})+(\.\d+)?\s*$)");
  Match match;
  if (!kNumber.search(latex, match, budget)) return std::nullopt;
  std::string text = to_utf8(strip(latex));
  // 0,111 is a decimal comma.
  if (text.starts_with('0')) std::replace(text.begin(), text.end(), ',', '.');
  std::erase(text, ',');
  const auto value = Rational::from_decimal(text);
  if (!value) throw ParseFailed{};
  return number_expr(*value, text.find('.') != std::string::npos);
}

}  // namespace

Expr parse_latex(std::u32string_view latex, bool real, Budget& budget) {
  try {
    Expr out = LatexStatements(latex_tokens(latex, budget), real, budget).whole();
    if (out->is_set())
      if (const auto number = comma_number(latex, budget)) return *number;
    return out;
  } catch (const TooLarge&) {
    throw ParseFailed{};
  }
}

}  // namespace c2c::grading
