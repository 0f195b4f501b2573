// LaTeX of an answer cut into the tokens of latex2sympy2_extended's grammar (PS.g4 of 1.11.0).
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "c2c/eval/grading/pattern.h"

namespace c2c::grading {

enum class Token {
  kEnd,
  kAdd,
  kSub,
  kMul,  // also \times, \cdot
  kDiv,  // also \div and ':'
  kMod,
  kOpen,   // text is the opening bracket; its partner is close_of(text)
  kClose,  // text is the closing bracket
  kBar,
  kVert,
  kPhantom,
  kBoxed,
  kLimit,     // functions that are not computed: limits and integrals
  kSum,       // \sum, \prod
  kFunction,  // text is the name without its backslash
  kSqrt,
  kOperatorName,
  kFrac,
  kBinom,
  kChoose,
  kMatrixBegin,
  kMatrixEnd,
  kColumn,
  kRow,
  kUnderscore,
  kCaret,
  kSemicolon,
  kComma,
  kDifferential,  // text is what follows the d
  kExpE,
  kLetter,  // E too, which is no number here
  kNumber,
  kENotation,
  kPercentNumber,  // text is the number
  kIn,
  kAssign,
  kEqual,
  kApprox,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kUnequal,
  kBang,
  kGreek,
  kOtherSymbol,
  kInfinity,
  kNamedSet,  // text: N, Z, Q, R, C, or empty
  kAccent,    // text: the whole command with its braces
  kUnion,
  kIntersection,
  kSetMinus,
  kPlusMinus,
  kTranspose,
  kDegree,
  kWord,  // a word of the grammar that only stands in \operatorname{...}
  kUnsupported,
};

struct LatexToken {
  Token token = Token::kEnd;
  std::string text;
};

struct ParseFailed {};  // the text is not of the grammar

// The last token is kEnd. Throws ParseFailed for a character that starts no token, and for more than 1,500 tokens.
std::vector<LatexToken> latex_tokens(std::u32string_view text, Budget& budget);

}  // namespace c2c::grading
