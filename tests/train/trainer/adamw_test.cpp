// AdamW against torch.optim.AdamW 2.13, bit for bit, in float32 and in bfloat16:
//   torch.manual_seed(0); for dt in (torch.float32, torch.bfloat16): p = torch.randn(4).to(dt); q =
//   torch.randn(2).to(dt) gp = [torch.randn(4).to(dt) * s for s in (1, 0.1, 10, 1e-3, 1)]; gq = [torch.randn(2).to(dt)
//   for _ in range(5)] o = torch.optim.AdamW([p, q], weight_decay=0.1, foreach=False); update k: lr [0, 1e-2, 5e-3,
//   1e-2, 1e-3][k], p.grad = gp[k]; q.grad = gq[k], but None for k = 2
#include "c2c/train/trainer/adamw.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>

#include "c2c/base/error.h"

namespace c2c {
namespace {

using Row = std::vector<double>;

struct Case {
  at::ScalarType dtype;
  Row p, q;
  std::vector<Row> p_gradients, q_gradients, p_after, q_after;
  Row mean, square;  // of p, at the end
};

Case float_case() {
  return {at::kFloat,
          {1.54099607, -0.293428898, -2.17878938, 0.568431258},
          {-1.08452237, -1.39859545},
          {{0.403346837, 0.838026345, -0.719257593, -0.403343529},
           {-0.0596635342, 0.0182036497, -0.0856674612, 0.110060416},
           {-10.711874, 1.2270124, -5.66317511, 3.73114634},
           {-0.000891995325, -0.00150910777, 0.000370393565, 0.00145650259},
           {0.939809918, 0.774848819, 0.191869423, 1.26379478}},
          {{-1.29043508, -0.791102707},
           {-0.0208794735, -0.718480051},
           {0.518636763, -1.31252193},
           {0.191995069, 0.542771339},
           {-2.21877933, 0.258984536}},
          {{1.54099607, -0.293428898, -2.17878938, 0.568431258},
           {1.53391612, -0.299996138, -2.16907668, 0.572367013},
           {1.53625953, -0.303979129, -2.1644547, 0.569100201},
           {1.53981948, -0.310440212, -2.15649557, 0.56364584},
           {1.54004681, -0.311168492, -2.15580869, 0.563023984}},
          {{-1.08452237, -1.39859545},
           {-1.0766176, -1.3872335},
           {-1.0766176, -1.3872335},
           {-1.07126737, -1.38187504},
           {-1.07048178, -1.38154185}},
          {-0.751646936, 0.233047023, -0.492932528, 0.41029346},
          {0.115563713, 0.00280275685, 0.032566838, 0.0156649183}};
}

Case bfloat_case() {
  return {at::kBFloat16,
          {-1.03125, -0.5, 0.2734375, -0.91796875},
          {-0.0405273438, 0.2890625},
          {{-0.0075378418, -0.9140625, -1.0859375, -0.265625},
           {0.0189208984, -0.0218505859, 0.206054688, -0.00354003906},
           {0.625, -7.65625, 11, 27.5},
           {0.0001745224, -0.000930786133, -0.00151062012, -0.000659942627},
           {1.3203125, 0.037109375, -0.28515625, -0.133789062}},
          {{1.890625, 3.109375},
           {-0.458984375, -0.3359375},
           {-1.5703125, 1.234375},
           {1.3984375, 1.171875},
           {0.43359375, -1.734375}},
          {{-1.03125, -0.5, 0.2734375, -0.91796875},
           {-1.0390625, -0.4921875, 0.279296875, -0.91015625},
           {-1.0390625, -0.48828125, 0.275390625, -0.9140625},
           {-1.046875, -0.482421875, 0.26953125, -0.91796875},
           {-1.046875, -0.482421875, 0.26953125, -0.91796875}},
          {{-0.0405273438, 0.2890625},
           {-0.0454101562, 0.283203125},
           {-0.0454101562, 0.283203125},
           {-0.0522460938, 0.27734375},
           {-0.0529785156, 0.27734375}},
          {0.18359375, -0.6796875, 0.80859375, 2.1875},
          {0.00213623047, 0.0595703125, 0.122070312, 0.7578125}};
}

at::Tensor row(const Row& values, at::ScalarType dtype) {
  return at::tensor(values, at::kDouble).to(dtype);
}

void expect_same(const at::Tensor& ours, const Row& theirs, const std::string& what) {
  EXPECT_TRUE(at::equal(ours.detach(), row(theirs, ours.scalar_type()))) << what << ": " << ours;
}

void update(AdamW& optimizer, const Case& c, std::size_t k) {
  static constexpr double kRates[] = {0.0, 1e-2, 5e-3, 1e-2, 1e-3};
  at::Tensor p = optimizer.parameters()[0].tensor, q = optimizer.parameters()[1].tensor;
  p.mutable_grad() = row(c.p_gradients[k], c.dtype);
  if (k != 2) q.mutable_grad() = row(c.q_gradients[k], c.dtype);
  optimizer.step(kRates[k]);
  optimizer.zero_grad();
}

AdamW optimizer_of(const Case& c) {
  return AdamW({{"p", row(c.p, c.dtype).requires_grad_()}, {"q", row(c.q, c.dtype).requires_grad_()}},
               {.weight_decay = 0.1});
}

TEST(AdamW, IsThatOfTorch) {
  for (const Case& c : {float_case(), bfloat_case()}) {
    AdamW optimizer = optimizer_of(c);
    const at::Tensor p = optimizer.parameters()[0].tensor, q = optimizer.parameters()[1].tensor;
    for (std::size_t k = 0; k < c.p_after.size(); ++k) {
      update(optimizer, c, k);
      expect_same(p, c.p_after[k], "p after update " + std::to_string(k + 1));
      expect_same(q, c.q_after[k], "q after update " + std::to_string(k + 1));
      EXPECT_FALSE(p.grad().defined());
    }
    const auto state = optimizer.state();
    ASSERT_EQ(state.size(), 6U);
    EXPECT_EQ(state[0].name, "exp_avg.p");
    expect_same(state[0].tensor, c.mean, "mean");
    expect_same(state[1].tensor, c.square, "square");
    EXPECT_EQ(state[2].tensor.item<std::int64_t>(), 5);
    EXPECT_EQ(state[5].tensor.item<std::int64_t>(), 4);  // q had no gradient once
  }
}

std::vector<NamedParameter> copy_of(const std::vector<NamedParameter>& state) {
  std::vector<NamedParameter> copy;
  for (const NamedParameter& entry : state) copy.push_back({entry.name, entry.tensor.clone()});
  return copy;
}

TEST(AdamW, GoesOnFromItsState) {
  const Case c = bfloat_case();
  AdamW left_alone = optimizer_of(c), stopped = optimizer_of(c);
  for (std::size_t k = 0; k < 2; ++k) update(left_alone, c, k), update(stopped, c, k);
  AdamW resumed({{"p", stopped.parameters()[0].tensor.detach().clone().requires_grad_()},
                 {"q", stopped.parameters()[1].tensor.detach().clone().requires_grad_()}},
                {.weight_decay = 0.1});
  resumed.load_state(copy_of(stopped.state()), "optimizer.safetensors");
  for (std::size_t k = 2; k < 5; ++k) update(left_alone, c, k), update(resumed, c, k);
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_TRUE(at::equal(left_alone.parameters()[i].tensor, resumed.parameters()[i].tensor));
}

TEST(AdamW, AStateOfOtherParametersIsRefused) {
  AdamW optimizer = optimizer_of(float_case());
  const auto message = [&](const std::vector<NamedParameter>& state) {
    try {
      optimizer.load_state(state, "optimizer.safetensors");
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), 1);
      return std::string(error.what());
    }
    return std::string();
  };
  const auto good = copy_of(optimizer.state());
  EXPECT_EQ(message(good), "");
  auto missing = good;
  missing.erase(missing.begin() + 1);
  EXPECT_NE(message(missing).find("exp_avg_sq.p"), std::string::npos) << message(missing);
  auto misshapen = good;
  misshapen[3].tensor = at::zeros({3});
  EXPECT_NE(message(misshapen).find("exp_avg.q"), std::string::npos) << message(misshapen);
  auto too_many = good;
  too_many.push_back({"exp_avg.r", at::zeros({1})});
  EXPECT_NE(message(too_many).find("7 tensors"), std::string::npos) << message(too_many);
}

TEST(AdamW, ClipsByTheNormOfAllGradients) {
  AdamW optimizer = optimizer_of(float_case());
  at::Tensor p = optimizer.parameters()[0].tensor;
  EXPECT_EQ(optimizer.clip_gradients(1.0), 0.0);
  const auto clip = [&](double max_norm) {
    p.mutable_grad() = row({2, 0, 0, 0}, at::kFloat);
    at::Tensor q = optimizer.parameters()[1].tensor;
    q.mutable_grad() = row({0, -1.5}, at::kFloat);
    return optimizer.clip_gradients(max_norm);
  };
  EXPECT_DOUBLE_EQ(clip(1.0), 2.5);
  EXPECT_FLOAT_EQ(p.grad()[0].item<float>(), static_cast<float>(2.0 / (2.5 + 1e-6)));
  EXPECT_DOUBLE_EQ(clip(3.0), 2.5);
  EXPECT_EQ(p.grad()[0].item<float>(), 2.0F);
  EXPECT_DOUBLE_EQ(clip(0), 2.5);  // not cut
  EXPECT_EQ(p.grad()[0].item<float>(), 2.0F);
  p.mutable_grad() = row({std::numeric_limits<double>::quiet_NaN(), 1, 1, 1}, at::kFloat);
  EXPECT_TRUE(std::isnan(optimizer.clip_gradients(1.0)));
  EXPECT_EQ(p.grad()[1].item<float>(), 1.0F);
}

}  // namespace
}  // namespace c2c
