#include "c2c/eval/grading/latex_tokens.h"

#include <algorithm>
#include <map>

#include "c2c/base/utf8.h"
#include "c2c/eval/grading/characters.h"

namespace c2c::grading {
namespace {

using View = std::u32string_view;

struct Literal {
  std::u32string text;
  Token token;
  std::string value;
  bool skipped = false;
};

void add(std::vector<Literal>& out, Token token, std::initializer_list<const char*> texts) {
  for (const char* text : texts) out.push_back({to_utf32(text), token, text});
}

void add_operators(std::vector<Literal>& out) {
  add(out, Token::kAdd, {"+", "∔", "⊕", "⊞"});
  add(out, Token::kSub, {"-", "−", "∸"});
  add(out, Token::kMul, {"*", "×", "⋅", "⋄", "⊡", "∗", "⋆", "∘", "∙", "⊗", "⊠", "⋈", "⋉", "⋊", "\\times", "\\cdot"});
  add(out, Token::kDiv, {"/", "÷", "∕", "\\over", "\\div", ":"});
  add(out, Token::kMod, {"\\mod"});
  add(out, Token::kOpen,
      {"(", "\\(", "\\lgroup", "{", "\\{", "\\lbrace", "[", "\\lbrack", "\\lvert", "\\lfloor", "\\llcorner", "\\lceil",
       "\\ulcorner"});
  add(out, Token::kClose,
      {")", "\\)", "\\rgroup", "}", "\\}", "\\rbrace", "]", "\\rbrack", "\\rvert", "\\rfloor", "\\lrcorner", "\\rceil",
       "\\urcorner"});
  add(out, Token::kBar, {"|"});
  add(out, Token::kVert, {"\\vert"});
  add(out, Token::kUnderscore, {"_"});
  add(out, Token::kCaret, {"^"});
  add(out, Token::kSemicolon, {";"});
  add(out, Token::kComma, {","});
  add(out, Token::kColumn, {"&"});
  add(out, Token::kRow, {"\\\\"});
  add(out, Token::kBang, {"!"});
  add(out, Token::kTranspose, {"^T", "^{T}", "'"});
  add(out, Token::kDegree,
      {"^\\circ", "^\\degree", "^\\circle", "^°", "^{\\circ}", "^{\\degree}", "^{\\circle}", "^{°}"});
}

void add_relations(std::vector<Literal>& out) {
  add(out, Token::kIn, {"\\in"});
  add(out, Token::kAssign, {"=", "≡", "≣", "≟", "≎", "≏", "≐", "≑", "≒", "≓", "≔", "≕", "≖", "≗"});
  add(out, Token::kEqual, {"==", "\\equiv"});
  add(out, Token::kApprox, {"~=", "≈", "≊", "≋", "≃", "≅", "\\approx"});
  add(out, Token::kLess, {"<", "≪", "≺", "⋖", "\\lt"});
  add(out, Token::kLessEqual, {"\\leq", "\\le", "\\leqslant", "≤", "≦", "≲", "≾", "<="});
  add(out, Token::kGreater, {">", "≫", "≻", "⋗", "\\gt"});
  add(out, Token::kGreaterEqual, {"\\geq", "\\ge", "\\geqslant", "≥", "≧", "≳", "≿", ">="});
  add(out, Token::kUnequal, {"!=", "!==", "\\ne", "\\neq", "\\not\\equiv", "≠", "≁", "≄", "≇", "≉", "≢"});
  add(out, Token::kUnion, {"\\cup", "∪"});
  add(out, Token::kIntersection, {"\\cap", "∩"});
  add(out, Token::kSetMinus, {"\\setminus", "∖"});
  add(out, Token::kPlusMinus, {"\\pm", "±", "∓", "\\mp"});
  add(out, Token::kUnsupported,
      {"\\|",
       "\\langle",
       "\\rangle",
       "\\supseteq",
       "⊇",
       "\\subseteq",
       "⊆",
       "\\notin",
       "∉",
       "\\partial",
       "\\to",
       "\\rightarrow",
       "\\Rightarrow",
       "\\longrightarrow",
       "\\Longrightarrow",
       "\\xrightarrow",
       "\\xRightarrow",
       "<->",
       "<=>",
       "\\leftrightarrow",
       "\\Leftrightarrow",
       ".",
       "\\mathbb{P}",
       "ℙ"});
}

void add_functions(std::vector<Literal>& out) {
  for (const char* name :
       {"log",     "ln",      "exp",    "sin",    "cos",  "tan",  "csc",  "sec",    "cot",    "arcsin", "arccos",
        "arctan",  "arccsc",  "arcsec", "arccot", "sinh", "cosh", "tanh", "arsinh", "arcosh", "artanh", "arcsinh",
        "arccosh", "arctanh", "floor",  "ceil",   "gcd",  "lcm",  "max",  "min",    "det",    "gamma",  "Gamma"})
    out.push_back({to_utf32("\\" + std::string(name)), Token::kFunction, name});
  add(out, Token::kLimit, {"\\lim", "\\int"});
  add(out, Token::kSum, {"\\sum", "\\prod"});
  add(out, Token::kSqrt, {"\\sqrt"});
  add(out, Token::kOperatorName, {"\\operatorname"});
  add(out, Token::kFrac, {"\\frac", "\\dfrac", "\\tfrac", "\\cfrac"});
  add(out, Token::kBinom, {"\\binom", "\\tbinom", "\\dbinom"});
  add(out, Token::kChoose, {"\\choose"});
  add(out, Token::kPhantom, {"\\phantom"});
  add(out, Token::kBoxed, {"\\boxed"});
  add(out, Token::kMatrixBegin, {"\\begin{matrix}", "\\begin{pmatrix}", "\\begin{bmatrix}", "\\begin{vmatrix}"});
  add(out, Token::kMatrixEnd, {"\\end{matrix}", "\\end{pmatrix}", "\\end{bmatrix}", "\\end{array}", "\\end{vmatrix}"});
  add(out, Token::kExpE, {"e", "\\exponentialE"});
  // Words of \operatorname: they are tokens wherever they stand, so "north" (n, orth) is no product of letters.
  add(out, Token::kWord,
      {"arsinh",      "arcsinh",    "arcosh",        "arccosh",   "artanh", "arctanh", "gcd",         "lcm",
       "floor",       "ceil",       "eye",           "zeros",     "ones",   "cols",    "rows",        "diag",
       "norm",        "rank",       "trace",         "tr",        "rref",   "hstack",  "vstack",      "orth",
       "ortho",       "orthogonal", "orthogonalize", "nullspace", "eig",    "eigen",   "diagonalize", "eigenvals",
       "eigenvalues", "eigenvects", "eigenvectors",  "svd",       "SVD",    "matrix",  "pmatrix",     "bmatrix",
       "vmatrix"});
}

void add_symbols(std::vector<Literal>& out) {
  const auto greek = [&](const char* text, const char* name) { out.push_back({to_utf32(text), Token::kGreek, name}); };
  struct Letter {
    const char *name, *sign;
  };
  constexpr Letter kLetters[] = {
      {"alpha", "α"},   {"beta", "β"},    {"delta", "δ"},  {"Delta", "Δ"},    {"epsilon", "ε"},  {"varepsilon", "ϵ"},
      {"zeta", "ζ"},    {"eta", "η"},     {"theta", "θ"},  {"Theta", "Θ"},    {"vartheta", "ϑ"}, {"iota", "ι"},
      {"kappa", "κ"},   {"lambda", "λ"},  {"Lambda", "Λ"}, {"mu", "μ"},       {"nu", "ν"},       {"xi", "ξ"},
      {"Xi", "Ξ"},      {"omicron", "ο"}, {"pi", "π"},     {"Pi", "Π"},       {"varpi", "ϖ"},    {"rho", "ρ"},
      {"varrho", "ϱ"},  {"sigma", "σ"},   {"Sigma", "Σ"},  {"varsigma", "ς"}, {"tau", "τ"},      {"upsilon", "υ"},
      {"Upsilon", "Υ"}, {"phi", "φ"},     {"Phi", "Φ"},    {"varphi", "ϕ"},   {"chi", "χ"},      {"psi", "ψ"},
      {"Psi", "Ψ"},     {"omega", "ω"},   {"Omega", "Ω"}};
  for (const Letter& letter : kLetters) {
    greek(("\\" + std::string(letter.name)).c_str(), letter.name);
    greek(letter.sign, letter.name);
  }
  // With a space behind they are letters only; without, they may be the gamma function.
  greek("γ", "gamma"), greek("Γ", "Gamma"), greek("\\gamma ", "gamma"), greek("\\Gamma ", "Gamma");
  for (const char* name : {"Bbbk",          "wp",      "nabla",          "bigstar",
                           "angle",         "nexists", "diagdown",       "measuredangle",
                           "eth",           "diagup",  "sphericalangle", "clubsuit",
                           "varnothing",    "Diamond", "complement",     "diamondsuit",
                           "imath",         "Finv",    "triangledown",   "heartsuit",
                           "jmath",         "Game",    "triangle",       "spadesuit",
                           "ell",           "hbar",    "vartriangle",    "hslash",
                           "blacklozenge",  "lozenge", "blacksquare",    "mho",
                           "blacktriangle", "sharp",   "prime",          "Im",
                           "flat",          "square",  "backprime",      "Re",
                           "natural",       "surd",    "circledS"})
    out.push_back({to_utf32("\\" + std::string(name)), Token::kOtherSymbol, name});
  add(out, Token::kOtherSymbol, {"ℵ", "ℶ", "ℷ", "ℸ"});
  add(out, Token::kInfinity, {"\\infty", "\\$\\infty", "\\infty\\%", "\\infty%"});
  const auto set = [&](const char* text, const char* name) { out.push_back({to_utf32(text), Token::kNamedSet, name}); };
  for (const char* name : {"N", "Z", "Q", "R", "C"}) set(("\\mathbb{" + std::string(name) + "}").c_str(), name);
  set("ℕ", "N"), set("ℤ", "Z"), set("ℚ", "Q"), set("ℝ", "R"), set("ℂ", "C");
  for (const char* text : {"\\emptyset", "∅", "\\{\\}", "\\lbrace\\rbrace"}) set(text, "");
  for (const char* text :
       {" ",   "\t",           "\r",        "\n",      "\\,",     "\\thinspace",    "\\:",           "\\medspace",
        "\\;", "\\thickspace", "\\quad",    "\\qquad", "\\!",     "\\negthinspace", "\\negmedspace", "\\negthickspace",
        "\\$", "\\vrule",      "\\vcenter", "\\vbox",  "\\vskip", "\\vspace",       "\\hfil"})
    out.push_back({to_utf32(text), Token::kUnsupported, {}, true});
}

// Literals by their first character, the longest first; of two of one length the one that the grammar lists first.
const std::map<char32_t, std::vector<Literal>>& literals() {
  static const auto table = [] {
    std::vector<Literal> all;
    add_operators(all);
    add_functions(all);
    add_relations(all);
    add_symbols(all);
    std::map<char32_t, std::vector<Literal>> out;
    for (Literal& literal : all) out[literal.text.front()].push_back(std::move(literal));
    for (auto& [first, list] : out)
      std::stable_sort(list.begin(), list.end(),
                       [](const Literal& a, const Literal& b) { return a.text.size() > b.text.size(); });
    return out;
  }();
  return table;
}

class Lexer {
 public:
  Lexer(View text, Budget& budget) : text_(text), budget_(budget) {}

  std::vector<LatexToken> all() {
    constexpr std::size_t kMostTokens = 1500;
    while (at_ < text_.size()) {
      next();
      if (out_.size() > kMostTokens) throw ParseFailed{};
    }
    out_.push_back({});
    return std::move(out_);
  }

 private:
  char32_t peek(std::size_t i) const { return i < text_.size() ? text_[i] : U'\0'; }

  void next() {
    budget_.spend(8);
    std::size_t best = 0;
    LatexToken token;
    const auto offer = [&](std::size_t size, Token kind, std::string value) {
      if (size > best) best = size, token = {kind, std::move(value)};
    };
    bool skipped = false;
    if (const auto found = literals().find(text_[at_]); found != literals().end()) {
      for (const Literal& literal : found->second) {
        if (text_.substr(at_, literal.text.size()) != literal.text) continue;
        offer(literal.text.size(), literal.token, literal.value);
        skipped = literal.skipped;
        break;
      }
    }
    const std::size_t literal_size = best;
    numbers(offer);
    differential(offer);
    accent(offer);
    array(offer);
    if (is_ascii_letter(text_[at_])) offer(1, Token::kLetter, std::string(1, static_cast<char>(text_[at_])));
    if (best == 0) throw ParseFailed{};
    at_ += best;
    if (!(skipped && best == literal_size)) out_.push_back(std::move(token));
  }

  std::size_t digits(std::size_t i) const {
    while (is_ascii_digit(peek(i))) ++i;
    return i;
  }
  template <class Offer>
  void numbers(const Offer& offer) const {
    std::size_t end = digits(at_);
    if (peek(end) == U'.' && is_ascii_digit(peek(end + 1))) end = digits(end + 1);
    if (end == at_) return;
    const std::string number = to_utf8(text_.substr(at_, end - at_));
    offer(end - at_, Token::kNumber, number);
    if (peek(end) == U'E') {
      std::size_t power = end + 1;
      const bool minus = peek(power) == U'-' || peek(power) == U'−';
      if (minus || peek(power) == U'+') ++power;
      if (const std::size_t power_end = digits(power); power_end > power)
        offer(power_end - at_, Token::kENotation,
              number + "E" + (minus ? "-" : "") + to_utf8(text_.substr(power, power_end - power)));
    }
    std::size_t sign = end;
    if (View(U" \t\r\n").find(peek(sign)) != View::npos && sign < text_.size()) ++sign;
    if (text_.substr(std::min(sign, text_.size()), 2) == U"\\%") offer(sign + 2 - at_, Token::kPercentNumber, number);
    if (peek(sign) == U'%') offer(sign + 1 - at_, Token::kPercentNumber, number);
  }

  template <class Offer>
  void differential(const Offer& offer) const {
    if (text_[at_] != U'd') return;
    std::size_t i = at_ + 1;
    while (i < text_.size() && View(U" \t\r\n").find(text_[i]) != View::npos) ++i;
    std::size_t end = i;
    if (is_ascii_letter(peek(i))) {
      end = i + 1;
    } else if (peek(i) == U'\\' && is_ascii_letter(peek(i + 1))) {
      end = ++i;
      while (is_ascii_letter(peek(end))) ++end;
    } else {
      return;
    }
    offer(end - at_, Token::kDifferential, to_utf8(text_.substr(i, end - i)));
  }

  template <class Offer>
  void accent(const Offer& offer) const {
    if (text_[at_] != U'\\') return;
    std::size_t end = at_ + 1;
    while (is_ascii_letter(peek(end))) ++end;
    static const std::vector<std::u32string> kAccents = [] {
      std::vector<std::u32string> out;
      for (const char* name :
           {"acute",     "bar",        "overline",   "breve",    "check",     "widecheck",    "dot",
            "ddot",      "grave",      "hat",        "tilde",    "widetilde", "vec",          "overrightarrow",
            "bm",        "boldsymbol", "text",       "textit",   "textbf",    "textnormal",   "mathbb",
            "mathbin",   "mathbf",     "mathcal",    "mathclap", "mathclose", "mathellipsis", "mathfrak",
            "mathinner", "mathit",     "mathnormal", "mathop",   "mathopen",  "mathord",      "mathpunct",
            "mathrel",   "mathring",   "mathrlap",   "mathrm",   "mathscr",   "mathsf",       "mathsterling",
            "mathtt",    "mbox"})
        out.push_back(to_utf32(name));
      return out;
    }();
    const View name = text_.substr(at_ + 1, end - at_ - 1);
    if (std::find(kAccents.begin(), kAccents.end(), name) == kAccents.end()) return;
    if (View(U" \t\r\n").find(peek(end)) != View::npos && end < text_.size()) ++end;
    if (peek(end) != U'{') return;
    const std::size_t close = text_.find(U'}', end);
    if (close == View::npos) return;
    offer(close + 1 - at_, Token::kAccent, to_utf8(text_.substr(at_, close + 1 - at_)));
  }

  template <class Offer>
  void array(const Offer& offer) const {
    constexpr View kBegin = U"\\begin{array}{";
    if (text_.substr(at_, kBegin.size()) != kBegin) return;
    std::size_t end = at_ + kBegin.size();
    while (peek(end) == U'c' || peek(end) == U'l' || peek(end) == U'r') ++end;
    if (peek(end) == U'}') offer(end + 1 - at_, Token::kMatrixBegin, "\\begin{array}");
  }

  View text_;
  Budget& budget_;
  std::size_t at_ = 0;
  std::vector<LatexToken> out_;
};

}  // namespace

std::vector<LatexToken> latex_tokens(View text, Budget& budget) {
  return Lexer(text, budget).all();
}

}  // namespace c2c::grading
