// Recursive descent over the expression grammar of jinja2; the statement parser derives from it.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "c2c/text/chat/jinja_ast.h"
#include "c2c/text/chat/jinja_lexer.h"

namespace c2c::jinja {

class ExpressionParser {
 protected:
  ExpressionParser(const std::string& name, std::string_view source);

  ExprPtr parse_expression();
  ExprPtr parse_or();
  // "a, b" is a tuple; `conditional`: "x if y" may stand in it; `end`: a name that ends it besides tag ends and ')'.
  ExprPtr parse_tuple(bool conditional, std::string_view end = {}, bool parenthesized = false);
  // What can be assigned to: names, tuples of names, and (namespaces) ns.attribute.
  ExprPtr parse_target(bool namespaces, std::string_view end = {});
  ExprPtr parse_parameter();  // the name of a macro's parameter
  ExprPtr parse_filters(ExprPtr input, bool start_inline);

  const Token& current() const { return tokens_[at_]; }
  const Token& next() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  const Token& look() const { return tokens_[at_ + 1 < tokens_.size() ? at_ + 1 : at_]; }
  bool is_operator(std::string_view text) const { return is(current(), TokenType::kOperator, text); }
  bool is_name(std::string_view text) const { return is(current(), TokenType::kName, text); }
  bool skip_operator(std::string_view text);
  bool skip_name(std::string_view text);
  void expect_operator(std::string_view text);
  std::string expect_name();
  void expect(TokenType type, const char* what);
  [[noreturn]] void fail_here(const std::string& message) const;
  [[noreturn]] void fail_unexpected(const std::string& expected) const;

  // Counts recursion of the parser itself.
  struct Nesting {
    explicit Nesting(ExpressionParser& parser);
    ~Nesting() { --parser_.nesting_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;
    ExpressionParser& parser_;
  };

  // Names used since the start of the innermost macro.
  bool uses_more_ = false, uses_more_named_ = false, uses_caller_ = false;

 private:
  static bool is(const Token& token, TokenType type, std::string_view text) {
    return token.type == type && token.text == text;
  }
  ExprPtr node(ExprKind kind, std::size_t offset) const;
  ExprPtr node(ExprKind kind, std::size_t offset, ExprPtr first, ExprPtr second = nullptr) const;
  void add(Expr& parent, ExprPtr child) const;  // keeps depth
  void add_depth(Expr& parent, const Expr& child) const;
  bool at_tuple_end(std::string_view end) const;

  ExprPtr parse_and();
  ExprPtr parse_not();
  ExprPtr parse_compare();
  ExprPtr parse_sum();
  ExprPtr parse_concat();
  ExprPtr parse_product();
  ExprPtr parse_power();
  ExprPtr parse_unary(bool with_filters);
  ExprPtr parse_primary();
  ExprPtr parse_list();
  ExprPtr parse_dict();
  ExprPtr parse_postfix(ExprPtr base);
  ExprPtr parse_filters_and_tests(ExprPtr input);
  ExprPtr parse_subscript(ExprPtr base);
  ExprPtr parse_index();
  ExprPtr parse_test(ExprPtr input);
  ExprPtr parse_call(ExprPtr callee);
  void parse_arguments(Expr& call);
  ExprPtr parse_target_item(bool namespaces);

  const std::string& name_;
  std::string_view source_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int nesting_ = 0;
};

}  // namespace c2c::jinja
