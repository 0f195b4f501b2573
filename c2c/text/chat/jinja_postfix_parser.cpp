// What follows a value: attributes, indices, calls, filters and tests.
#include "c2c/text/chat/jinja_expression_parser.h"

namespace c2c::jinja {

ExprPtr ExpressionParser::parse_postfix(ExprPtr base) {
  for (;;) {
    if (is_operator(".") || is_operator("["))
      base = parse_subscript(std::move(base));
    else if (is_operator("("))
      base = parse_call(std::move(base));
    else
      return base;
  }
}

ExprPtr ExpressionParser::parse_filters_and_tests(ExprPtr input) {
  for (;;) {
    if (is_operator("|"))
      input = parse_filters(std::move(input), false);
    else if (is_name("is"))
      input = parse_test(std::move(input));
    else if (is_operator("("))
      input = parse_call(std::move(input));
    else
      return input;
  }
}

ExprPtr ExpressionParser::parse_subscript(ExprPtr base) {
  const Token& open = next();
  if (open.text == ".") {
    const Token& token = current();
    if (token.type == TokenType::kName) {
      ExprPtr made = node(ExprKind::kAttribute, open.offset, std::move(base));
      made->name = next().text;
      return made;
    }
    if (token.type != TokenType::kInteger) fail_unexpected("a name or number");
    ExprPtr index = node(ExprKind::kConstant, token.offset);
    index->value = Value(next().integer);
    return node(ExprKind::kItem, open.offset, std::move(base), std::move(index));
  }
  ExprPtr indices = node(ExprKind::kTuple, current().offset);
  while (!is_operator("]")) {
    if (!indices->items.empty()) expect_operator(",");
    add(*indices, parse_index());
  }
  expect_operator("]");
  if (indices->items.size() == 1) indices = std::move(indices->items.front());
  return node(ExprKind::kItem, open.offset, std::move(base), std::move(indices));
}

ExprPtr ExpressionParser::parse_index() {
  const std::size_t offset = current().offset;
  ExprPtr start;
  if (!is_operator(":")) {
    start = parse_expression();
    if (!is_operator(":")) return start;
  }
  next();
  ExprPtr made = node(ExprKind::kSlice, offset);
  add(*made, std::move(start));
  const auto bound = [&]() -> ExprPtr {
    return is_operator(":") || is_operator("]") || is_operator(",") ? nullptr : parse_expression();
  };
  add(*made, bound());
  add(*made, skip_operator(":") ? bound() : nullptr);
  return made;
}

ExprPtr ExpressionParser::parse_call(ExprPtr callee) {
  ExprPtr made = node(ExprKind::kCall, current().offset, std::move(callee));
  parse_arguments(*made);
  return made;
}

void ExpressionParser::parse_arguments(Expr& call) {
  expect_operator("(");
  bool first = true;
  const auto ensure = [&](bool fine) {
    if (!fine) fail_here("invalid syntax for function call expression");
  };
  for (; !is_operator(")"); first = false) {
    if (!first) {
      expect_operator(",");
      if (is_operator(")")) break;
    }
    if (skip_operator("*")) {
      ensure(!call.more && !call.more_named);
      call.more = parse_expression();
      add_depth(call, *call.more);
    } else if (skip_operator("**")) {
      ensure(!call.more_named);
      call.more_named = parse_expression();
      add_depth(call, *call.more_named);
    } else if (current().type == TokenType::kName && is(look(), TokenType::kOperator, "=")) {
      ensure(!call.more_named);
      std::string key = next().text;
      next();
      call.named.emplace_back(std::move(key), parse_expression());
      add_depth(call, *call.named.back().second);
    } else {
      ensure(!call.more && !call.more_named && call.named.empty());
      add(call, parse_expression());
    }
  }
  expect_operator(")");
}

ExprPtr ExpressionParser::parse_filters(ExprPtr input, bool start_inline) {
  while (start_inline || skip_operator("|")) {
    start_inline = false;
    ExprPtr made = node(ExprKind::kFilter, current().offset);
    add(*made, std::move(input));
    made->name = expect_name();
    while (skip_operator(".")) made->name += "." + expect_name();
    if (is_operator("(")) parse_arguments(*made);
    input = std::move(made);
  }
  return input;
}

ExprPtr ExpressionParser::parse_test(ExprPtr input) {
  const std::size_t offset = next().offset;
  const bool negated = skip_name("not");
  ExprPtr made = node(ExprKind::kTest, offset, std::move(input));
  made->name = expect_name();
  while (skip_operator(".")) made->name += "." + expect_name();
  const TokenType type = current().type;
  const bool value = type == TokenType::kName || type == TokenType::kString || type == TokenType::kInteger ||
                     type == TokenType::kFloat || is_operator("[") || is_operator("{");
  if (is_operator("(")) {
    parse_arguments(*made);
  } else if (value && !is_name("else") && !is_name("or") && !is_name("and")) {
    if (is_name("is")) fail_here("You cannot chain multiple tests with is");
    ExprPtr argument = parse_primary();
    add(*made, parse_postfix(std::move(argument)));
  }
  return negated ? node(ExprKind::kNot, offset, std::move(made)) : std::move(made);
}

}  // namespace c2c::jinja
