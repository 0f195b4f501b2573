#include "c2c/eval/grading/latex_symbols.h"

#include <algorithm>

#include "c2c/base/utf8.h"
#include "c2c/eval/grading/characters.h"

namespace c2c::grading {

std::string accent_name(std::string_view command) {
  const std::size_t open = command.find('{');
  std::string name(command.substr(1, open - 1));
  while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.pop_back();
  std::string text(command.substr(open + 1, command.size() - open - 2));
  std::erase(text, ' ');
  if (name == "overline") name = "bar";
  if (name == "overrightarrow") name = "vec";
  if (name == "widetilde") name = "tilde";
  if (name.find("text") != std::string::npos || name.find("mbox") != std::string::npos) {
    std::erase(text, '(');
    std::erase(text, ')');
    return text;
  }
  if (name.find("math") != std::string::npos) name = "math";
  return name + "{" + text + "}";
}

Expr symbol_of(std::string_view name, bool real) {
  if (name == "gamma" || name == "Gamma") return make_expr(Kind::kFunction, {}, "EulerGamma");
  std::string small = to_utf8(lower(strip(to_utf32(name))));
  if (small.starts_with('\\')) small.erase(0, 1);
  if (small == "pi") return make_expr(Kind::kPi);
  return symbol_expr(std::move(small), real);
}

bool only_symbols(const Expr& expr) {
  if (expr->is(Kind::kSymbol)) return true;
  if (expr->is(Kind::kPow) && expr->args[1]->is_exact_number() && expr->args[1]->number == Rational(-1))
    return only_symbols(expr->args[0]);
  if (expr->args.empty()) return false;
  return std::all_of(expr->args.begin(), expr->args.end(), only_symbols);
}

}  // namespace c2c::grading
