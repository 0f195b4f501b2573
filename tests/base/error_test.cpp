#include "c2c/base/error.h"

#include <gtest/gtest.h>

namespace c2c {
namespace {

TEST(Error, MessageHoldsEveryPart) {
  const Error error(ErrorKind::kUsage,
                    {.where = "run.yaml", .key = "sharer", .found = "3", .expected = "a path", .hint = "name it"});
  EXPECT_STREQ(error.what(), "run.yaml: sharer; found 3; expected a path; hint: name it");
  EXPECT_EQ(error.exit_code(), 2);
  EXPECT_EQ(Error(ErrorKind::kInput, {.where = "x"}).exit_code(), 1);
}

}  // namespace
}  // namespace c2c
