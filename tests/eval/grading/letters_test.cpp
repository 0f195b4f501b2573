#include "c2c/eval/grading/letters.h"

#include <gtest/gtest.h>

#include "c2c/base/error.h"

namespace c2c::grading {
namespace {

std::string fixed(std::string_view text, int options = 4) {
  const auto letter = extract_letter(text, Mode::kFixed, options);
  return letter ? std::string(1, *letter) : "-";
}
std::string exact(std::string_view text) {
  const auto letter = extract_letter(text, Mode::kExact);
  return letter ? std::string(1, *letter) : "-";
}

// The specification's table (evaluation.md, section 10).
TEST(Letters, ExactTable) {
  EXPECT_EQ(exact("B"), "B");
  EXPECT_EQ(exact("The correct answer is **C**"), "C");
  EXPECT_EQ(exact("The correct answer is\nB"), "B");
  EXPECT_EQ(exact("correct answer is: Apple"), "A");
  EXPECT_EQ(exact("The correct answer is A/B/C/D"), "A");
  EXPECT_EQ(exact("Answer: none\nThe correct answer is D"), "D");
  EXPECT_EQ(exact("The correct answer is E. Dogs"), "D");
  EXPECT_EQ(exact("The correct answer is E"), "-");
  EXPECT_EQ(exact("Answer: b"), "B");
  EXPECT_EQ(exact("answer is c"), "C");
  EXPECT_EQ(exact("(B) because"), "B");
  EXPECT_EQ(exact("I think it is a dog"), "A");
  EXPECT_EQ(exact("I would choose between A and C"), "C");
  EXPECT_EQ(exact("self-evident: B"), "-");
  EXPECT_EQ(exact("x - y so B"), "-");
  EXPECT_EQ(exact("<think>\n\n</think>\n\nC"), "-");
  EXPECT_EQ(exact("NASA"), "A");
  EXPECT_EQ(exact("答案是A"), "A");
  EXPECT_EQ(exact(""), "-");
}

// Each difference that docs/grading.md lists.
TEST(Letters, FixedFindsLettersPastD) {
  EXPECT_EQ(fixed("The correct answer is E", 10), "E");
  EXPECT_EQ(fixed("The correct answer is E. Dogs", 10), "E");
  EXPECT_EQ(fixed("Answer: J", 10), "J");
  EXPECT_EQ(fixed("h", 10), "H");
  EXPECT_EQ(fixed("The correct answer is E", 4), "-");
  EXPECT_EQ(fixed("Answer: D", 2), "-");
}
TEST(Letters, FixedNeedsALetterOfItsOwn) {
  EXPECT_EQ(fixed("correct answer is: Apple"), "-");
  EXPECT_EQ(fixed("NASA"), "-");
  EXPECT_EQ(fixed("I think it is a dog"), "-");
  EXPECT_EQ(fixed("A dog. The answer is a dog."), "-");
  EXPECT_EQ(fixed("I think so", 10), "-");
  EXPECT_EQ(fixed("I'm sure it is B", 10), "B");
  EXPECT_EQ(fixed("Answer: I", 10), "I");
  EXPECT_EQ(fixed("Answer: A because it is"), "A");
}
TEST(Letters, FixedTakesTheLastWord) {
  EXPECT_EQ(fixed("Correct answer: A\nWait. Correct answer: D"), "D");
  EXPECT_EQ(fixed("Option A is correct. Option B is wrong."), "A");
  EXPECT_EQ(fixed("B is the right one, not C"), "B");
  EXPECT_EQ(fixed("The answer is not A but C"), "C");
  EXPECT_EQ(fixed("so \\boxed{C}. A and B are out"), "C");
  EXPECT_EQ(fixed("Choice: b"), "B");
}
TEST(Letters, FixedRefusesTheListOfThePrompt) {
  EXPECT_EQ(fixed("The correct answer is A/B/C/D"), "-");
  EXPECT_EQ(fixed("The correct answer is A or B"), "-");
  EXPECT_EQ(fixed("It is either B or C"), "-");
}
TEST(Letters, FixedReadsHyphensAndThoughts) {
  EXPECT_EQ(fixed("self-evident: B"), "B");
  EXPECT_EQ(fixed("x - y so B"), "B");
  EXPECT_EQ(fixed("B - Paris"), "B");
  EXPECT_EQ(fixed("business: B"), "B");
  EXPECT_EQ(fixed("x - B"), "-");
  EXPECT_EQ(fixed("Let x = B + 2, then x^2 = 4"), "-");
  EXPECT_EQ(fixed("<think>\n\n</think>\n\nC"), "C");
  EXPECT_EQ(fixed("<think>The answer is A? no</think>D"), "D");
}
TEST(Letters, FixedReadsOtherScripts) {
  EXPECT_EQ(fixed("答案是A"), "A");
  EXPECT_EQ(fixed("正确答案为：C。"), "C");
  EXPECT_EQ(fixed("Jibu sahihi ni B"), "B");
  EXPECT_EQ(fixed("La respuesta correcta es D, no A"), "D");
}
TEST(Letters, FixedReadsPlainForms) {
  EXPECT_EQ(fixed("(B) because"), "B");
  EXPECT_EQ(fixed("C. Paris is the capital of A country"), "C");
  EXPECT_EQ(fixed("**Answer:** (d)"), "D");
  EXPECT_EQ(fixed("A. one\nB. two\nAnswer: B"), "B");
  EXPECT_EQ(fixed("The answer is: **B) Mitochondria**"), "B");
}

TEST(Letters, OptionsMustBeALetterCount) {
  EXPECT_THROW(extract_letter("A", Mode::kFixed, 0), Error);
  EXPECT_THROW(extract_letter("A", Mode::kFixed, 27), Error);
}

TEST(Letters, HostileTextEnds) {
  EXPECT_NO_THROW(extract_letter(std::string(1'000'000, ' ') + "x" + std::string(1'000'000, ' ') + "y", Mode::kExact));
  EXPECT_NO_THROW(extract_letter("A" + std::string(200'000, ' ') + "B", Mode::kFixed));
  std::string cues;
  for (int i = 0; i < 50'000; ++i) cues += "answer ";
  EXPECT_NO_THROW(extract_letter(cues, Mode::kFixed));
  EXPECT_NO_THROW(extract_letter("\xff\xfe\x80 B", Mode::kExact));
}

TEST(Letters, ParseAnswerDigits) {
  EXPECT_EQ(parse_answer_digits("[3, 0, 3]"), (std::vector<char>{'A', 'D'}));
  EXPECT_TRUE(parse_answer_digits("A,B 4").empty());
}

}  // namespace
}  // namespace c2c::grading
