// A recursive descent over PS.g4. Where the grammar leaves a choice, ANTLR takes the first alternative that the rest of
// the input allows; here the alternatives are tried in that order, with a look at the next token to decide.
#include "c2c/eval/grading/latex_parser.h"

#include <algorithm>
#include <optional>

#include "c2c/base/utf8.h"
#include "c2c/eval/grading/characters.h"
#include "c2c/eval/grading/latex_symbols.h"
#include "c2c/eval/grading/numeric.h"

namespace c2c::grading {
namespace {

constexpr int kDeepest = 120;

std::string_view close_of(std::string_view open) {
  struct Pair {
    std::string_view open, close;
  };
  constexpr Pair kPairs[] = {{"(", ")"},
                             {"\\(", "\\)"},
                             {"\\lgroup", "\\rgroup"},
                             {"{", "}"},
                             {"\\{", "\\}"},
                             {"\\lbrace", "\\rbrace"},
                             {"[", "]"},
                             {"\\lbrack", "\\rbrack"},
                             {"\\lvert", "\\rvert"},
                             {"\\lfloor", "\\rfloor"},
                             {"\\llcorner", "\\lrcorner"},
                             {"\\lceil", "\\rceil"},
                             {"\\ulcorner", "\\urcorner"}};
  for (const Pair& pair : kPairs)
    if (pair.open == open) return pair.close;
  return {};
}

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

class Parser {
 public:
  Parser(std::vector<LatexToken> tokens, bool real, Budget& budget)
      : tokens_(std::move(tokens)), real_(real), budget_(budget) {
    find_partners();
  }

  Expr whole() {
    for (const auto rule : {&Parser::set_elements_relation, &Parser::set_elements, &Parser::set_relation}) {
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
  // --- tokens
  Token peek(std::size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)].token; }
  const std::string& text(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)].text;
  }
  bool is_open(std::string_view bracket) const { return peek() == Token::kOpen && text() == bracket; }
  bool is_close(std::string_view bracket) const { return peek() == Token::kClose && text() == bracket; }
  const LatexToken& take() {
    budget_.spend(16);
    if (at_ + 1 >= tokens_.size()) throw ParseFailed{};
    return tokens_[at_++];
  }
  bool skip(Token token) {
    if (peek() != token) return false;
    take();
    return true;
  }
  void need(Token token) {
    if (!skip(token)) throw ParseFailed{};
  }
  void need_open(std::string_view bracket) {
    if (!is_open(bracket)) throw ParseFailed{};
    take();
  }
  void need_close(std::string_view bracket) {
    if (!is_close(bracket)) throw ParseFailed{};
    take();
  }

  // For every opening bracket: whether its contents hold a comma of their own.
  void find_partners() {
    has_comma_.assign(tokens_.size(), false);
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (tokens_[i].token == Token::kOpen) open.push_back(i);
      if (tokens_[i].token == Token::kClose && !open.empty()) open.pop_back();
      if (tokens_[i].token == Token::kComma && !open.empty()) has_comma_[open.back()] = true;
    }
  }

  struct Depth {
    explicit Depth(int& depth) : value(depth) {
      if (++value > kDeepest) {
        --value;
        throw ParseFailed{};
      }
    }
    ~Depth() { --value; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;
    int& value;
  };

  // Runs a rule that may fail; on failure nothing was read.
  template <class Rule>
  std::optional<Expr> attempt(const Rule& rule) {
    const std::size_t begin = at_;
    const int bars = bars_;
    try {
      return rule();
    } catch (const ParseFailed&) {
      at_ = begin;
      bars_ = bars;
      return std::nullopt;
    }
  }

  // --- statements and sets
  using Elements = std::vector<Exprs>;  // semicolons between the outer, commas between the inner

  Expr of_elements(const Elements& elements) {
    if (elements.size() == 1) return elements[0].size() == 1 ? elements[0][0] : set_expr(elements[0]);
    Exprs out;
    const bool single = std::all_of(elements.begin(), elements.end(), [](const Exprs& e) { return e.size() == 1; });
    for (const Exprs& element : elements) out.push_back(single ? element[0] : make_expr(Kind::kTuple, element));
    return set_expr(out);
  }
  static Exprs flat(const Elements& elements) {
    Exprs out;
    for (const Exprs& element : elements) out.insert(out.end(), element.begin(), element.end());
    return out;
  }

  Elements elements(bool relations) {
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

  Expr set_elements() { return of_elements(elements(true)); }

  Expr set_elements_relation() {
    const Expr left = atom_list();
    if (!skip(Token::kIn)) need(Token::kAssign);
    return make_expr(Kind::kRelation, {left, of_elements(elements(false))}, "=");
  }

  // (a, b) or one symbol.
  Expr atom_list() {
    if (!is_open("(")) return symbol();
    take();
    Exprs out;
    do {
      out.push_back(symbol());
    } while (skip(Token::kComma));
    need_close(")");
    return out.size() == 1 ? out[0] : make_expr(Kind::kTuple, out);
  }

  bool ends_element() const {
    const Token token = peek();
    return token == Token::kEnd || token == Token::kComma || token == Token::kSemicolon || token == Token::kClose;
  }

  Exprs element(bool relations) {
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

  Expr relation(Expr left) {
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
  static Expr chained(const Expr& left, const Expr& right, const std::string& name) {
    if (left->is(Kind::kAnd)) {
      Exprs parts = left->args;
      parts.push_back(make_expr(Kind::kRelation, {parts.back()->args[1], right}, name));
      return make_expr(Kind::kAnd, parts);
    }
    if (left->is(Kind::kRelation))
      return make_expr(Kind::kAnd, {left, make_expr(Kind::kRelation, {left->args[1], right}, name)});
    return make_expr(Kind::kRelation, {left, right}, name);
  }

  Expr set_relation() {
    const Depth depth(depth_);
    const auto statement = attempt([&] {
      const Expr left = atom_list();
      if (!skip(Token::kIn)) need(Token::kAssign);
      return make_expr(Kind::kRelation, {left, set_relation()}, "=");
    });
    return statement ? *statement : set_minus();
  }
  Expr set_minus() {
    Expr left = set_union();
    while (skip(Token::kSetMinus)) left = make_expr(Kind::kComplement, {left, set_union()});
    return left;
  }
  static Expr as_set(const Expr& set) { return set->is(Kind::kTuple) ? set_expr(set->args) : set; }
  Expr set_union() {
    Expr left = set_intersection();
    while (skip(Token::kUnion)) left = make_expr(Kind::kUnion, {as_set(left), as_set(set_intersection())});
    return left;
  }
  Expr set_intersection() {
    Expr left = set_group();
    while (skip(Token::kIntersection)) left = make_expr(Kind::kIntersection, {as_set(left), as_set(set_group())});
    return left;
  }
  Expr set_group() {
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

  Expr set_atom() {
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

  static bool opens_interval(std::string_view bracket) {
    return bracket == "[" || bracket == "(" || bracket == "\\(" || bracket == "\\lbrack" || bracket == "\\lgroup";
  }
  static bool closes_interval(std::string_view bracket) {
    return bracket == "]" || bracket == ")" || bracket == "\\)" || bracket == "\\rbrack" || bracket == "\\rgroup";
  }
  Expr interval() {
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

  // --- expressions
  Expr expr() {
    const Depth depth(depth_);
    Expr left = product(false);
    while (peek() == Token::kAdd || peek() == Token::kSub) {
      const bool minus = take().token == Token::kSub;
      const Expr right = product(false);
      left = add_expr(left, minus ? negative_expr(right) : right);
    }
    return left;
  }

  // `bare`: the argument of a function without parentheses, where only the first factor may be a function.
  Expr product(bool bare) {
    Expr left = signed_factor(bare);
    while (true) {
      if (skip(Token::kMul)) {
        left = mul_expr(left, signed_factor(bare));
      } else if (skip(Token::kDiv)) {
        left = quotient_expr(left, signed_factor(bare));
      } else if (skip(Token::kMod)) {
        left = make_expr(Kind::kFunction, {left, signed_factor(bare)}, "mod");
      } else {
        return left;
      }
    }
  }

  Expr signed_factor(bool bare) {
    bool minus = false;
    while (peek() == Token::kAdd || peek() == Token::kSub) minus ^= take().token == Token::kSub;
    Exprs factors = {postfix(true)};
    while (starts_factor(!bare)) factors.push_back(postfix(!bare));
    // Folded from the right: 2 1/2 is a mixed number.
    Expr out = factors.back();
    for (std::size_t i = factors.size() - 1; i-- > 0;) {
      const Expr& factor = factors[i];
      if (factor->is_integer() && out->is_exact_number() && !out->number.is_zero() && !out->number.is_negative()) {
        const bool below = factor->number.is_negative();
        out = number_expr(below ? factor->number - out->number : factor->number + out->number);
      } else {
        out = mul_expr(factor, out);
      }
    }
    return minus ? negative_expr(out) : out;
  }

  bool starts_factor(bool functions) const {
    switch (peek()) {
      case Token::kOpen:
      case Token::kPhantom:
      case Token::kBoxed:
      case Token::kLetter:
      case Token::kNumber:
      case Token::kENotation:
      case Token::kPercentNumber:
      case Token::kGreek:
      case Token::kOtherSymbol:
      case Token::kInfinity:
      case Token::kAccent:
      case Token::kDifferential:
      case Token::kFrac:
      case Token::kBinom:
      case Token::kMatrixBegin:
        return true;
      case Token::kBar:
        return bars_ == 0;
      case Token::kVert:
        return verts_ == 0;
      case Token::kFunction:
      case Token::kOperatorName:
      case Token::kSqrt:
      case Token::kSum:
      case Token::kLimit:
      case Token::kExpE:
        return functions || is_gamma();
      default:
        return false;
    }
  }

  Expr postfix(bool functions) {
    Expr out = power(functions);
    while (true) {
      if (skip(Token::kBang)) {
        out = make_expr(Kind::kFunction, {out}, "factorial");
      } else if (skip(Token::kTranspose)) {
        out = transposed(out);
      } else if (!skip(Token::kDegree)) {
        return out;
      }
    }
  }
  static Expr transposed(const Expr& value) {
    if (!value->is(Kind::kMatrix)) return value;
    const std::size_t rows = value->args.size() / value->columns;
    Exprs out;
    for (std::size_t column = 0; column < value->columns; ++column)
      for (std::size_t row = 0; row < rows; ++row) out.push_back(value->args[row * value->columns + column]);
    return matrix_expr(std::move(out), rows);
  }

  Expr power(bool functions) {
    Expr base = factor(functions);
    while (peek() == Token::kCaret) {
      base = pow_expr(base, exponent());
      if (peek() == Token::kUnderscore) subscript();
    }
    return base;
  }
  // ^ and an atom or a group in braces.
  Expr exponent() {
    need(Token::kCaret);
    const Depth depth(depth_);
    if (!is_open("{")) return atom();
    return braced();
  }
  Expr braced() {
    need_open("{");
    Expr out = inside();
    need_close("}");
    return out;
  }
  // An expression between brackets, where | opens again.
  Expr inside() {
    const int bars = std::exchange(bars_, 0);
    const int verts = std::exchange(verts_, 0);
    Expr out = expr();
    bars_ = bars;
    verts_ = verts;
    return out;
  }

  Expr factor(bool functions) {
    const Depth depth(depth_);
    switch (peek()) {
      case Token::kOpen:
        return group();
      case Token::kPhantom:
      case Token::kBoxed:
        take();
        return braced();
      case Token::kBar:
        return between_bars(Token::kBar, bars_);
      case Token::kVert:
        return between_bars(Token::kVert, verts_);
      case Token::kFrac: {
        take();
        const Expr top = braced();
        return fraction(top, braced());
      }
      case Token::kBinom: {
        take();
        const Expr top = braced();
        return make_expr(Kind::kFunction, {top, braced()}, "binomial");
      }
      case Token::kMatrixBegin:
        return matrix();
      case Token::kFunction:
      case Token::kOperatorName:
      case Token::kSqrt:
      case Token::kSum:
      case Token::kLimit:
      case Token::kExpE:
        if (functions)
          if (const auto call = attempt([&] { return function(); })) return *call;
        if (!is_gamma()) throw ParseFailed{};
        return symbol_of(take().text, real_);
      default:
        break;
    }
    if (functions)
      if (const auto call = attempt([&] { return unknown_call(); })) return *call;
    return atom();
  }

  bool is_gamma() const { return peek() == Token::kFunction && (text() == "gamma" || text() == "Gamma"); }

  static Expr fraction(const Expr& top, const Expr& bottom) { return quotient_expr(top, bottom); }

  Expr group() {
    const std::string open = take().text;
    const Expr inner = inside();
    if (open == "{" && skip(Token::kChoose)) {
      const Expr lower = inside();
      need_close("}");
      return make_expr(Kind::kFunction, {inner, lower}, "binomial");
    }
    need_close(close_of(open));
    if (open == "\\lfloor" || open == "\\llcorner") return make_expr(Kind::kFunction, {inner}, "floor");
    if (open == "\\lceil" || open == "\\ulcorner") return make_expr(Kind::kFunction, {inner}, "ceil");
    if (open == "\\lvert") return make_expr(Kind::kFunction, {inner}, "abs");
    return inner;
  }

  Expr between_bars(Token bar, int& open) {
    if (open > 0) throw ParseFailed{};
    take();
    ++open;
    const Expr inner = expr();
    --open;
    need(bar);
    return make_expr(Kind::kFunction, {inner}, "abs");
  }

  Expr matrix() {
    const std::string kind = take().text.substr(7);  // past \begin{
    Exprs out;
    std::size_t columns = 0;
    do {
      if (peek() == Token::kMatrixEnd) break;
      std::size_t count = 0;
      do {
        out.push_back(inside());
        ++count;
      } while (skip(Token::kColumn));
      if (columns != 0 && count != columns) throw ParseFailed{};
      columns = count;
    } while (skip(Token::kRow));
    if (peek() != Token::kMatrixEnd || out.empty()) throw ParseFailed{};
    const std::string end = take().text.substr(5);
    // Any of the three matrix kinds closes any of them.
    const auto plain = [](const std::string& name) { return name != "array}" && name != "vmatrix}"; };
    if (end != kind && !(plain(end) && plain(kind))) throw ParseFailed{};
    const Expr value = matrix_expr(std::move(out), columns);
    return kind == "vmatrix}" ? make_expr(Kind::kFunction, {value}, "det") : value;
  }

  // --- functions
  Expr function() {
    switch (peek()) {
      case Token::kExpE: {
        take();
        if (peek() != Token::kCaret) return make_expr(Kind::kE);
        return pow_expr(make_expr(Kind::kE), exponent());
      }
      case Token::kSqrt: {
        take();
        Expr root = number_expr(Rational(1, 2));
        if (is_open("[")) {
          take();
          root = quotient_expr(number_expr(1), inside());
          need_close("]");
        }
        return pow_expr(braced(), root);
      }
      case Token::kSum:
        return sum();
      case Token::kLimit:
        throw ParseFailed{};
      default:
        return named_function();
    }
  }

  Expr sum() {
    const std::string name = take().text == "\\sum" ? "sum" : "prod";
    Expr upper;
    if (peek() == Token::kCaret) upper = exponent();
    need(Token::kUnderscore);
    need_open("{");
    const Expr variable = expr();
    if (!skip(Token::kAssign)) need(Token::kEqual);
    const Expr lower = expr();
    need_close("}");
    if (!upper) upper = exponent();
    return make_expr(Kind::kFunction, {product(false), variable, lower, upper}, name);
  }

  Expr named_function() {
    std::string name;
    if (skip(Token::kOperatorName)) {
      need_open("{");
      if (peek() != Token::kWord) throw ParseFailed{};
      name = take().text;
      need_close("}");
      if (!is_computed(name)) throw ParseFailed{};
    } else {
      name = take().text;
    }
    Expr base, raised;
    for (int i = 0; i < 2; ++i) {
      if (!base && peek() == Token::kUnderscore) base = subscript();
      if (!raised && peek() == Token::kCaret) raised = exponent();
    }
    Exprs args;
    if (is_open("(")) {
      const bool several = name == "gcd" || name == "lcm" || name == "max" || name == "min";
      take();
      do {
        args.push_back(inside());
      } while (several && skip(Token::kComma));
      need_close(")");
    } else {
      args.push_back(product(true));
    }
    return applied(name, args, base, raised);
  }
  static bool is_computed(std::string_view name) {
    constexpr std::string_view kNames[] = {"arsinh",  "arcosh", "artanh", "arcsinh", "arccosh",
                                           "arctanh", "floor",  "ceil",   "gcd",     "lcm"};
    return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
  }
  static Expr applied(std::string name, Exprs args, const Expr& base, const Expr& raised) {
    Expr power = raised;
    if (name == "log" || name == "ln") {
      if (base) {
        args.push_back(base);
      } else {
        args.push_back(name == "log" ? number_expr(10) : make_expr(Kind::kE));
      }
      name = "log";
    } else if (name == "Gamma") {
      name = "gamma";
    } else if (name.starts_with("arc")) {
      name = "a" + name.substr(3);
    } else if (name.starts_with("ar")) {
      name = "a" + name.substr(2);
    }
    constexpr std::string_view kInverted[] = {"sin", "cos", "tan", "csc", "sec", "cot", "sinh", "cosh", "tanh"};
    const bool inverts = std::find(std::begin(kInverted), std::end(kInverted), name) != std::end(kInverted);
    if (power && inverts && power->is_exact_number() && power->number == Rational(-1)) {
      name = "a" + name;
      power = nullptr;
    }
    const Expr out =
        name == "exp" ? pow_expr(make_expr(Kind::kE), args[0]) : make_expr(Kind::kFunction, std::move(args), name);
    return power ? pow_expr(out, power) : out;
  }

  // f(x), f(x, y): a symbol before parentheses that hold one atom or a list.
  Expr unknown_call() {
    if (!starts_symbol()) throw ParseFailed{};
    const std::string name = symbol_head(false)->name;
    Expr raised;
    if (peek() == Token::kCaret) raised = exponent();
    const bool wrapped = is_open("{") && peek(1) == Token::kOpen;
    if (wrapped) take();
    if (!is_open("(") && !is_open("[")) throw ParseFailed{};
    const bool list = has_comma_[at_];
    const std::string open = take().text;
    Exprs args;
    if (list) {
      do {
        if (!args.empty() && args.size() == 1 && peek() == Token::kClose) break;  // f(x,)
        args.push_back(inside());
      } while (skip(Token::kComma));
    } else {
      args.push_back(atom());
    }
    need_close(close_of(open));
    if (wrapped) need_close("}");
    const Expr out = make_expr(Kind::kCall, std::move(args), name);
    return raised ? pow_expr(out, raised) : out;
  }

  // --- atoms
  bool starts_symbol() const {
    const Token token = peek();
    return (token == Token::kLetter && text() != "E") || token == Token::kGreek || token == Token::kOtherSymbol ||
           token == Token::kAccent;
  }

  // Its text is ignored but for the name of the symbol that it belongs to.
  Expr subscript(std::string* written = nullptr) {
    need(Token::kUnderscore);
    const std::size_t begin = at_;
    Expr out;
    if (is_open("{")) {
      take();
      out = inside();
      while (skip(Token::kComma)) inside();
      need_close("}");
    } else {
      out = atom();
    }
    if (written != nullptr) {
      const std::size_t end = is_braced(begin) ? at_ - 1 : at_;
      for (std::size_t i = is_braced(begin) ? begin + 1 : begin; i < end; ++i)
        *written += tokens_[i].token == Token::kDifferential ? "d" + tokens_[i].text : tokens_[i].text;
    }
    return out;
  }
  bool is_braced(std::size_t index) const { return tokens_[index].token == Token::kOpen && tokens_[index].text == "{"; }

  // A symbol with its subscript; `small`: lower-cased as latex2sympy does but for names of functions.
  Expr symbol_head(bool small, Expr* raised = nullptr) {
    if (!starts_symbol()) throw ParseFailed{};
    const LatexToken& token = take();
    const std::string name = token.token == Token::kAccent ? accent_name(token.text) : token.text;
    std::string below;
    if (raised != nullptr && peek() == Token::kCaret) *raised = exponent();
    if (peek() == Token::kUnderscore) {
      subscript(&below);
      below = count_code_points(below) > 1 ? "_{" + below + "}" : "_" + below;
      if (raised != nullptr && !*raised && peek() == Token::kCaret) *raised = exponent();
    }
    if (!small) return symbol_expr(name + below, real_);
    if (token.token == Token::kLetter && name == "I") return make_expr(Kind::kI);
    return symbol_of(name + below, real_);
  }

  Expr symbol() {
    Expr raised;
    const Expr out = symbol_head(true, &raised);
    return raised ? pow_expr(out, raised) : out;
  }

  Expr atom() {
    const Depth depth(depth_);
    if (starts_symbol()) return symbol();
    switch (peek()) {
      case Token::kLetter:  // E
        take();
        return symbol_expr("e", real_);
      case Token::kInfinity:
        take();
        return infinity_expr(1);
      case Token::kNumber: {
        const Expr out = number(take().text);
        if (peek() == Token::kUnderscore) subscript();
        return out;
      }
      case Token::kENotation:
        return number(take().text);
      case Token::kPercentNumber:
        return percent_expr(number(take().text));
      case Token::kDifferential:
        return symbol_expr("d" + take().text, real_);
      default:
        throw ParseFailed{};
    }
  }
  static Expr number(const std::string& text) {
    const auto value = Rational::from_decimal(text);
    if (!value) throw ParseFailed{};
    return number_expr(*value, text.find_first_of(".E") != std::string::npos);
  }

  std::vector<LatexToken> tokens_;
  std::vector<bool> has_comma_;
  bool real_;
  Budget& budget_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int bars_ = 0, verts_ = 0;  // open | and \vert
};

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
    Expr out = Parser(latex_tokens(latex, budget), real, budget).whole();
    if (out->is_set())
      if (const auto number = comma_number(latex, budget)) return *number;
    return out;
  } catch (const TooLarge&) {
    throw ParseFailed{};
  }
}

}  // namespace c2c::grading
