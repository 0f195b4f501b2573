#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "c2c/base/error.h"
#include "c2c/tensor/nn/embedding.h"
#include "c2c/tensor/nn/linear.h"
#include "c2c/tensor/nn/lora.h"
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

LoraBranch random_branch(std::int64_t in, std::int64_t out) {
  return {.a = at::randn({2, in}), .b = at::randn({out, 2}), .scale = 0.75};
}

TEST(Linear, AddsItsLoraBranchInFloat32) {
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    const at::Tensor w = at::randn({5, 3}).to(dtype), b = at::randn({5}).to(dtype), x = at::randn({2, 4, 3}).to(dtype);
    Linear layer(w, b);
    const at::Tensor before = layer(x);
    const auto branch = std::make_shared<LoraBranch>(random_branch(3, 5));
    layer.set_lora(branch);
    const at::Tensor low = at::linear(at::linear(x.to(at::kFloat), branch->a), branch->b);
    EXPECT_TRUE(at::equal(layer(x), (before + low * 0.75).to(dtype)));
    EXPECT_EQ(layer(x).scalar_type(), dtype);
    EXPECT_EQ(names_of(layer), (std::vector<std::string>{"a.weight", "a.bias"}));
    std::vector<std::string> names;
    layer.visit_lora("a.", [&](const ParameterRef& ref) { names.push_back(ref.name); });
    EXPECT_EQ(names, (std::vector<std::string>{"a.lora_A.weight", "a.lora_B.weight"}));
    const at::Tensor merged = (w + 0.75 * at::matmul(branch->b, branch->a)).to(dtype);
    layer.merge_lora();
    EXPECT_EQ(layer.lora(), nullptr);
    EXPECT_TRUE(at::equal(layer.weight(), merged));
    layer.merge_lora();
    EXPECT_TRUE(at::equal(layer.weight(), merged));
  }
  EXPECT_THROW(Linear(at::randn({5, 3})).set_lora(std::make_shared<LoraBranch>(random_branch(5, 3))), Error);
}

TEST(Lora, GradientsReachTheInputAndBothMatricesButNotTheLayer) {
  const at::Tensor w = at::randn({5, 3});
  at::Tensor x = at::randn({4, 3}).set_requires_grad(true);
  Linear layer(w);
  const auto branch = std::make_shared<LoraBranch>(random_branch(3, 5));
  branch->a.set_requires_grad(true);
  branch->b.set_requires_grad(true);
  layer.set_lora(branch);
  layer(x).sum().backward();
  const at::Tensor ones = at::ones({4, 5}), input = x.detach();
  const at::Tensor a = branch->a.detach(), b = branch->b.detach();
  EXPECT_TRUE(at::allclose(x.grad(), at::matmul(ones, w + 0.75 * at::matmul(b, a)), 1e-5, 1e-5));
  EXPECT_TRUE(at::allclose(branch->a.grad(), 0.75 * at::matmul(at::matmul(ones, b).t(), input), 1e-5, 1e-5));
  EXPECT_TRUE(at::allclose(branch->b.grad(), 0.75 * at::matmul(ones.t(), at::linear(input, a)), 1e-5, 1e-5));
}

TEST(Lora, DropsInputsOnlyInTrainingFromItsOwnGenerator) {
  LoraBranch branch{.a = at::eye(64), .b = at::eye(64), .scale = 1.0, .dropout = 0.25};
  const at::Tensor zero = at::zeros({32, 64}), x = at::ones({32, 64});
  EXPECT_TRUE(at::equal(branch.add_to(zero, x), x));
  branch.training = true;
  const auto draw = [&](std::uint64_t seed) {
    branch.generator = at::detail::createCPUGenerator(seed);
    return branch.add_to(zero, x);
  };
  const at::Tensor first = draw(1);
  EXPECT_TRUE(at::equal(first, draw(1)));
  EXPECT_FALSE(at::equal(first, draw(2)));
  EXPECT_TRUE((first.eq(0) | first.isclose(at::full({}, 4.0 / 3.0))).all().item<bool>());
  EXPECT_NEAR(first.eq(0).to(at::kDouble).mean().item<double>(), 0.25, 0.04);  // 2048 draws: four deviations
  // As torch's own dropout draws.
  branch.generator = at::Generator();
  at::manual_seed(3);
  const at::Tensor ours = branch.add_to(zero, x);
  at::manual_seed(3);
  EXPECT_TRUE(at::allclose(ours, at::dropout(x, 0.25, true)));
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
