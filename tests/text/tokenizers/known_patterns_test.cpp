// The hand-written splitters against Oniguruma with the same regex.
#include "c2c/text/tokenizers/known_patterns.h"

#include <gtest/gtest.h>

#include <random>

#include "c2c/base/utf8.h"
#include "c2c/text/tokenizers/regex.h"

namespace c2c::tok {
namespace {

class KnownPatterns : public ::testing::TestWithParam<KnownPattern> {
 protected:
  // First match that differs, or an empty string.
  std::string difference(const std::string& text) const {
    std::vector<Match> expected;
    regex_.find_all(text, expected);
    std::size_t at = 0;
    for (const Match& match : expected) {
      const std::size_t end = at < text.size() ? match_end(GetParam(), text, at) : at;
      if (match.begin != at || match.end != end)
        return "at byte " + std::to_string(at) + " of '" + text.substr(at, 40) + "': Oniguruma ends at " +
               std::to_string(match.end) + ", ours at " + std::to_string(end);
      at = end;
    }
    return at == text.size() ? "" : "Oniguruma stops at byte " + std::to_string(at);
  }
  Regex regex_{"test", regex_of(GetParam())};
};

TEST_P(KnownPatterns, EveryCharacterInEveryContext) {
  std::string text;
  for (char32_t c = 1; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    if (c == 0x33500) c = 0xE0000;  // nothing is assigned in between; past the tags only private use
    if (c == 0xE0200) break;
    for (const char* context : {"a", " ", "1", "'", "\n", "."}) {
      text += context;
      append_utf8(text, c);
    }
  }
  EXPECT_EQ(difference(text), "");
}

TEST_P(KnownPatterns, RandomTexts) {
  const std::u32string alphabet =
      U"aZsStTrReEvVmMlLdD'''  "
      U"\t\n\r\r\n12\u0663.,-\u00a0\u2003\u3000\u0085\u200b\u0301\u017f\u4e2d\u0939\u093f\U0001F600_\ufe0f";
  std::mt19937 random(1);
  for (int round = 0; round < 4000; ++round) {
    std::string text;
    for (std::size_t length = random() % 40; length > 0; --length)
      append_utf8(text, alphabet[random() % alphabet.size()]);
    ASSERT_EQ(difference(text), "") << text;
  }
}

TEST_P(KnownPatterns, IsRecognised) {
  EXPECT_EQ(recognise_pattern(regex_of(GetParam())), GetParam());
  EXPECT_EQ(recognise_pattern(std::string(regex_of(GetParam())) + "?"), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(All, KnownPatterns,
                         ::testing::Values(KnownPattern::kGpt2, KnownPattern::kQwen2, KnownPattern::kLlama3));

}  // namespace
}  // namespace c2c::tok
