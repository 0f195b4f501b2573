// What a forward promises beyond logits: overrides and gradients, early stops, padding, errors.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "c2c/base/error.h"
#include "c2c/model/families/causal_lm.h"
#include "c2c/model/families/checkpointing.h"
#include "tests/model/families/tiny_model.h"

namespace c2c {
namespace {

using testing::random_model;
using testing::tiny_config;

const std::vector<std::string> kTypes = {"llama", "qwen2", "qwen3", "gemma3_text"};
const at::Tensor kIds = at::tensor({3L, 1L, 4L, 1L, 5L, 9L, 2L, 6L, 5L, 35L}).view({1, -1});

TEST(Forward, LeftPaddedRowsEqualTheRowsAlone) {
  at::NoGradGuard no_grad;
  for (const std::string& type : kTypes) {
    const auto model = random_model(tiny_config(type));
    // Row 0 as it is, row 1 its last six tokens behind four pads, row 2 nothing but pads.
    const at::Tensor ids = at::cat({kIds, kIds, kIds}).clone(), mask = at::ones({3, 10}, at::kBool);
    mask[1].narrow(0, 0, 4).zero_();
    mask[2].zero_();
    ids[1].narrow(0, 0, 4).zero_();
    const at::Tensor positions = (mask.cumsum(1) - 1).clamp_min(0);
    KvCache cache = model->make_cache(3);
    const at::Tensor first = model->forward({.ids_BN = ids.narrow(1, 0, 9),
                                             .positions_BN = positions.narrow(1, 0, 9),
                                             .mask_BT = mask.narrow(1, 0, 9),
                                             .cache = &cache});
    const at::Tensor last = model->forward(
        {.ids_BN = ids.narrow(1, 9, 1), .positions_BN = positions.narrow(1, 9, 1), .mask_BT = mask, .cache = &cache});
    const at::Tensor together = at::cat({first, last}, 1);
    EXPECT_TRUE(together.isfinite().all().item<bool>()) << type;
    EXPECT_TRUE(at::allclose(together[0], model->forward({.ids_BN = kIds})[0], 1e-3, 1e-4)) << type;
    const at::Tensor alone = model->forward({.ids_BN = kIds.narrow(1, 4, 6)});
    EXPECT_TRUE(at::allclose(together[1].narrow(0, 4, 6), alone[0], 1e-3, 1e-4)) << type;
  }
}

TEST(Forward, StopsEarlyWithTheSameKeysAndValues) {
  at::NoGradGuard no_grad;
  for (const std::string& type : kTypes) {
    const auto model = random_model(tiny_config(type));
    KvCache whole = model->make_cache(1), early = model->make_cache(1);
    model->forward({.ids_BN = kIds, .cache = &whole});
    const at::Tensor none = model->forward({.ids_BN = kIds, .cache = &early, .stop_layer = 2, .kv_only_last = true});
    EXPECT_FALSE(none.defined());
    for (int layer : {0, 1}) EXPECT_TRUE(at::equal(whole.layer(layer).key, early.layer(layer).key)) << type;
    EXPECT_TRUE(at::equal(whole.layer(1).value, early.layer(1).value));
    EXPECT_EQ(early.length(2), 0);
  }
}

TEST(Forward, OverridesAreSeenByAttentionAndCacheAndCarryGradients) {
  for (const std::string& type : kTypes) {
    const auto model = random_model(tiny_config(type));
    const auto loss_at = [&](const at::Tensor& offset, KvCache* cache) {
      const KvOverride override_kv = [&](std::int64_t layer, const KvPair& computed) -> KvPair {
        EXPECT_EQ(computed.key.sizes(), (std::vector<std::int64_t>{1, 2, 10, 8}));
        if (layer != 1) return {};
        return {computed.key + offset, computed.value * (1 + offset)};
      };
      return model->forward({.ids_BN = kIds, .cache = cache, .kv_override = &override_kv}).square().mean();
    };
    const at::Tensor offset = torch::full({1, 2, 10, 8}, 0.1, at::TensorOptions().requires_grad(true));
    KvCache plain = model->make_cache(1), changed = model->make_cache(1);
    model->forward({.ids_BN = kIds, .cache = &plain});
    const at::Tensor loss = loss_at(offset, &changed);
    EXPECT_TRUE(at::allclose(changed.layer(1).key, plain.layer(1).key + 0.1, 1e-5, 1e-6)) << type;
    loss.backward();
    // The derivative along a direction, by central differences.
    at::NoGradGuard no_grad;
    at::manual_seed(5);
    const at::Tensor direction = at::randn_like(offset);
    const double step = 1e-3;
    const double numeric =
        (loss_at(offset + step * direction, nullptr) - loss_at(offset - step * direction, nullptr)).item<double>() /
        (2 * step);
    EXPECT_NEAR((offset.grad() * direction).sum().item<double>(), numeric, 2e-3 * std::max(1.0, std::abs(numeric)))
        << type;
  }
}

TEST(Forward, GradientsFlowThroughAFusedPrefixIntoLaterSections) {
  const auto model = random_model(tiny_config("qwen3"));
  KvCache cache = model->make_cache(1);
  model->forward({.ids_BN = kIds.narrow(1, 0, 6), .cache = &cache});
  const at::Tensor fused = torch::randn({1, 2, 3, 8}, at::TensorOptions().requires_grad(true));
  cache.replace(2, 2, fused, fused);
  const at::Tensor hidden = model->forward({.ids_BN = kIds.narrow(1, 6, 3), .cache = &cache});
  const at::Tensor last = model->forward({.ids_BN = kIds.narrow(1, 9, 1), .cache = &cache});
  (model->logits(hidden).square().mean() + model->logits(last).square().mean()).backward();
  EXPECT_GT(fused.grad().abs().min().item<double>(), 0.0);
}

// Losses and gradients of a forward in two sections over a fused prefix, of everything or of the prefix alone.
std::vector<at::Tensor> gradients(const std::string& type, bool checkpointing, bool train_model) {
  const auto model = random_model(tiny_config(type));
  std::vector<at::Tensor> wanted{torch::randn({1, 2, 3, 8}, at::TensorOptions().requires_grad(true))};
  at::manual_seed(7);
  wanted[0].detach().normal_();
  if (train_model)
    model->visit("", [&](const ParameterRef& ref) { wanted.push_back(ref.tensor->requires_grad_(true)); });
  if (checkpointing) enable_gradient_checkpointing(*model);
  KvCache cache = model->make_cache(1);
  model->forward({.ids_BN = kIds.narrow(1, 0, 6), .cache = &cache});
  EXPECT_EQ(cache.layer(1).key.requires_grad(), train_model) << "nothing before the fused prefix is kept for backward";
  cache.replace(1, 2, wanted[0], wanted[0]);
  const at::Tensor hidden = model->forward({.ids_BN = kIds.narrow(1, 6, 3), .cache = &cache});
  const at::Tensor last = model->forward({.ids_BN = kIds.narrow(1, 9, 1), .cache = &cache});
  const at::Tensor loss = model->logits(hidden).square().mean() + model->logits(last).square().mean();
  loss.backward();
  std::vector<at::Tensor> out{loss.detach()};
  for (const at::Tensor& tensor : wanted) out.push_back(tensor.grad());
  return out;
}

TEST(Forward, CheckpointingChangesNoGradient) {
  for (const std::string& type : kTypes)
    for (const bool train_model : {false, true}) {
      const auto plain = gradients(type, false, train_model), again = gradients(type, true, train_model);
      ASSERT_EQ(plain.size(), again.size());
      for (std::size_t i = 0; i < plain.size(); ++i) {
        ASSERT_EQ(plain[i].defined(), again[i].defined()) << type << " " << i;
        if (!plain[i].defined()) continue;
        EXPECT_TRUE(at::allclose(plain[i], again[i], 1e-5, 1e-7)) << type << " " << i;
      }
    }
}

TEST(Forward, TokenIdsOfAnotherVocabularyAreAUsageError) {
  const auto model = random_model(tiny_config("llama"));
  for (const std::int64_t id : {std::int64_t{50}, std::int64_t{-1}}) {
    try {
      model->forward({.ids_BN = at::full({1, 2}, id, at::kLong)});
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.info().found, std::to_string(id));
      EXPECT_EQ(error.exit_code(), 2);
    }
  }
}

}  // namespace
}  // namespace c2c
