#include "c2c/text/chat/jinja_expression_parser.h"

#include <algorithm>

namespace c2c::jinja {
namespace {

constexpr int kMaxNesting = 200;    // recursion of the parser
constexpr int kMaxTreeDepth = 300;  // long chains (a + b + ...) are deep trees without recursion of the parser

std::string describe(const Token& token) {
  switch (token.type) {
    case TokenType::kEof:
      return "end of template";
    case TokenType::kData:
      return "text";
    case TokenType::kBlockBegin:
      return "'{%'";
    case TokenType::kBlockEnd:
      return "end of statement block";
    case TokenType::kVariableBegin:
      return "'{{'";
    case TokenType::kVariableEnd:
      return "end of print statement";
    case TokenType::kString:
      return "string " + repr_string(token.text);
    default:
      return "'" + token.text + "'";
  }
}

bool is_comparison(const std::string& text) {
  return text == "==" || text == "!=" || text == "<" || text == "<=" || text == ">" || text == ">=";
}

}  // namespace

ExpressionParser::ExpressionParser(const std::string& name, std::string_view source)
    : name_(name), source_(source), tokens_(tokenize(name, source)) {}

ExpressionParser::Nesting::Nesting(ExpressionParser& parser) : parser_(parser) {
  if (parser_.nesting_ >= kMaxNesting) parser_.fail_here("nested too deeply");
  ++parser_.nesting_;
}

void ExpressionParser::fail_here(const std::string& message) const {
  fail_syntax(name_, source_, current().offset, message);
}
void ExpressionParser::fail_unexpected(const std::string& expected) const {
  fail_here("expected " + expected + ", got " + describe(current()));
}
bool ExpressionParser::skip_operator(std::string_view text) {
  if (!is_operator(text)) return false;
  next();
  return true;
}
bool ExpressionParser::skip_name(std::string_view text) {
  if (!is_name(text)) return false;
  next();
  return true;
}
void ExpressionParser::expect_operator(std::string_view text) {
  if (!skip_operator(text)) fail_unexpected("'" + std::string(text) + "'");
}
std::string ExpressionParser::expect_name() {
  if (current().type != TokenType::kName) fail_unexpected("a name");
  return next().text;
}
void ExpressionParser::expect(TokenType type, const char* what) {
  if (current().type != type) fail_unexpected(what);
  next();
}

ExprPtr ExpressionParser::node(ExprKind kind, std::size_t offset) const {
  auto made = std::make_unique<Expr>();
  made->kind = kind;
  made->offset = offset;
  return made;
}
ExprPtr ExpressionParser::node(ExprKind kind, std::size_t offset, ExprPtr first, ExprPtr second) const {
  ExprPtr made = node(kind, offset);
  add(*made, std::move(first));
  if (second) add(*made, std::move(second));
  return made;
}
void ExpressionParser::add_depth(Expr& parent, const Expr& child) const {
  parent.depth = std::max(parent.depth, child.depth + 1);
  if (parent.depth > kMaxTreeDepth) fail_here("an expression is too long or nested too deeply");
}
void ExpressionParser::add(Expr& parent, ExprPtr child) const {
  if (child) add_depth(parent, *child);
  parent.items.push_back(std::move(child));
}

ExprPtr ExpressionParser::parse_expression() {
  const Nesting nesting(*this);
  std::size_t offset = current().offset;
  ExprPtr left = parse_or();
  while (skip_name("if")) {
    ExprPtr test = parse_or();
    ExprPtr otherwise = skip_name("else") ? parse_expression() : nullptr;
    left = node(ExprKind::kIf, offset, std::move(test), std::move(left));
    add(*left, std::move(otherwise));
    offset = current().offset;
  }
  return left;
}

ExprPtr ExpressionParser::parse_or() {
  ExprPtr left = parse_and();
  for (std::size_t offset = current().offset; skip_name("or"); offset = current().offset)
    left = node(ExprKind::kOr, offset, std::move(left), parse_and());
  return left;
}

ExprPtr ExpressionParser::parse_and() {
  ExprPtr left = parse_not();
  for (std::size_t offset = current().offset; skip_name("and"); offset = current().offset)
    left = node(ExprKind::kAnd, offset, std::move(left), parse_not());
  return left;
}

ExprPtr ExpressionParser::parse_not() {
  const std::size_t offset = current().offset;
  if (!skip_name("not")) return parse_compare();
  const Nesting nesting(*this);
  return node(ExprKind::kNot, offset, parse_not());
}

ExprPtr ExpressionParser::parse_compare() {
  const std::size_t offset = current().offset;
  ExprPtr first = parse_sum();
  ExprPtr compare;
  for (;;) {
    std::string op;
    if (current().type == TokenType::kOperator && is_comparison(current().text)) {
      op = next().text;
    } else if (skip_name("in")) {
      op = "in";
    } else if (is_name("not") && is(look(), TokenType::kName, "in")) {
      next(), next();
      op = "not in";
    } else {
      break;
    }
    if (!compare) compare = node(ExprKind::kCompare, offset, std::move(first));
    compare->operators.push_back(std::move(op));
    add(*compare, parse_sum());
  }
  return compare ? std::move(compare) : std::move(first);
}

ExprPtr ExpressionParser::parse_sum() {
  ExprPtr left = parse_concat();
  while (is_operator("+") || is_operator("-")) {
    const Token& token = next();
    left = node(ExprKind::kBinary, token.offset, std::move(left), parse_concat());
    left->name = token.text;
  }
  return left;
}

ExprPtr ExpressionParser::parse_concat() {
  const std::size_t offset = current().offset;
  ExprPtr first = parse_product();
  if (!is_operator("~")) return first;
  ExprPtr concat = node(ExprKind::kConcat, offset, std::move(first));
  while (skip_operator("~")) add(*concat, parse_product());
  return concat;
}

ExprPtr ExpressionParser::parse_product() {
  ExprPtr left = parse_power();
  while (is_operator("*") || is_operator("/") || is_operator("//") || is_operator("%")) {
    const Token& token = next();
    left = node(ExprKind::kBinary, token.offset, std::move(left), parse_power());
    left->name = token.text;
  }
  return left;
}

ExprPtr ExpressionParser::parse_power() {
  ExprPtr left = parse_unary(true);
  while (is_operator("**")) {
    const Token& token = next();
    left = node(ExprKind::kBinary, token.offset, std::move(left), parse_unary(true));
    left->name = token.text;
  }
  return left;
}

ExprPtr ExpressionParser::parse_unary(bool with_filters) {
  const Nesting nesting(*this);
  const std::size_t offset = current().offset;
  ExprPtr made;
  if (skip_operator("-"))
    made = node(ExprKind::kNegate, offset, parse_unary(false));
  else if (skip_operator("+"))
    made = node(ExprKind::kPlus, offset, parse_unary(false));
  else
    made = parse_primary();
  made = parse_postfix(std::move(made));
  return with_filters ? parse_filters_and_tests(std::move(made)) : std::move(made);
}

ExprPtr ExpressionParser::parse_primary() {
  const Token& token = current();
  if (is_operator("[")) return parse_list();
  if (is_operator("{")) return parse_dict();
  if (skip_operator("(")) {
    const Nesting nesting(*this);
    ExprPtr inside = parse_tuple(true, {}, true);
    expect_operator(")");
    return inside;
  }
  ExprPtr made = node(ExprKind::kConstant, token.offset);
  switch (token.type) {
    case TokenType::kName:
      if (token.text == "true" || token.text == "True") {
        made->value = Value(true);
      } else if (token.text == "false" || token.text == "False") {
        made->value = Value(false);
      } else if (token.text == "none" || token.text == "None") {
        made->value = Value::none();
      } else {
        made->kind = ExprKind::kName;
        made->name = token.text;
        uses_more_ |= token.text == "varargs";
        uses_more_named_ |= token.text == "kwargs";
        uses_caller_ |= token.text == "caller";
      }
      break;
    case TokenType::kString: {
      std::string text;
      while (current().type == TokenType::kString) text += next().text;
      made->value = Value(std::move(text));
      return made;
    }
    case TokenType::kInteger:
      made->value = Value(token.integer);
      break;
    case TokenType::kFloat:
      made->value = Value(token.number);
      break;
    default:
      fail_unexpected("an expression");
  }
  next();
  return made;
}

ExprPtr ExpressionParser::parse_list() {
  ExprPtr made = node(ExprKind::kList, next().offset);
  while (!is_operator("]")) {
    if (!made->items.empty()) expect_operator(",");
    if (is_operator("]")) break;
    add(*made, parse_expression());
  }
  expect_operator("]");
  return made;
}

ExprPtr ExpressionParser::parse_dict() {
  ExprPtr made = node(ExprKind::kDict, next().offset);
  while (!is_operator("}")) {
    if (!made->items.empty()) expect_operator(",");
    if (is_operator("}")) break;
    add(*made, parse_expression());
    expect_operator(":");
    add(*made, parse_expression());
  }
  expect_operator("}");
  return made;
}

bool ExpressionParser::at_tuple_end(std::string_view end) const {
  return current().type == TokenType::kVariableEnd || current().type == TokenType::kBlockEnd || is_operator(")") ||
         (!end.empty() && is_name(end));
}

ExprPtr ExpressionParser::parse_tuple(bool conditional, std::string_view end, bool parenthesized) {
  ExprPtr made = node(ExprKind::kTuple, current().offset);
  bool is_tuple = false;
  while (!at_tuple_end(end)) {
    add(*made, conditional ? parse_expression() : parse_or());
    if (!skip_operator(",")) break;
    is_tuple = true;
  }
  if (is_tuple) return made;
  if (!made->items.empty()) return std::move(made->items.front());
  if (!parenthesized) fail_unexpected("an expression");
  return made;
}

ExprPtr ExpressionParser::parse_target_item(bool namespaces) {
  const Nesting nesting(*this);
  if (skip_operator("(")) {
    ExprPtr inside = parse_target(namespaces);
    expect_operator(")");
    return inside;
  }
  const Token& token = current();
  ExprPtr made = parse_primary();
  if (made->kind != ExprKind::kName) fail_syntax(name_, source_, token.offset, "can't assign to this expression");
  if (namespaces && skip_operator(".")) {
    made->kind = ExprKind::kNamespaceTarget;
    made->value = Value(expect_name());
  }
  return made;
}

ExprPtr ExpressionParser::parse_target(bool namespaces, std::string_view end) {
  ExprPtr made = node(ExprKind::kTuple, current().offset);
  bool is_tuple = false;
  while (!at_tuple_end(end) && !is_operator("=")) {
    add(*made, parse_target_item(namespaces));
    if (!skip_operator(",")) break;
    is_tuple = true;
  }
  if (made->items.empty()) fail_unexpected("a name to assign to");
  return is_tuple ? std::move(made) : std::move(made->items.front());
}

ExprPtr ExpressionParser::parse_parameter() {
  ExprPtr made = node(ExprKind::kName, current().offset);
  made->name = expect_name();
  return made;
}

}  // namespace c2c::jinja
