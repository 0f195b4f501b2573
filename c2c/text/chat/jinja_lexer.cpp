#include "c2c/text/chat/jinja_lexer.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/text/chat/jinja_text.h"
#include "c2c/text/chat/jinja_value.h"

namespace c2c::jinja {
namespace {

constexpr std::size_t kMaxNameBytes = 256;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

class Lexer {
 public:
  Lexer(const std::string& name, std::string_view source) : name_(name), source_(source) {}

  std::vector<Token> run() {
    while (at_ < source_.size()) lex_text();
    push(TokenType::kEof, source_.size(), "");
    return std::move(tokens_);
  }

 private:
  [[noreturn]] void error(std::size_t offset, const std::string& message) const {
    fail_syntax(name_, source_, offset, message);
  }
  void push(TokenType type, std::size_t offset, std::string text) {
    tokens_.push_back({type, offset, std::move(text)});
  }
  bool starts(std::size_t at, std::string_view text) const {
    return source_.substr(std::min(at, source_.size()), text.size()) == text;
  }
  char peek(std::size_t at) const { return at < source_.size() ? source_[at] : '\0'; }

  std::size_t skip_spaces(std::size_t at) const {
    while (at < source_.size()) {
      const auto c = decode_code_point(source_, at);
      if (!is_space(c.value)) break;
      at += c.size;
    }
    return at;
  }

  // Data before a tag: cut by `-`, or by lstrip_blocks when only white space stands before a block or comment.
  void push_data(std::size_t begin, std::size_t end, char sign, bool variable) {
    std::string_view text = source_.substr(begin, end - begin);
    if (sign == '-') {
      text = strip(text, std::nullopt, false, true);
    } else if (sign != '+' && !variable) {
      const std::size_t newline = text.rfind('\n');
      const std::size_t line = newline == std::string_view::npos ? 0 : newline + 1;
      if ((line > 0 || line_starting_) && strip(text.substr(line), std::nullopt, true, false).empty())
        text = text.substr(0, line);
    }
    if (!text.empty()) push(TokenType::kData, begin, std::string(text));
  }

  // The end of a tag whose delimiter starts at `at`, white space taken with it: `-` all of it, else (trim) one newline.
  std::size_t after_tag(std::size_t at, char sign, bool trim) {
    std::size_t end = at + 2;
    if (sign == '-')
      end = skip_spaces(end);
    else if (sign == '\0' && trim && peek(end) == '\n')
      ++end;
    line_starting_ = source_[end - 1] == '\n';
    return end;
  }

  void lex_text() {
    std::size_t tag = at_;
    while ((tag = source_.find('{', tag)) != std::string_view::npos && peek(tag + 1) != '%' && peek(tag + 1) != '{' &&
           peek(tag + 1) != '#')
      ++tag;
    if (tag == std::string_view::npos) {
      push(TokenType::kData, at_, std::string(source_.substr(at_)));
      at_ = source_.size();
      return;
    }
    const char kind = source_[tag + 1];
    const char sign = peek(tag + 2) == '-' || peek(tag + 2) == '+' ? source_[tag + 2] : '\0';
    const std::size_t inside = tag + (sign == '\0' ? 2 : 3);
    push_data(at_, tag, sign, kind == '{');
    if (kind == '#') return lex_comment(tag, inside);
    if (kind == '%') {
      if (const auto raw = match_word_tag(inside, "raw", false)) return lex_raw(tag, *raw);
    }
    push(kind == '%' ? TokenType::kBlockBegin : TokenType::kVariableBegin, tag, "");
    at_ = inside;
    line_starting_ = false;
    lex_tag(tag, kind == '%');
  }

  void lex_comment(std::size_t tag, std::size_t inside) {
    const std::size_t end = source_.find("#}", inside);
    if (end == std::string_view::npos) error(tag, "Missing end of comment tag");
    const char before = end > inside ? source_[end - 1] : '\0';
    at_ = after_tag(end, before == '-' || before == '+' ? before : '\0', true);
  }

  struct WordTag {
    std::size_t close;  // where %} stands
    char sign;          // before it
  };
  // `word` and the end of the tag; endraw also allows +%}.
  std::optional<WordTag> match_word_tag(std::size_t inside, std::string_view word, bool plus) const {
    std::size_t at = skip_spaces(inside);
    if (!starts(at, word)) return std::nullopt;
    at = skip_spaces(at + word.size());
    if (starts(at, "%}")) return WordTag{at, '\0'};
    if (starts(at, "-%}") || (plus && starts(at, "+%}"))) return WordTag{at + 1, source_[at]};
    return std::nullopt;
  }

  void lex_raw(std::size_t tag, const WordTag& open) {
    at_ = after_tag(open.close, open.sign, false);
    for (std::size_t end = at_; (end = source_.find("{%", end)) != std::string_view::npos; ++end) {
      const char sign = peek(end + 2) == '-' || peek(end + 2) == '+' ? source_[end + 2] : '\0';
      const auto close = match_word_tag(end + (sign == '\0' ? 2 : 3), "endraw", true);
      if (!close) continue;
      push_data(at_, end, sign, false);
      at_ = after_tag(close->close, close->sign, true);
      return;
    }
    error(tag, "Missing end of raw directive");
  }

  // Tokens of one {{ }} or {% %}. Its end is not looked for inside brackets, where }} closes two dicts.
  void lex_tag(std::size_t tag, bool block) {
    std::vector<std::pair<char, std::size_t>> open;
    const std::string_view close = block ? "%}" : "}}";
    while (at_ < source_.size()) {
      at_ = skip_spaces(at_);
      if (open.empty()) {
        const char sign =
            starts(at_ + 1, close) && (peek(at_) == '-' || (block && peek(at_) == '+')) ? source_[at_] : '\0';
        if (sign != '\0' || starts(at_, close)) {
          push(block ? TokenType::kBlockEnd : TokenType::kVariableEnd, at_, "");
          at_ = after_tag(at_ + (sign == '\0' ? 0 : 1), sign, block);
          return;
        }
      }
      if (at_ < source_.size()) lex_token(open);
    }
    error(tag, block ? "unexpected end of template, a block tag is not closed"
                     : "unexpected end of template, a print tag is not closed");
  }

  void lex_token(std::vector<std::pair<char, std::size_t>>& open) {
    const char c = source_[at_];
    if (is_digit(c)) return lex_number();
    if (c == '"' || c == '\'') return lex_string();
    std::size_t end = at_;
    while (end < source_.size()) {
      const auto point = decode_code_point(source_, end);
      if (!is_word(point.value)) break;
      end += point.size;
    }
    if (end > at_) {
      if (end - at_ > kMaxNameBytes) error(at_, "a name is too long");
      push(TokenType::kName, at_, std::string(source_.substr(at_, end - at_)));
      at_ = end;
      return;
    }
    lex_operator(open);
  }

  void lex_operator(std::vector<std::pair<char, std::size_t>>& open) {
    const char c = source_[at_];
    for (const std::string_view two : {"//", "**", "==", "!=", ">=", "<="})
      if (starts(at_, two)) {
        push(TokenType::kOperator, at_, std::string(two));
        at_ += 2;
        return;
      }
    if (std::string_view("+-/*%~[](){}><=.:|,;").find(c) == std::string_view::npos)
      error(at_, "unexpected character " + repr_string(source_.substr(at_, decode_code_point(source_, at_).size)));
    if (c == '(' || c == '[' || c == '{') open.emplace_back(c == '(' ? ')' : c == '[' ? ']' : '}', at_);
    if (c == ')' || c == ']' || c == '}') {
      if (open.empty()) error(at_, std::string("unexpected '") + c + "'");
      if (open.back().first != c)
        error(at_, std::string("unexpected '") + c + "', expected '" + open.back().first + "'");
      open.pop_back();
    }
    push(TokenType::kOperator, at_, std::string(1, c));
    ++at_;
  }

  // Digits with single underscores between them, from `at`; the end, or `at` when there is none.
  template <class IsDigit>
  std::size_t digits(std::size_t at, IsDigit is) const {
    if (!is(peek(at))) return at;
    while (is(peek(at)) || (peek(at) == '_' && is(peek(at + 1)))) ++at;
    return at;
  }

  void lex_number() {
    std::size_t end = digits(at_, is_digit);
    bool real = false;
    if (at_ == 0 || source_[at_ - 1] != '.') {
      std::size_t fraction = end;
      if (peek(end) == '.') fraction = digits(end + 1, is_digit);
      if (fraction > end + 1) real = true, end = fraction;
      if (peek(end) == 'e' || peek(end) == 'E') {
        const std::size_t first = end + (peek(end + 1) == '+' || peek(end + 1) == '-' ? 2 : 1);
        const std::size_t exponent = digits(first, is_digit);
        if (exponent > first) real = true, end = exponent;
      }
    }
    real ? push_float(end) : push_integer();
  }

  std::string without_underscores(std::size_t end) const {
    std::string text(source_.substr(at_, end - at_));
    std::erase(text, '_');
    return text;
  }

  void push_float(std::size_t end) {
    const std::string text = without_underscores(end);
    push(TokenType::kFloat, at_, text);
    const auto result = std::from_chars(text.data(), text.data() + text.size(), tokens_.back().number);
    if (result.ec != std::errc()) error(at_, "number out of range");
    at_ = end;
  }

  void push_integer() {
    int base = 10;
    std::size_t skip = 0;
    const char mark = static_cast<char>(peek(at_ + 1) | 0x20);
    if (source_[at_] == '0' && (mark == 'x' || mark == 'o' || mark == 'b')) {
      base = mark == 'x' ? 16 : mark == 'o' ? 8 : 2;
      skip = peek(at_ + 2) == '_' ? 3 : 2;
    }
    const auto is = [base](char c) {
      const int value = is_digit(c) ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : 99;
      return value < base;
    };
    std::size_t end = digits(at_ + skip, is);
    if (end == at_ + skip) base = 10, end = at_ + 1, skip = 0;  // "0x" without digits: 0, then a name
    if (base == 10 && source_[at_] == '0')                      // 0 is followed by zeros only
      end = digits(at_, [](char c) { return c == '0'; });
    const std::string text = without_underscores(end).substr(skip == 3 ? 2 : skip);
    push(TokenType::kInteger, at_, text);
    if (std::from_chars(text.data(), text.data() + text.size(), tokens_.back().integer, base).ec != std::errc())
      error(at_, "integer too large");
    at_ = end;
  }

  void lex_string() {
    const std::size_t begin = at_;
    const char quote = source_[at_++];
    std::string text;
    while (at_ < source_.size() && source_[at_] != quote) {
      if (source_[at_] == '\\' && at_ + 1 < source_.size())
        lex_escape(text);
      else
        text += source_[at_++];
    }
    if (at_ >= source_.size())
      error(begin, "unexpected char " + repr_string(std::string(1, quote)) + ": the string is not closed");
    ++at_;
    push(TokenType::kString, begin, std::move(text));
  }

  // Python's unicode-escape.
  void lex_escape(std::string& text) {
    const char c = source_[at_ + 1];
    static constexpr std::string_view kFrom = "\\'\"abfnrtv", kTo = "\\'\"\a\b\f\n\r\t\v";
    if (const std::size_t simple = kFrom.find(c); simple != std::string_view::npos) {
      text += kTo[simple];
      at_ += 2;
    } else if (c == '\n') {
      at_ += 2;
    } else if (c == 'x' || c == 'u' || c == 'U') {
      append_code_point(text, at_ + 2, c == 'x' ? 2 : c == 'u' ? 4 : 8, 16);
    } else if (c >= '0' && c <= '7') {
      std::size_t count = 1;
      while (count < 3 && peek(at_ + 1 + count) >= '0' && peek(at_ + 1 + count) <= '7') ++count;
      append_code_point(text, at_ + 1, count, 8);
    } else {
      text += '\\';  // unknown: kept; the character itself comes next
      ++at_;
    }
  }

  void append_code_point(std::string& text, std::size_t at, std::size_t count, int base) {
    std::uint32_t value = 0;
    const std::string_view digits_text = source_.substr(std::min(at, source_.size()), count);
    const auto result = std::from_chars(digits_text.data(), digits_text.data() + digits_text.size(), value, base);
    if (digits_text.size() < count || result.ptr != digits_text.data() + count || value > 0x10FFFF)
      error(at_, "truncated or illegal escape in a string");
    append_utf8(text, value);
    at_ = at + count;
  }

  const std::string& name_;
  std::string_view source_;
  std::size_t at_ = 0;
  bool line_starting_ = true;
  std::vector<Token> tokens_;
};

}  // namespace

std::size_t line_of(std::string_view source, std::size_t offset) {
  const auto end = source.begin() + static_cast<std::ptrdiff_t>(std::min(offset, source.size()));
  return static_cast<std::size_t>(std::count(source.begin(), end, '\n')) + 1;
}

void fail_syntax(const std::string& name, std::string_view source, std::size_t offset, const std::string& message) {
  const std::string_view before = source.substr(0, std::min(offset, source.size()));
  const std::size_t newline = before.rfind('\n');
  const std::size_t column =
      count_code_points(newline == std::string_view::npos ? before : before.substr(newline + 1)) + 1;
  fail_input(
      {.where = name + ", line " + std::to_string(line_of(source, offset)) + ", column " + std::to_string(column),
       .key = message,
       .hint = "the chat template is not valid Jinja, or outside the subset that is understood"});
}

std::string normalize_source(const std::string& name, std::string_view source) {
  if (source.size() > kMaxSourceBytes)
    fail_input({.where = name,
                .found = std::to_string(source.size()) + " bytes of template",
                .expected = "at most " + std::to_string(kMaxSourceBytes)});
  if (const std::size_t bad = find_invalid_utf8(source); bad != std::string_view::npos)
    fail_input({.where = name, .key = "byte " + std::to_string(bad), .found = "invalid UTF-8", .expected = "UTF-8"});
  std::string text;
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r' && i + 1 < source.size() && source[i + 1] == '\n') continue;
    text += source[i] == '\r' ? '\n' : source[i];
  }
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

std::vector<Token> tokenize(const std::string& name, std::string_view source) {
  return Lexer(name, source).run();
}

}  // namespace c2c::jinja
