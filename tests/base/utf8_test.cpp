#include "c2c/base/utf8.h"

#include <gtest/gtest.h>

namespace c2c {
namespace {

TEST(Utf8, RoundTripsEveryPlane) {
  const std::u32string text = {U'a', 0x7F, 0x80, 0x7FF, 0x800, 0xFFFF, 0x10000, 0x10FFFF};
  EXPECT_EQ(to_utf32(to_utf8(text)), text);
  EXPECT_TRUE(is_valid_utf8(to_utf8(text)));
}

TEST(Utf8, RejectsWhatUnicodeForbids) {
  for (const char* bad : {"\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80", "\xFF", "a\xE2\x82"})
    EXPECT_FALSE(is_valid_utf8(bad)) << bad;
}

TEST(Utf8, ReplacesMaximalSubparts) {
  // The example of Unicode 3.9, table 3-8: E1 80 | E2 | F0 91 92 | F1 BF 41
  EXPECT_EQ(sanitize_utf8("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"),
            "\uFFFD\uFFFD\uFFFD\uFFFD"
            "A");
}

TEST(Utf8, IncompleteSuffix) {
  EXPECT_EQ(incomplete_suffix("abc"), 0u);
  EXPECT_EQ(incomplete_suffix("a\xE2\x82"), 2u);
  EXPECT_EQ(incomplete_suffix("a\xF0\x9F\x98"), 3u);
  EXPECT_EQ(incomplete_suffix("\xF0\x9F\x98\x80"), 0u);
  EXPECT_EQ(incomplete_suffix("\x80"), 0u);
}

}  // namespace
}  // namespace c2c
