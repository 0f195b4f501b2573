#include "c2c/eval/tasks/read_gpqa.h"

#include <gtest/gtest.h>

#include "c2c/eval/tasks/md5.h"

namespace c2c {
namespace {

std::string hex(const std::string& text) {
  std::string out;
  for (const std::uint8_t byte : md5_of(text)) {
    constexpr const char* kDigits = "0123456789abcdef";
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

// RFC 1321, A.5; and lengths around a block, from CPython's hashlib.
TEST(Md5, KnownDigests) {
  EXPECT_EQ(hex(""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(hex("abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(hex("12345678901234567890123456789012345678901234567890123456789012345678901234567890"),
            "57edf4a22be3c955ac49da2e2107b67a");
  EXPECT_EQ(hex(std::string(55, 'a')), "ef1772b6dff9a122358552954ad0df65");
  EXPECT_EQ(hex(std::string(56, 'a')), "3b0c8ac703f828b04c6c197006d17218");
  EXPECT_EQ(hex(std::string(64, 'a')), "014842d480b571495a4a0363793f7367");
}

// spec/evaluation.md 6
TEST(Gpqa, OrdersOfTheSpecification) {
  using Order = std::array<int, 4>;
  EXPECT_EQ(gpqa_order(0), (Order{2, 0, 1, 3}));
  EXPECT_EQ(gpqa_order(1), (Order{3, 0, 2, 1}));
  EXPECT_EQ(gpqa_order(42), (Order{2, 1, 3, 0}));
  EXPECT_EQ(gpqa_order(4294967295U), (Order{2, 3, 0, 1}));
  EXPECT_EQ(gpqa_seed({"What is 2+2?", "4", "3", "5", "6"}), 42601642U);
  EXPECT_EQ(gpqa_order(42601642U), (Order{0, 2, 1, 3}));
  EXPECT_EQ(gpqa_seed({"Q", "a", "b", "c", "d"}), 175494254U);
  EXPECT_EQ(gpqa_order(175494254U), (Order{1, 2, 0, 3}));
}

}  // namespace
}  // namespace c2c
