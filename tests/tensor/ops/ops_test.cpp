// Every op against its definition written out with plain tensor arithmetic.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include <cmath>

#include "c2c/tensor/ops/activation.h"
#include "c2c/tensor/ops/attention.h"
#include "c2c/tensor/ops/rope.h"

namespace c2c {
namespace {

struct Case {
  std::int64_t queries, columns, window;
  bool padded;
};

// Softmax over exactly the columns that may be read, one query and head at a time.
at::Tensor attention_by_definition(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const Case& c,
                                   const at::Tensor& real, const AttentionScale& scale) {
  const std::int64_t groups = q.size(2) / k.size(1), past = c.columns - c.queries;
  at::Tensor out = at::zeros_like(q);
  for (std::int64_t b = 0; b < q.size(0); ++b)
    for (std::int64_t n = 0; n < c.queries; ++n)
      for (std::int64_t h = 0; h < q.size(2); ++h) {
        std::vector<std::int64_t> columns;
        for (std::int64_t t = 0; t <= past + n; ++t)
          if ((c.window == 0 || t > past + n - c.window) && (!real.defined() || real[b][t].item<bool>()))
            columns.push_back(t);
        if (columns.empty()) continue;
        const at::Tensor keep = at::tensor(columns);
        at::Tensor scores = at::mv(k[b][h / groups].index_select(0, keep), q[b][n][h]) * scale.scale;
        if (scale.soft_cap > 0) scores = (scores / scale.soft_cap).tanh() * scale.soft_cap;
        out[b][n][h] = at::mv(v[b][h / groups].index_select(0, keep).t(), scores.softmax(0));
      }
  return out.flatten(2);
}

TEST(Attention, EqualsItsDefinition) {
  at::manual_seed(1);
  const std::vector<Case> cases = {{1, 1, 0, false},    {1, 9, 0, false},     {1, 9, 4, false},      {1, 9, 4, true},
                                   {5, 5, 0, false},    {5, 12, 0, true},     {7, 7, 3, false},      {6, 20, 8, true},
                                   {130, 130, 0, true}, {140, 150, 0, false}, {150, 155, 20, false}, {6, 6, 9, false}};
  for (const Case& c : cases)
    for (const double cap : {0.0, 2.0}) {
      const at::Tensor q = at::randn({2, c.queries, 4, 8}), kv = at::randn({2, 2, 2, c.columns + 3, 8});
      const at::Tensor k = kv[0].narrow(2, 0, c.columns), v = kv[1].narrow(2, 0, c.columns);
      at::Tensor real;
      if (c.padded) {
        real = at::rand({2, c.columns}) > 0.3;
        real[0].narrow(0, 0, 2).zero_();  // left padding: its rows have nothing to read
      }
      const AttentionScale scale{.scale = 0.3, .soft_cap = cap};
      const AttentionMask mask(c.queries, c.columns, c.window, real, q.options());
      const at::Tensor got = attention(q, k, v, mask, scale);
      at::Tensor want = attention_by_definition(q, k, v, c, real, scale);
      EXPECT_TRUE(got.isfinite().all().item<bool>());
      if (real.defined()) {  // rows without anything to read may hold any finite number
        const at::Tensor nothing = want.eq(0).all(-1, true);
        want = at::where(nothing, got, want);
      }
      EXPECT_TRUE(at::allclose(got, want, 1e-4, 1e-5)) << c.queries << " " << c.columns << " " << c.window;
    }
}

TEST(Attention, GradientsEqualThoseOfLibTorch) {
  at::manual_seed(2);
  for (const std::int64_t queries : {1, 140}) {
    std::vector<at::Tensor> leaves;
    for (int copy = 0; copy < 2; ++copy) {
      at::manual_seed(3);
      leaves.push_back(torch::randn({1, queries, 4, 8}, at::TensorOptions().requires_grad(true)));
      leaves.push_back(torch::randn({1, 2, 140, 8}, at::TensorOptions().requires_grad(true)));
      leaves.push_back(torch::randn({1, 2, 140, 8}, at::TensorOptions().requires_grad(true)));
    }
    const at::Tensor weight = at::randn({1, queries, 32});
    const AttentionMask mask(queries, 140, 0, {}, at::kFloat);
    (attention(leaves[0], leaves[1], leaves[2], mask, {.scale = 0.5}) * weight).sum().backward();
    const at::Tensor reference = at::scaled_dot_product_attention(
        leaves[3].transpose(1, 2), leaves[4].repeat_interleave(2, 1), leaves[5].repeat_interleave(2, 1), {}, 0.0,
        /*is_causal=*/queries > 1, 0.5);
    (reference.transpose(1, 2).flatten(2) * weight).sum().backward();
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(at::allclose(leaves[i].grad(), leaves[i + 3].grad(), 1e-4, 1e-5)) << i;
  }
}

TEST(Rope, TurnsPairsOfDimensionsByPositionTimesFrequency) {
  const at::Tensor frequencies = at::tensor({1.0f, 0.1f}), positions = at::tensor({0L, 3L, 7L}).view({1, 3});
  const at::Tensor x = at::randn({1, 3, 2, 4});
  const at::Tensor y = apply_rope(x, rope_angles(positions, frequencies, at::kFloat));
  for (int n = 0; n < 3; ++n)
    for (int h = 0; h < 2; ++h)
      for (int i = 0; i < 2; ++i) {
        const double angle = positions[0][n].item<double>() * frequencies[i].item<double>();
        const double a = x[0][n][h][i].item<double>(), b = x[0][n][h][i + 2].item<double>();
        EXPECT_NEAR(y[0][n][h][i].item<double>(), a * std::cos(angle) - b * std::sin(angle), 1e-5);
        EXPECT_NEAR(y[0][n][h][i + 2].item<double>(), b * std::cos(angle) + a * std::sin(angle), 1e-5);
      }
}

TEST(GatedActivation, MultipliesTheActivatedGate) {
  const at::Tensor gate = at::randn({3, 5}), up = at::randn({3, 5});
  EXPECT_TRUE(at::allclose(gated_activation(gate, up, Activation::kSilu), gate * gate.sigmoid() * up, 1e-5, 1e-6));
  const at::Tensor inner = std::sqrt(2.0 / M_PI) * (gate + 0.044715 * gate.pow(3));
  EXPECT_TRUE(at::allclose(gated_activation(gate, up, Activation::kGeluTanh), 0.5 * gate * (1 + inner.tanh()) * up,
                           1e-4, 1e-5));
}

}  // namespace
}  // namespace c2c
