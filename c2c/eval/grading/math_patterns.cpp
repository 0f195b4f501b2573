#include "c2c/eval/grading/math_patterns.h"

#include <string>

namespace c2c::grading {
namespace {

constexpr const char* kAnswer = "(?i:answer)";
constexpr const char* kFinalAnswerIs = R"((?i:final answer is)\:?\s*)";
constexpr const char* kFinalAnswer = R"((?i:final answer.{0,100}?)\s+is\:?)";
constexpr const char* kHope = R"(\.?\s?I hope)";

// One LaTeX environment with an optional percent sign; `boxed`: one that holds \boxed{}.
std::string environment(const std::string& prefix, bool boxed) {
  const auto content = [boxed](const std::string& piece) {
    const std::string any = piece + "*?";
    const std::string some = piece + "+?";
    return boxed ? any + R"(\\boxed{)" + some + "}" + any : some;
  };
  const std::string display_dollar = content(R"((?:[^$]|\$(?!\$)))");
  const std::string display_bracket = content(R"((?:[^\\]|\\(?!\])))");
  const std::string inline_dollar = content(R"((?:\\[$]|[^\n$]))");
  const std::string inline_parenthesis = content(R"((?:[^\\\n]|\\(?!\))))");
  const std::string inline_bracket = content(R"([^\n\]\[])");
  const auto group = [&](const char* name, const std::string& inner) {
    return "(?P<" + prefix + name + ">" + inner + ")";
  };
  std::string out = R"((?:(?:(?<!\\)\$\$)" + group("latexDisplayDollar", display_dollar) + R"((?<!\\)\$\$)";
  out += R"(|(?<!\\)\\\[)" + group("latexDisplayBracket", display_bracket) + R"((?<!\\)\\\])";
  out += R"(|(?<!\\|\d)\$)" + group("latexInlineDollar", inline_dollar) + R"((?<!\\)\$)";
  out += R"(|(?<!\\)\\\()" + group("latexInlineParenthesis", inline_parenthesis) + R"((?<!\\)\\\))";
  out += R"(|\s\[)" + group("latexInlineBracket", inline_bracket) + R"(\]\s)";
  if (!boxed) {
    const std::string number = R"(-?\d+(?:[.,]\d+)?)";
    out += "|" + group("latexFraction", R"(-?\\frac{)" + number + "}{" + number + "}");
  }
  return out + R"()\s*)" + group("percent", R"((?:\\?%|[Pp]ercent|[Pp]ercentage|[Pp]ct))") + "?)";
}

// Up to six environments joined by "and", "or" or commas.
std::string environments(bool boxed) {
  std::string out = environment("first_", boxed);
  for (int i = 1; i <= 5; ++i)
    out += std::string(boxed ? R"(\s*)" : "") + R"((?:\s*(?:,?and|,?or|,)\s*)" +
           environment("next" + std::to_string(i) + "_", boxed) + ")?";
  return out;
}

}  // namespace

std::vector<RankedPattern> latex_patterns(bool anchored, int boxed_priority) {
  constexpr Pattern::Flags kDotAll{.dot_all = true};
  const std::string latex = "(?:" + environments(false) + ")";
  std::vector<RankedPattern> out;
  out.push_back({Pattern(kFinalAnswerIs + latex + kHope, kDotAll), 0});
  out.push_back({Pattern(std::string(kFinalAnswer) + R"(\s*)" + latex, kDotAll), 50});
  out.push_back({Pattern(std::string(kAnswer) + ":.{0,50}?" + latex, kDotAll), 100});
  out.push_back({Pattern(std::string(kAnswer) + ".{0,50}?" + latex, kDotAll), 200});
  if (!anchored) out.push_back({Pattern(latex, kDotAll), 300});
  out.push_back({Pattern(environments(true), kDotAll), boxed_priority});
  out.push_back({Pattern(R"((?P<first_latexBoxed>\\boxed{.+}))", kDotAll), boxed_priority});
  return out;
}

std::vector<RankedPattern> plain_patterns() {
  const std::string number =
      R"((?<!\d)(?:(?P<integer1>-?[1-9]\d{0,2}(?:[ ,]\d{3})+)(?P<decimal1>\.\d+)?|(?P<integer2>-?\d+)(?P<decimal2>[.,]\d+)|)"
      R"((?P<decimal3>\.\d+)|(?P<integer3>-?\d+))(?P<percent>\s*(?:%|[Pp]ercent|\s*[Pp]ercentage|\s*[Pp]ct))?)";
  const std::string operators = R"(\+\-\*\×\/\^\(\)\÷)";
  const std::string characters = R"([\d\.\s)" + operators + "]";
  const std::string expression =
      R"((?P<expr>-?\(?-?\d)" + characters + "*[" + operators + "]" + characters + R"(+\)?))";
  const std::string before = R"((?:^|\s|\=)(?:\*\*)?)";
  const std::string after = R"((?:\*\*)?(?:\.|,|:|\s|\)|\$|$))";
  const std::string anchored_expression = "(?:" + before + expression + after + ")";
  const std::string anchored_number = "(?:" + before + "[$€£¥₹₽₪₩₫฿₡₢₣₤₥₦₧₨₩₪₫₭₮₯₰₱₲₳₴₵₶₷₸₹₺₻₼₽₾₿]?" + number + ")";
  const std::string either = "(?:" + anchored_expression + "|" + anchored_number + ")";
  const std::string after_equals = R"((?:.{0,100}=\s*|.{0,50}?))" + either + R"((?!\s*=))";
  std::vector<RankedPattern> out;
  out.push_back({Pattern(kFinalAnswerIs + either + kHope), 0});
  out.push_back({Pattern(kFinalAnswer + either), 50});
  out.push_back({Pattern(std::string(kAnswer) + ":" + after_equals), 100});
  out.push_back({Pattern(kAnswer + after_equals), 200});
  out.push_back({Pattern(anchored_expression), 300});
  out.push_back({Pattern(anchored_number), 300});
  return out;
}

std::vector<RankedPattern> letter_patterns_of_math_verify() {
  const std::string key = "(?P<string_keys>A|B|C|D)";
  const std::string after = R"((?:\*\*)?(?:\.|,|:|\s|$))";
  const std::string letter = R"((^|\s)(?:\*\*)?)" + key + after;
  std::vector<RankedPattern> out;
  out.push_back({Pattern(kFinalAnswerIs + key + kHope), 0});
  out.push_back({Pattern(std::string(kFinalAnswer) + R"(\s*)" + key), 50});
  out.push_back({Pattern(std::string(kAnswer) + ":.{0,50}?" + letter), 100});
  out.push_back({Pattern(std::string(kAnswer) + ".{0,50}?" + letter), 200});
  out.push_back({Pattern(R"(^(?:\*\*)?)" + key + after), 250});
  out.push_back({Pattern(letter), 300});
  return out;
}

}  // namespace c2c::grading
