#include "c2c/eval/grading/latex_cursor.h"

namespace c2c::grading {

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

LatexCursor::LatexCursor(std::vector<LatexToken> tokens, bool real, Budget& budget)
    : tokens_(std::move(tokens)), real_(real), budget_(budget) {
  partner_.assign(tokens_.size(), tokens_.size() - 1);
  has_comma_.assign(tokens_.size(), false);
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    if (tokens_[i].token == Token::kOpen) open.push_back(i);
    if (tokens_[i].token == Token::kClose && !open.empty()) {
      partner_[open.back()] = i;
      open.pop_back();
    }
    if (tokens_[i].token == Token::kComma && !open.empty()) has_comma_[open.back()] = true;
  }
}

}  // namespace c2c::grading
