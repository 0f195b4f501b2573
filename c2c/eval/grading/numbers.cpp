#include "c2c/eval/grading/numbers.h"

#include <vector>

#include "c2c/base/utf8.h"
#include "c2c/eval/grading/characters.h"
#include "c2c/eval/grading/pattern.h"
#include "c2c/eval/grading/rational.h"

namespace c2c::grading {
namespace {

using View = std::u32string_view;

// With thousands separators or plain, or a decimal part alone.
const Pattern& number_pattern() {
  static const Pattern pattern(R"((?<!\d)(?<!\.)[-+]?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|[-+]?(?<!\d)\.\d+)");
  return pattern;
}

std::string without_commas(View text) {
  std::string out = to_utf8(text);
  std::erase(out, ',');
  return out;
}

std::optional<Rational> value_of(std::string_view text) {
  std::string number = plain_number(text);
  const bool percent = number.ends_with('%');
  if (percent) number.pop_back();
  const std::size_t slash = number.find('/');
  const auto top = Rational::from_decimal(number.substr(0, slash));
  if (!top) return std::nullopt;
  Rational out = *top;
  if (slash != std::string::npos) {
    const auto bottom = Rational::from_decimal(number.substr(slash + 1));
    if (!bottom || bottom->is_zero()) return std::nullopt;
    out = out / *bottom;
  }
  return percent ? out / Rational(100) : out;
}

}  // namespace

std::optional<std::string> gsm8k_truth(std::string_view answer, Mode mode) {
  const std::size_t mark = answer.rfind("####");
  if (mark == std::string_view::npos) return std::nullopt;
  const std::u32string all = to_utf32(answer.substr(mark + 4));
  const View rest = strip(all);
  Budget budget;
  Match match;
  try {
    if (mode == Mode::kFixed) {
      if (!number_pattern().search(rest, match, budget)) return to_utf8(rest);
      std::string out = without_commas(match.text(rest));
      if (out.starts_with('+')) out.erase(0, 1);
      return out;
    }
    static const Pattern pattern(R"([-+]?\d+(?:\.\d+)?)");
    if (!pattern.search(rest, match, budget)) return to_utf8(rest);
    return to_utf8(match.text(rest));
  } catch (const BudgetSpent&) {
    return std::nullopt;
  }
}

std::string plain_number(std::string_view text) {
  const std::u32string all = to_utf32(text);
  View rest = strip(all);
  const bool negative = rest.starts_with(U'-');
  if (negative) rest = strip(rest.substr(1));
  constexpr View kCurrencies = U"$€£¥₹";
  if (!rest.empty() && kCurrencies.find(rest.front()) != View::npos) rest = strip(rest.substr(1));
  static const Pattern pattern(R"(^\d{1,3}(?:,\d{3})+(?:\.\d+)?%?$|^\d*\.?\d+%?$|^\d+/\d+$)");
  Budget budget;
  Match match;
  try {
    if (rest.empty() || !pattern.search(rest, match, budget)) return std::string(text);
  } catch (const BudgetSpent&) {
    return std::string(text);
  }
  return (negative ? "-" : "") + without_commas(rest);
}

bool same_number(std::string_view a, std::string_view b) {
  try {
    const auto left = value_of(a);
    const auto right = value_of(b);
    return left && right && *left == *right;
  } catch (const TooLarge&) {
    return plain_number(a) == plain_number(b);
  }
}

std::optional<std::string> last_number(std::string_view text) {
  const std::u32string all = to_utf32(text);
  Budget budget;
  try {
    const std::vector<Match> found = number_pattern().find_all(all, budget);
    if (found.empty()) return std::nullopt;
    return without_commas(found.back().text(all));
  } catch (const BudgetSpent&) {
    return std::nullopt;
  }
}

}  // namespace c2c::grading
