#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "c2c/base/error.h"
#include "c2c/tensor/nn/embedding.h"
#include "c2c/tensor/nn/linear.h"
#include "c2c/tensor/nn/rms_norm.h"

namespace c2c {
namespace {

std::vector<std::string> names_of(auto& layer) {
  std::vector<std::string> names;
  layer.visit("a.", [&](const ParameterRef& ref) { names.push_back(ref.name); });
  return names;
}

TEST(Linear, MultipliesByTheTransposedWeightAndAddsTheBias) {
  const at::Tensor w = at::randn({5, 3}), b = at::randn({5}), x = at::randn({2, 4, 3});
  Linear with(w, b), without(w);
  EXPECT_TRUE(at::allclose(with(x), at::matmul(x, w.t()) + b, 1e-5, 1e-6));
  EXPECT_TRUE(at::allclose(without(x), at::matmul(x, w.t()), 1e-5, 1e-6));
  EXPECT_EQ(with.in_features(), 3);
  EXPECT_EQ(with.out_features(), 5);
  EXPECT_EQ(with.bytes(), 4 * (15 + 5));
  EXPECT_EQ(names_of(with), (std::vector<std::string>{"a.weight", "a.bias"}));
  EXPECT_EQ(names_of(without), (std::vector<std::string>{"a.weight"}));
  EXPECT_TRUE(Linear::empty(3, 5, true, at::TensorOptions(at::kMeta)).weight().is_meta());
  EXPECT_THROW(Linear(w, at::randn({4})), Error);
}

TEST(RmsNorm, RoundsAsTheFamiliesDo) {
  const at::Tensor x = at::randn({2, 3, 8}).to(at::kBFloat16), w = at::randn({8}).to(at::kBFloat16);
  const at::Tensor wide = x.to(at::kFloat);
  const at::Tensor unit = wide * at::rsqrt(wide.pow(2).mean(-1, true) + 1e-6);
  EXPECT_TRUE(at::equal(RmsNorm(w, 1e-6)(x), w * unit.to(at::kBFloat16)));
  EXPECT_TRUE(at::equal(RmsNorm(w, 1e-6, true)(x), (unit * (1.0 + w.to(at::kFloat))).to(at::kBFloat16)));
}

TEST(Embedding, LooksUpRows) {
  const at::Tensor table = at::randn({6, 4}), ids = at::tensor({5, 0, 2, 2}, at::kLong).view({2, 2});
  EXPECT_TRUE(at::equal(Embedding(table)(ids), table.index({ids})));
}

}  // namespace
}  // namespace c2c
