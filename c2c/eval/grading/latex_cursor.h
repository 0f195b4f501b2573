// Reading tokens one by one, with tries that may fail.
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "c2c/eval/grading/expression.h"
#include "c2c/eval/grading/latex_tokens.h"

namespace c2c::grading {

// The bracket that closes `open`.
std::string_view close_of(std::string_view open);

class LatexCursor {
 public:
  LatexCursor(std::vector<LatexToken> tokens, bool real, Budget& budget);

 protected:
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

  static constexpr int kDeepest = 120;
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

  std::vector<LatexToken> tokens_;
  // Of every opening bracket: its partner (the last token where it has none), and whether a comma of its own is inside.
  std::vector<std::size_t> partner_;
  std::vector<bool> has_comma_;
  bool real_;  // symbols are real numbers
  Budget& budget_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int bars_ = 0, verts_ = 0;  // open | and \vert
};

}  // namespace c2c::grading
