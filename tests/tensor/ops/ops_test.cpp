// Every op against its definition written out with plain tensor arithmetic.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include <cmath>
#include <functional>

#include "c2c/base/error.h"
#include "c2c/tensor/kernels/isa.h"
#include "c2c/tensor/ops/activation.h"
#include "c2c/tensor/ops/attention.h"
#include "c2c/tensor/ops/norm.h"
#include "c2c/tensor/ops/on_kernels.h"
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

// Without AVX-512 bfloat16 is attended in float32, since LibTorch's bfloat16 products are many times slower there: only
// the result is rounded.
TEST(Attention, BFloat16IsRoundedOnceWhereTheMachineHasNoProductsOfIt) {
  at::manual_seed(4);
  const kernels::ScopedIsa isa(kernels::Isa::kAvx2);
  for (const bool padded : {false, true}) {
    const at::Tensor q = at::randn({2, 150, 4, 8}).to(at::kBFloat16),
                     kv = at::randn({2, 2, 2, 155, 8}).to(at::kBFloat16);
    const at::Tensor real = padded ? at::rand({2, 155}) > 0.3 : at::Tensor();
    const AttentionScale scale{.scale = 0.3};
    const AttentionMask mask(150, 155, 20, real, at::kBFloat16), wide_mask(150, 155, 20, real, at::kFloat);
    const at::Tensor want = attention(q.to(at::kFloat), kv[0].to(at::kFloat), kv[1].to(at::kFloat), wide_mask, scale);
    const at::Tensor found = attention(q, kv[0], kv[1], mask, scale);
    EXPECT_EQ(found.scalar_type(), at::kBFloat16);
    EXPECT_TRUE(at::equal(found, want.to(at::kBFloat16))) << padded;
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

// ---- kernels against LibTorch -------------------------------------------------------------------------------------

// What an op computes on kernels and on LibTorch.
struct Both {
  at::Tensor kernels, libtorch;
};
Both both(const std::function<at::Tensor()>& op) {
  Both out{op(), {}};
  const WithoutKernels libtorch;
  out.libtorch = op();
  return out;
}

// float32: rounding errors. bfloat16: LibTorch rounds where the kernels round, so that only sums in another order may
// move a number to its neighbour, seldom.
void expect_alike(const Both& found, const std::string& what) {
  ASSERT_EQ(found.kernels.sizes(), found.libtorch.sizes()) << what;
  ASSERT_EQ(found.kernels.scalar_type(), found.libtorch.scalar_type()) << what;
  if (found.kernels.scalar_type() == at::kFloat) {
    EXPECT_TRUE(at::allclose(found.kernels, found.libtorch, 2e-6, 2e-6)) << what;
    return;
  }
  const at::Tensor a = found.kernels.view(at::kShort).to(at::kInt), b = found.libtorch.view(at::kShort).to(at::kInt);
  const at::Tensor distance = at::where((a < 0).eq(b < 0), (a - b).abs(), at::scalar_tensor(0, at::kInt));
  EXPECT_LE(distance.max().item<int>(), 1) << what;
  EXPECT_LE(distance.sum().item<std::int64_t>(), 2 + distance.numel() / 200) << what;
  EXPECT_TRUE(at::allclose(found.kernels, found.libtorch, 1e-2, 1e-6)) << what;
}

TEST(Kernels, EqualLibTorchWhereItWouldRun) {
  at::manual_seed(4);
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16})
    for (const std::int64_t size : {6, 64, 576, 2050}) {
      const std::string what = std::string(c10::toString(dtype)) + " " + std::to_string(size);
      const at::Tensor x = (at::randn({2, 3, 2 * size}) * 3).to(dtype), weight = at::randn({size}).to(dtype);
      const at::Tensor part = x.narrow(2, 1, size), other = x.narrow(2, size, size);  // strided
      for (const bool offset : {false, true})
        expect_alike(both([&] { return rms_norm(part, weight, 1e-5, offset); }), "norm " + what);
      expect_alike(both([&] { return rms_norm_rounded_once(part, weight, 1e-6); }), "norm, rounded once " + what);
      expect_alike(both([&] { return gated_activation(part, other, Activation::kSilu); }), "silu " + what);
      expect_alike(both([&] { return residual_add(part, other); }), "add " + what);
      const RopeAngles angles = rope_angles(at::tensor({0L, 5L, 9000L}).view({1, 3}), at::rand({size}), dtype);
      const at::Tensor heads = x.unflatten(2, {1, 2 * size}).expand({2, 3, 2, 2 * size});
      expect_alike(both([&] { return apply_rope(heads, angles); }), "rope " + what);
      const at::Tensor own = at::randint(0, 4000, {2, 3}, at::kLong), frequencies = at::rand({size});
      expect_alike(both([&] { return rope_angles(own, frequencies, dtype).sine; }), "angles " + what);
      expect_alike(both([&] { return apply_rope(heads, rope_angles(own, frequencies, dtype)); }), "rope " + what);
    }
}

// LibTorch's own form of this one cancels: 1 + tanh.
TEST(Kernels, GeluIsAsExactAsLibTorchs) {
  at::manual_seed(4);
  const at::Tensor gate = (at::randn({4000}) * 3).clamp(-5, 5), up = at::ones({4000});
  const at::Tensor exact = gated_activation(gate.to(at::kDouble), up.to(at::kDouble), Activation::kGeluTanh);
  const Both found = both([&] { return gated_activation(gate, up, Activation::kGeluTanh); });
  const auto error = [&](const at::Tensor& x) { return ((x - exact) / exact).abs().max().item<double>(); };
  EXPECT_LE(error(found.kernels), error(found.libtorch));
  EXPECT_TRUE(at::allclose(found.kernels, found.libtorch, 1e-6, 1e-6));
  EXPECT_TRUE(at::allclose(
      gated_activation(gate.to(at::kBFloat16), up.to(at::kBFloat16), Activation::kGeluTanh).to(at::kDouble),
      gated_activation(gate.to(at::kBFloat16).to(at::kDouble), up.to(at::kDouble), Activation::kGeluTanh), 1.0 / 256,
      1e-6));
}

TEST(Kernels, LeaveGradientsToLibTorch) {
  const at::Tensor x = torch::randn({2, 8}, at::TensorOptions().requires_grad(true)), weight = at::randn({8});
  EXPECT_TRUE(rms_norm(x, weight, 1e-5, false).requires_grad());
  EXPECT_TRUE(gated_activation(x, weight.expand({2, 8}), Activation::kSilu).requires_grad());
  EXPECT_TRUE(residual_add(weight.expand({2, 8}), x).requires_grad());
  const at::NoGradGuard no_grad;
  EXPECT_FALSE(rms_norm(x, weight, 1e-5, false).requires_grad());
}

// ---- decode attention ---------------------------------------------------------------------------------------------

kernels::KvView view_of(const at::Tensor& key_HTD, const at::Tensor& value_HTD) {
  const auto side = [](const at::Tensor& x) {
    return kernels::KvSide{.data = static_cast<const std::byte*>(x.const_data_ptr()),
                           .head_stride = x.stride(0) * x.element_size(),
                           .token_stride = x.stride(1) * x.element_size()};
  };
  return {.format = key_HTD.scalar_type() == at::kFloat ? KvFormat::kF32 : KvFormat::kBf16,
          .key = side(key_HTD),
          .value = side(value_HTD),
          .tokens = key_HTD.size(1),
          .kv_heads = key_HTD.size(0),
          .head_size = key_HTD.size(2)};
}

TEST(DecodeAttention, EqualsItsDefinitionForRowsOfUnequalLength) {
  at::manual_seed(5);
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16})
    for (const std::int64_t window : {0, 40}) {
      const std::vector<std::int64_t> lengths = {1, 700, 39, 300};
      const AttentionScale scale{.scale = 0.3};
      const at::Tensor query = at::randn({4, 1, 6, 32}).to(dtype);
      std::vector<at::Tensor> held;
      std::vector<kernels::KvView> views;
      at::Tensor want = at::empty({4, 1, 6 * 32});
      for (std::size_t r = 0; r < lengths.size(); ++r) {
        const at::Tensor kv = at::randn({2, 1, 2, lengths[r], 32}).to(dtype);
        const auto row = static_cast<std::int64_t>(r);
        const Case c{1, lengths[r], window, false};
        want[row].copy_(attention_by_definition(query.narrow(0, row, 1).to(at::kFloat), kv[0].to(at::kFloat),
                                                kv[1].to(at::kFloat), c, {}, scale)[0]);
        held.push_back(kv);
        views.push_back(view_of(kv[0][0], kv[1][0]));
      }
      const at::Tensor found = decode_attention(query, views, window, scale);
      EXPECT_EQ(found.scalar_type(), dtype);
      EXPECT_TRUE(at::allclose(found.to(at::kFloat), want, dtype == at::kFloat ? 1e-4 : 1.0 / 128, 1e-5));
      // The same bits alone, in another company, and on another number of threads.
      const int threads = at::get_num_threads();
      for (const int others : {1, 3}) {
        at::set_num_threads(others);
        EXPECT_TRUE(at::equal(decode_attention(query, views, window, scale), found));
      }
      at::set_num_threads(threads);
      for (std::int64_t r = 0; r < 4; ++r) {
        const std::span<const kernels::KvView> own(&views[static_cast<std::size_t>(r)], 1);
        EXPECT_TRUE(at::equal(decode_attention(query.narrow(0, r, 1), own, window, scale)[0], found[r]));
        const AttentionMask mask(1, own[0].tokens, window, {}, query.options());
        const at::Tensor& kv = held[static_cast<std::size_t>(r)];
        EXPECT_TRUE(at::equal(attention(query.narrow(0, r, 1), kv[0], kv[1], mask, scale)[0], found[r]));
      }
    }
}

TEST(DecodeAttention, RefusesWhatItCannotRead) {
  const at::Tensor query = at::randn({1, 1, 4, 8}), kv = at::randn({2, 3, 8});
  std::vector<kernels::KvView> views = {view_of(kv, kv)};
  EXPECT_NO_THROW(decode_attention(query, views, 0, {}));
  EXPECT_THROW(decode_attention(query.to(at::kDouble), views, 0, {}), Error);
  EXPECT_THROW(decode_attention(query.narrow(2, 0, 3), views, 0, {}), Error);
  EXPECT_THROW(decode_attention(query.narrow(3, 0, 4), views, 0, {}), Error);
  views[0].tokens = 0;
  EXPECT_THROW(decode_attention(query, views, 0, {}), Error);
}

}  // namespace
}  // namespace c2c
