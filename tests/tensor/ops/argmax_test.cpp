#include "c2c/tensor/ops/argmax.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>

namespace c2c {
namespace {

void expect_libtorchs(const at::Tensor& logits, const char* what) {
  const at::Tensor found = ops::argmax(logits), want = at::argmax(logits, -1);
  ASSERT_TRUE(found.equal(want)) << what << " " << logits.sizes() << ": " << found << " instead of " << want;
}

TEST(Argmax, ChoosesAsLibTorchDoesAtEverySize) {
  at::manual_seed(3);
  for (std::int64_t size = 1; size <= 100; ++size) {
    expect_libtorchs(at::randn({5, size}), "random");
    expect_libtorchs(at::randint(3, {5, size}).to(at::kFloat), "equal ones");
    expect_libtorchs(at::randn({size}), "one row");
  }
  expect_libtorchs(at::randn({3, 49152}), "a vocabulary");
  expect_libtorchs(at::randn({2, 64}).to(at::kBFloat16), "bfloat16");
  expect_libtorchs(at::randn({64, 3}).t(), "columns");
}

TEST(Argmax, ChoosesAsLibTorchDoesAmongInfinitiesAndNaNs) {
  const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  expect_libtorchs(at::full({2, 70}, -infinity), "nothing is possible");
  for (const std::int64_t place : {0, 5, 31, 32, 69}) {
    at::Tensor logits = at::randn({2, 70});
    logits.index_put_({at::tensor(1), at::tensor(place)}, at::tensor(infinity));
    expect_libtorchs(logits, "infinity");
    logits.index_put_({at::tensor(1), at::tensor(place)}, at::tensor(nan));
    expect_libtorchs(logits, "NaN");
  }
}

}  // namespace
}  // namespace c2c
