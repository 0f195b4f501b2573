#include "c2c/eval/grading/pattern.h"

#include <gtest/gtest.h>

#include "c2c/base/utf8.h"

namespace c2c::grading {
namespace {

std::string first(const char* pattern, std::string_view text, std::size_t group = 0, Pattern::Flags flags = {}) {
  Budget budget;
  Match match;
  const std::u32string subject = to_utf32(text);
  if (!Pattern(pattern, flags).search(subject, match, budget)) return "no match";
  return to_utf8(match.text(subject, group));
}

// Expected values from CPython's re.
TEST(Pattern, MeansWhatPythonMeans) {
  EXPECT_EQ(first("a.*?b|a", "xacb"), "acb");
  EXPECT_EQ(first("(a|ab)(c|bcd)(d*)", "abcd", 2), "bcd");
  EXPECT_EQ(first(R"((?<!\\)\$(.+?)\$)", R"(\$5 and $x$ end)", 1), "x");
  EXPECT_EQ(first(R"((?<!\\|\d)\$)", "5$"), "no match");
  EXPECT_EQ(first("x{2,3}?y", "xxxxy"), "xxxy");
  EXPECT_EQ(first("(?i:answer)B", "AnsWerB"), "AnsWerB");
  EXPECT_EQ(first("(?i:answer)B", "answerb"), "no match");
  EXPECT_EQ(first("answer", "ANſWER", 0, {.ignore_case = true}), "ANſWER");
  EXPECT_EQ(first("a.c", "a\nc"), "no match");
  EXPECT_EQ(first("a.c", "a\nc", 0, {.dot_all = true}), "a\nc");
  EXPECT_EQ(first("b$", "ab\n"), "b");
  EXPECT_EQ(first("[^$\\n]+", "$$ab\n"), "ab");
  EXPECT_EQ(first(R"(\d+(?!\s*=))", "12 = 5"), "1");
  EXPECT_EQ(first(R"(\bis\b)", "this is"), "is");
  EXPECT_EQ(first("(?P<n>a)?b", "b", 1), "");
}

TEST(Pattern, FindsAllAndReplaces) {
  Budget budget;
  const Pattern digits(R"((\d)(\d)?)");
  EXPECT_EQ(digits.find_all(U"12 3", budget).size(), 2u);
  EXPECT_EQ(to_utf8(digits.replace(U"12 3", UR"(<\1>\\)", budget)), R"(<1>\ <3>\)");
  EXPECT_EQ(Pattern("x*").find_all(U"axb", budget).size(), 4u);  // Python 3.7+: "", "x", "", ""
}

TEST(Pattern, HostileTextSpendsItsBudget) {
  Budget budget{.steps = 100'000};
  Match match;
  EXPECT_THROW(Pattern("(?:a|aa)+b").search(std::u32string(200, U'a'), match, budget), BudgetSpent);
}

}  // namespace
}  // namespace c2c::grading
