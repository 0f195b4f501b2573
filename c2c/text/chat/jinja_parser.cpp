#include "c2c/text/chat/jinja_parser.h"

#include <algorithm>
#include <initializer_list>

#include "c2c/text/chat/jinja_expression_parser.h"

namespace c2c::jinja {
namespace {

using StatementPtr = std::unique_ptr<Statement>;

class Parser : private ExpressionParser {
 public:
  Parser(const std::string& name, std::string_view source) : ExpressionParser(name, source) {}

  Body parse() {
    Body body = parse_body({});
    if (current().type != TokenType::kEof) fail_unexpected("end of template");
    return body;
  }

 private:
  static StatementPtr make(StatementKind kind, std::size_t offset) {
    auto made = std::make_unique<Statement>();
    made->kind = kind;
    made->offset = offset;
    return made;
  }

  // Up to the tag that starts with one of `ends`; its "{%" is consumed, its name is not.
  Body parse_body(std::initializer_list<std::string_view> ends) {
    const Nesting nesting(*this);
    Body body;
    while (current().type != TokenType::kEof) {
      const Token& token = next();
      if (token.type == TokenType::kData) {
        body.push_back(make(StatementKind::kText, token.offset));
        body.back()->text = token.text;
      } else if (token.type == TokenType::kVariableBegin) {
        body.push_back(make(StatementKind::kPrint, token.offset));
        body.back()->expr = parse_tuple(true);
        expect(TokenType::kVariableEnd, "end of print statement");
      } else {
        if (current().type != TokenType::kName) fail_unexpected("tag name");
        if (std::any_of(ends.begin(), ends.end(), [&](std::string_view end) { return is_name(end); })) return body;
        parse_statement(body, token.offset);
        expect(TokenType::kBlockEnd, "end of statement block");
      }
    }
    if (ends.size() != 0) fail_here("unexpected end of template, expected '" + std::string(*(ends.end() - 1)) + "'");
    return body;
  }

  // The body of a tag whose own words are parsed: "%}" ... "{% end".
  Body parse_block(std::initializer_list<std::string_view> ends) {
    skip_operator(":");  // Python's colon is allowed
    expect(TokenType::kBlockEnd, "end of statement block");
    return parse_body(ends);
  }
  Body parse_block_and_end(std::string_view end) {
    Body body = parse_block({end});
    next();
    return body;
  }

  void parse_statement(Body& body, std::size_t offset) {
    const std::string tag = next().text;
    if (tag == "for") return body.push_back(parse_for(offset));
    if (tag == "if") return body.push_back(parse_if(offset));
    if (tag == "set") return body.push_back(parse_set(offset));
    if (tag == "macro") return body.push_back(parse_macro(offset));
    if (tag == "call") return body.push_back(parse_call_block(offset));
    if (tag == "with") return body.push_back(parse_with(offset));
    if (tag == "print") return parse_print(body, offset);
    if (tag == "filter") {
      body.push_back(make(StatementKind::kFilterBlock, offset));
      body.back()->expr = parse_filters(nullptr, true);
      body.back()->body = parse_block_and_end("endfilter");
    } else if (tag == "generation") {
      body.push_back(make(StatementKind::kScope, offset));
      const LoopDepth outside(*this);
      body.back()->body = parse_block_and_end("endgeneration");
    } else if (tag == "break" || tag == "continue") {
      if (loops_ == 0) fail_here("'" + tag + "' outside of a loop");
      body.push_back(make(tag == "break" ? StatementKind::kBreak : StatementKind::kContinue, offset));
    } else {
      fail_here("unknown tag '" + tag + "'");
    }
  }

  // Bodies that become functions of their own: a loop outside is not theirs to leave.
  struct LoopDepth {
    explicit LoopDepth(Parser& parser) : parser_(parser), saved_(parser.loops_) { parser_.loops_ = 0; }
    ~LoopDepth() { parser_.loops_ = saved_; }
    LoopDepth(const LoopDepth&) = delete;
    LoopDepth& operator=(const LoopDepth&) = delete;
    Parser& parser_;
    int saved_;
  };

  StatementPtr parse_for(std::size_t offset) {
    StatementPtr made = make(StatementKind::kFor, offset);
    made->target = parse_target(false, "in");
    if (!skip_name("in")) fail_unexpected("'in'");
    made->expr = parse_tuple(false, "recursive");
    if (skip_name("if")) made->test = parse_expression();
    made->recursive = skip_name("recursive");
    ++loops_;
    made->body = parse_block({"else", "endfor"});
    --loops_;
    if (next().text == "else") made->else_body = parse_block_and_end("endfor");
    return made;
  }

  StatementPtr parse_if(std::size_t offset) {
    StatementPtr made = make(StatementKind::kIf, offset);
    for (;;) {
      ExprPtr test = parse_tuple(false);
      made->branches.push_back({std::move(test), parse_block({"elif", "else", "endif"})});
      const std::string tag = next().text;
      if (tag == "elif") continue;
      if (tag == "else") made->else_body = parse_block_and_end("endif");
      return made;
    }
  }

  StatementPtr parse_set(std::size_t offset) {
    StatementPtr made = make(StatementKind::kSet, offset);
    made->target = parse_target(true);
    if (skip_operator("=")) {
      made->expr = parse_tuple(true);
      return made;
    }
    made->kind = StatementKind::kSetBlock;
    if (is_operator("|")) made->expr = parse_filters(nullptr, false);
    made->body = parse_block_and_end("endset");
    return made;
  }

  void parse_signature(Signature& signature) {
    expect_operator("(");
    while (!is_operator(")")) {
      if (!signature.targets.empty()) expect_operator(",");
      signature.targets.push_back(parse_parameter());
      if (skip_operator("="))
        signature.defaults.push_back(parse_expression());
      else if (!signature.defaults.empty())
        fail_here("non-default argument follows default argument");
    }
    expect_operator(")");
  }

  Body parse_macro_body(Signature& signature, std::string_view end) {
    const bool more = uses_more_, named = uses_more_named_, caller = uses_caller_;
    uses_more_ = uses_more_named_ = uses_caller_ = false;
    const LoopDepth outside(*this);
    Body body = parse_block_and_end(end);
    signature.takes_more = uses_more_;
    signature.takes_more_named = uses_more_named_;
    signature.takes_caller = uses_caller_;
    uses_more_ = more, uses_more_named_ = named, uses_caller_ = caller;
    return body;
  }

  StatementPtr parse_macro(std::size_t offset) {
    StatementPtr made = make(StatementKind::kMacro, offset);
    made->text = expect_name();
    parse_signature(made->signature);
    made->body = parse_macro_body(made->signature, "endmacro");
    return made;
  }

  StatementPtr parse_call_block(std::size_t offset) {
    StatementPtr made = make(StatementKind::kCallBlock, offset);
    if (is_operator("(")) parse_signature(made->signature);
    made->expr = parse_expression();
    if (made->expr->kind != ExprKind::kCall) fail_here("expected call");
    made->body = parse_macro_body(made->signature, "endcall");
    return made;
  }

  StatementPtr parse_with(std::size_t offset) {
    StatementPtr made = make(StatementKind::kWith, offset);
    while (current().type != TokenType::kBlockEnd) {
      if (!made->signature.targets.empty()) expect_operator(",");
      made->signature.targets.push_back(parse_target(false));
      expect_operator("=");
      made->signature.defaults.push_back(parse_expression());
    }
    made->body = parse_block_and_end("endwith");
    return made;
  }

  void parse_print(Body& body, std::size_t offset) {
    bool first = true;
    for (; current().type != TokenType::kBlockEnd; first = false) {
      if (!first) expect_operator(",");
      body.push_back(make(StatementKind::kPrint, offset));
      body.back()->expr = parse_expression();
    }
  }

  int loops_ = 0;
};

}  // namespace

Body parse_template(const std::string& name, std::string_view source) {
  return Parser(name, source).parse();
}

}  // namespace c2c::jinja
