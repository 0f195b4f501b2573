// Template source to tokens, as jinja2's lexer does with trim_blocks and lstrip_blocks on and line statements off.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace c2c::jinja {

enum class TokenType {
  kData,           // text between tags
  kVariableBegin,  // {{
  kVariableEnd,
  kBlockBegin,  // {%
  kBlockEnd,
  kName,
  kString,
  kInteger,
  kFloat,
  kOperator,
  kEof,
};

struct Token {
  TokenType type;
  std::size_t offset;  // in the normalised source
  std::string text;    // name, operator, unescaped string or data
  std::int64_t integer = 0;
  double number = 0;
};

// Newlines become \n and one at the end is dropped, as jinja2 does; throws where the source is too long or not UTF-8.
std::string normalize_source(const std::string& name, std::string_view source);
// Tokens of a normalised source, kEof last.
std::vector<Token> tokenize(const std::string& name, std::string_view source);
// Throws c2c::Error with "name, line L, column C".
[[noreturn]] void fail_syntax(const std::string& name, std::string_view source, std::size_t offset,
                              const std::string& message);
std::size_t line_of(std::string_view source, std::size_t offset);

}  // namespace c2c::jinja
