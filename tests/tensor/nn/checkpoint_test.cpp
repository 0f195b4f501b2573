// A function that is computed twice: when, with which random numbers, and whose gradients.
#include "c2c/tensor/nn/checkpoint.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

namespace c2c {
namespace {

TEST(Checkpoint, RunsAgainInBackwardWithTheSameRandomNumbers) {
  const at::TensorOptions learned = at::TensorOptions().requires_grad(true);
  const at::Tensor x = torch::randn({40}, learned), weight = torch::randn({40}, learned), still = torch::randn({40});
  int calls = 0;
  std::vector<at::Tensor> kept;
  const CheckpointedFn fn = [&](const std::vector<at::Tensor>& in) -> std::vector<at::Tensor> {
    ++calls;
    kept.push_back(at::rand({40}));
    return {in[0] * weight * kept.back() + in[1], in[0].sin()};
  };
  const auto out = checkpointed(fn, {x, still});
  EXPECT_EQ(calls, 1);
  at::manual_seed(3);
  const at::Tensor expected_next = at::rand({3});
  at::manual_seed(3);
  (out[0].sum() + 2 * out[1].sum()).backward();
  EXPECT_EQ(calls, 2);
  EXPECT_TRUE(at::equal(kept[0], kept[1]));
  EXPECT_TRUE(at::equal(at::rand({3}), expected_next)) << "backward leaves the generator as it was";
  EXPECT_TRUE(at::allclose(x.grad(), (weight * kept[0] + 2 * x.cos()).detach()));
  EXPECT_TRUE(at::allclose(weight.grad(), (x * kept[0]).detach()));
}

TEST(Checkpoint, ParametersAloneGetGradientsAndNothingRunsTwiceWithoutThem) {
  const at::Tensor weight = torch::randn({4}, at::TensorOptions().requires_grad(true)), x = torch::randn({4});
  int calls = 0;
  const CheckpointedFn fn = [&](const std::vector<at::Tensor>& in) -> std::vector<at::Tensor> {
    ++calls;
    return {in[0] * weight};
  };
  checkpointed(fn, {x})[0].sum().backward();
  EXPECT_TRUE(at::allclose(weight.grad(), x));
  EXPECT_EQ(calls, 2);
  const at::NoGradGuard no_grad;
  EXPECT_FALSE(checkpointed(fn, {x})[0].requires_grad());
  EXPECT_EQ(calls, 3);
}

}  // namespace
}  // namespace c2c
