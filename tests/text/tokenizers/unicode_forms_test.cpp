#include "c2c/text/tokenizers/unicode_forms.h"

#include <gtest/gtest.h>
#include <utf8proc.h>

#include <cstdlib>
#include <random>

#include "c2c/base/utf8.h"

namespace c2c::tok {
namespace {

std::string by_utf8proc(UnicodeForm form, const std::string& text) {
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.c_str());
  using Normalize = utf8proc_uint8_t* (*)(const utf8proc_uint8_t*);
  const Normalize functions[] = {utf8proc_NFC, utf8proc_NFD, utf8proc_NFKC, utf8proc_NFKD};
  utf8proc_uint8_t* out = functions[static_cast<int>(form)](bytes);
  std::string result(reinterpret_cast<char*>(out));
  std::free(out);
  return result;
}

std::string by_us(UnicodeForm form, const std::string& text) {
  AlignedText aligned(text, 0);
  to_form(form, aligned);
  EXPECT_EQ(aligned.chars().size(), aligned.spans().size());
  return aligned.utf8();
}

class UnicodeForms : public ::testing::TestWithParam<UnicodeForm> {};

TEST_P(UnicodeForms, EveryCharacterAndItsNeighbours) {
  for (char32_t c = 1; c < 0x30000; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    if (is_newer_than_unicode9(c)) continue;  // utf8proc goes on to Unicode 15
    std::string text = "a";
    append_utf8(text, c);
    text += "\u0301b\u0323";
    append_utf8(text, c);
    ASSERT_EQ(by_us(GetParam(), text), by_utf8proc(GetParam(), text)) << "U+" << std::hex << static_cast<unsigned>(c);
  }
}

TEST_P(UnicodeForms, RandomTextsAndWhatIsInFormAlready) {
  const std::u32string alphabet =
      U"abAe "
      U"\u00e9\u00c5\u212b\u1ebf\u0300\u0301\u0323\u0327\u0345\u05b0\u0591\u1100\u1161\u11a8\uac00\uac01\ufb01\u00bd"
      U"\u2126\u0e33\u0f71\u0f72\u0f73"
      U"\u0958\u093c\u0915\u3099\u304b\ufdfa\U0001D15E\U0002F800\u4e2d";
  std::mt19937 random(2);
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (std::size_t length = random() % 12; length > 0; --length)
      append_utf8(text, alphabet[random() % alphabet.size()]);
    const std::string expected = by_utf8proc(GetParam(), text);
    ASSERT_EQ(by_us(GetParam(), text), expected) << text;
    if (is_in_form(GetParam(), text)) {
      ASSERT_EQ(text, expected);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, UnicodeForms,
                         ::testing::Values(UnicodeForm::kNfc, UnicodeForm::kNfd, UnicodeForm::kNfkc,
                                           UnicodeForm::kNfkd));

TEST(UnicodeForms, MarksNewerThanUnicode9StayWhereTheyStand) {
  // U+07FD (Unicode 11) has combining class 220, which would put it before the acute.
  EXPECT_EQ(by_us(UnicodeForm::kNfc, "x\u0301\u07fd"), "x\u0301\u07fd");
  EXPECT_EQ(by_us(UnicodeForm::kNfc, "x\u0301\u0323"), "x\u0323\u0301");
}

TEST(UnicodeForms, TextThatNfcKeepsIsSeenToBeKept) {
  EXPECT_TRUE(is_in_form(UnicodeForm::kNfc, "plain"));
  EXPECT_TRUE(is_in_form(UnicodeForm::kNfc, "caf\u00e9 \u4e2d\u6587 \uac00 \U0001F600"));
  EXPECT_FALSE(is_in_form(UnicodeForm::kNfc, "cafe\u0301"));
  EXPECT_FALSE(is_in_form(UnicodeForm::kNfd, "caf\u00e9"));
}

}  // namespace
}  // namespace c2c::tok
