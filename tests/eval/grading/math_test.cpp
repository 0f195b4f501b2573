#include "c2c/eval/grading/math.h"

#include <gtest/gtest.h>

#include <chrono>

namespace c2c::grading {
namespace {

bool gsm8k(std::string_view reply, std::string_view truth, Mode mode = Mode::kExact) {
  return grade_math(reply, truth, MathTruth::kNumber, mode).correct;
}
bool math500(std::string_view reply, std::string_view truth, Mode mode = Mode::kExact) {
  return grade_math(reply, truth, MathTruth::kLatex, mode).correct;
}

// The specification's table (evaluation.md, section 11).
TEST(Math, SpecificationTable) {
  EXPECT_TRUE(gsm8k("Answer: 18 dollars", "18"));
  EXPECT_TRUE(gsm8k("so\nAnswer: $18", "18"));
  EXPECT_TRUE(gsm8k("Answer: 18.00", "18"));
  EXPECT_TRUE(gsm8k("Answer: 1,080", "1080"));
  EXPECT_FALSE(gsm8k("Answer: 1,080", "1"));
  EXPECT_TRUE(gsm8k("x = 3 and \\boxed{42} then 7", "42"));
  EXPECT_TRUE(gsm8k("5 apples then 6 pears", "6"));
  EXPECT_TRUE(gsm8k("the answer is 7 or 8", "7"));
  EXPECT_TRUE(gsm8k("Answer: 50%", "50"));
  EXPECT_TRUE(gsm8k("Answer: 50%", "0.5"));
  EXPECT_TRUE(gsm8k("Answer: 2:30", "2"));
  EXPECT_FALSE(gsm8k("Answer: twelve", "12"));
  for (const char* half : {"1/2", "0.5", "\\frac{1}{2}"})
    EXPECT_TRUE(math500(std::string("Answer: ") + half, "\\frac{1}{2}")) << half;
  EXPECT_FALSE(math500("Answer: x^2+1", "x^2+1"));
  EXPECT_TRUE(math500("Answer: $x^2+1$", "1+x^2"));
  EXPECT_FALSE(math500("Answer: Evelyn", "\\text{Evelyn}"));
  EXPECT_TRUE(math500("Answer: $\\text{Evelyn}$", "\\text{Evelyn}"));
  EXPECT_FALSE(math500("Answer: 2\\sqrt{3}", "2\\sqrt{3}"));
  EXPECT_TRUE(math500("Answer: $2\\sqrt{3}$", "2\\sqrt{3}"));
  EXPECT_FALSE(math500("Answer: 1,2,3", "3,2,1"));
  EXPECT_TRUE(math500("Answer: $1,2,3$", "3,2,1"));
  EXPECT_TRUE(math500("Answer: 90", "90^\\circ"));
  EXPECT_TRUE(math500("Answer: 10 cm", "10\\text{ cm}"));
}

// One rule of the comparison each; the verdicts are math-verify's.
TEST(Math, RulesOfComparison) {
  struct Row {
    const char *truth, *answer;
    bool same;
  };
  const Row rows[] = {
      {"(1,2]", "[1,2]", false},
      {"[1,2)", "[1,2]", false},
      {"[1,2]\\cup[2,3]", "[1,3]", true},
      {"1<x<2", "(1,2)", true},
      {"(1,2)", "1,2", true},
      {"(1,2)", "2,1", false},
      {"(1,2,3)", "(3,2,1)", false},
      {"\\{1,2,3\\}", "\\{3,2,1\\}", true},
      {"1,1,2", "1,2,2", true},
      {"\\pm 2", "-2,2", true},
      {"5.0", "5.0000001", true},
      {"5", "5.0000001", false},
      {"\\frac13", "0.333333", true},
      {"\\frac13", "0.33333", false},
      {"\\sqrt{2}", "1.414214", true},
      {"\\sqrt{2}", "1.4142", false},
      {"10^{20}", "10^{20}+1", false},
      {"9", "9\\%", true},
      {"x>3", "3<x", true},
      {"x>3", "x\\ge 3", false},
      {"x=5", "5", true},
      {"5", "x=5", true},
      {"x=5", "y=5", false},
      {"2x+2y=4", "x+y=2", true},
      {"2x+2y=4", "x+y=3", false},
      {"x^2-1", "(x-1)(x+1)", true},
      {"x", "X", true},
      {"\\text{East}", "\\text{east}", true},
      {"\\begin{pmatrix}1&2\\end{pmatrix}", "\\begin{bmatrix}1&2.0\\end{bmatrix}", true},
      {"\\begin{pmatrix}1&2\\end{pmatrix}", "\\begin{pmatrix}1\\\\2\\end{pmatrix}", false},
      {"\\infty", "-\\infty", false},
      {"1/0", "1/0", false},
  };
  for (const Row& row : rows)
    EXPECT_EQ(math500(std::string("Answer: $") + row.answer + "$", row.truth), row.same)
        << row.truth << " and " << row.answer;
}

TEST(Math, Verdict) {
  const MathVerdict none = grade_math("no idea", "3", MathTruth::kNumber);
  EXPECT_FALSE(none.extracted);
  EXPECT_EQ(none.answer, "No extracted answer");
  const MathVerdict some = grade_math("Therefore \\boxed{\\frac{6}{8}}.", "\\frac{3}{4}", MathTruth::kLatex);
  EXPECT_TRUE(some.correct);
  EXPECT_EQ(some.answer, "\\frac{6}{8}");
}

TEST(Math, LettersAsMathVerifyFindsThem) {
  const auto letter = [](std::string_view reply) { return grade_math(reply, "C", MathTruth::kLetter); };
  EXPECT_TRUE(letter("A or B? The final answer is C").correct);
  EXPECT_TRUE(letter("**C**").correct);
  EXPECT_FALSE(letter("Answer: B. Not C").correct);
  EXPECT_FALSE(letter("none").extracted);
}

// Each difference that docs/grading.md lists.
TEST(Math, FixedReadsTheWholeAnswer) {
  EXPECT_TRUE(math500("Answer: x^2+1", "x^2+1", Mode::kFixed));
  EXPECT_TRUE(math500("Answer: 2\\sqrt{3}", "2\\sqrt{3}", Mode::kFixed));
  EXPECT_TRUE(math500("Answer: 2\\sqrt{3}", "2"));
  EXPECT_FALSE(math500("Answer: 2\\sqrt{3}", "2", Mode::kFixed));
  EXPECT_TRUE(math500("**Answer:** \\frac12", "\\frac{1}{2}", Mode::kFixed));
  EXPECT_TRUE(math500("Answer: 1,2,3", "3,2,1", Mode::kFixed));
  EXPECT_TRUE(math500("Answer: - 3", "-3", Mode::kFixed));
  EXPECT_TRUE(math500("Answer: 50\\%", "1/2", Mode::kFixed));
  EXPECT_TRUE(math500("Answer: Evelyn", "\\text{Evelyn}", Mode::kFixed));
  EXPECT_TRUE(math500("Answer: [1,2)", "[1,2)", Mode::kFixed));
  EXPECT_TRUE(gsm8k("Answer: 1080", "1,080", Mode::kFixed));
  EXPECT_TRUE(gsm8k("Answer: 70000", "$70,000", Mode::kFixed));
}
TEST(Math, FixedKeepsWhatTheReferenceFinds) {
  EXPECT_TRUE(gsm8k("Answer: 18 dollars", "18", Mode::kFixed));
  EXPECT_TRUE(gsm8k("Answer: 50%", "50", Mode::kFixed));
  EXPECT_TRUE(math500("Answer: 10 cm", "10\\text{ cm}", Mode::kFixed));
  EXPECT_TRUE(math500("Therefore \\boxed{5}.", "5", Mode::kFixed));
  EXPECT_TRUE(math500("Answer: 310 374", "310,374", Mode::kFixed));
  EXPECT_FALSE(math500("Answer: 2 3", "5", Mode::kFixed));
  EXPECT_TRUE(math500("Answer: 18^\\circ C", "18^\\circ", Mode::kFixed));
  EXPECT_FALSE(math500("Answer: 6", "5", Mode::kFixed));
  EXPECT_FALSE(math500("Answer: \\frac{1}{3}", "\\frac{1}{2}", Mode::kFixed));
}

TEST(Math, SameMath) {
  EXPECT_TRUE(same_math("\\frac{1}{2}", "0.5"));
  EXPECT_TRUE(same_math("$x+1$", "1+x"));
  EXPECT_TRUE(same_math("[1,2]\\cup[2,3]", "[1,3]"));
  EXPECT_TRUE(same_math("10^{400}", "10^{200}\\cdot 10^{200}"));
  EXPECT_FALSE(same_math("10^{400}", "10^{400}+1"));
  EXPECT_FALSE(same_math("(1,2)", "[1,2]"));
  EXPECT_FALSE(same_math("", ""));
  EXPECT_TRUE(same_math("\\int x", "\\int x"));  // not computed: equal as text
}

TEST(Math, Names) {
  EXPECT_EQ(math_truth("gsm8k"), MathTruth::kNumber);
  EXPECT_EQ(math_truth("math-500"), MathTruth::kLatex);
  EXPECT_EQ(math_truth("aime2025"), MathTruth::kNumber);
  EXPECT_EQ(math_truth("amc23"), MathTruth::kLatex);
  EXPECT_EQ(math_truth("gpqa_diamond"), MathTruth::kLetter);
  EXPECT_FALSE(math_truth("mmlu").has_value());
}

std::string repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

TEST(Math, HostileRepliesEnd) {
  const std::string replies[] = {
      "$" + repeated("{", 5000) + "1" + repeated("}", 5000) + "$",
      "$" + repeated("(1,", 100) + "1" + repeated(")", 100) + "$",
      "$" + repeated("x_{", 110) + "1" + repeated("}", 110) + "$",
      "$9^{9^{9^{9^{9}}}}$",
      "$99999999999!$",
      "$1000!!!$",
      "$" + repeated("9", 3900) + "$",
      "$\\sum_{i=1}^{2000} \\sum_{j=1}^{2000} \\sum_{k=1}^{2000} ijk$",
      repeated("$x", 20000),
      repeated("answer ", 30000),
      repeated("\\boxed{", 20000),
      repeated("$\\boxed{1}$, ", 3000),
      repeated("1+", 100000),
      repeated(" [", 30000),
      repeated(" ", 300000) + "x",
      "$1E999999999$",
      "$0^{-1}$",
      std::string("\xff\xfe$\\frac\x80$\0$", 12),
  };
  for (const std::string& reply : replies) {
    const auto begin = std::chrono::steady_clock::now();
    for (const Mode mode : {Mode::kExact, Mode::kFixed}) {
      EXPECT_NO_THROW(grade_math("Answer: " + reply, "5", MathTruth::kLatex, mode));
      EXPECT_NO_THROW(grade_math(reply, reply, MathTruth::kLatex, mode));
      EXPECT_NO_THROW(grade_math(reply, reply, MathTruth::kNumber, mode));
    }
    // Generous: sanitizers and busy machines; the reference's own limit is five seconds for each of two stages.
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60)) << reply.substr(0, 60);
  }
  EXPECT_TRUE(grade_math(repeated("answer ", 300000), "5", MathTruth::kLatex).gave_up);
}

}  // namespace
}  // namespace c2c::grading
