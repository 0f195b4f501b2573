// Ridge fusers in the fused forward, oracle losses and the attention report.
#include "c2c/rosetta/oracle.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>

#include "c2c/base/error.h"
#include "c2c/rosetta/oracle_loss.h"
#include "c2c/rosetta/oracle_ridge.h"
#include "tests/rosetta/tiny.h"

namespace c2c {
namespace {

using testing::own_tokens;
using testing::random;
using testing::tiny_config;
using testing::tiny_fuser;
using testing::tiny_model;

const ModelConfig kQwen3 = tiny_config(Family::kQwen3, 4, 2, 8);
const ModelConfig kGemma3 = tiny_config(Family::kGemma3, 3, 1, 16);

std::vector<std::int32_t> some_ids(std::size_t count, std::int32_t seed) {
  std::vector<std::int32_t> ids;
  for (std::size_t i = 0; i < count; ++i) ids.push_back((seed + 7 * static_cast<std::int32_t>(i * i)) % 60);
  return ids;
}

double distance(const at::Tensor& a, const at::Tensor& b) {
  EXPECT_EQ(a.sizes(), b.sizes());
  return (a - b).abs().max().item<double>();
}

std::map<std::int64_t, std::int64_t> same_layers(const ModelConfig& config) {
  std::map<std::int64_t, std::int64_t> sources;
  for (std::int64_t layer = 0; layer < config.layers; ++layer) sources[layer] = layer;
  return sources;
}

// A ridge fuser between a model and itself that hands K and V over as they are.
std::shared_ptr<Fuser> identity_fuser(const ModelConfig& config) {
  RidgeFitter fitter(config.kv_geometry(), config.kv_geometry(), ridge_layers(config, config, same_layers(config)));
  const KvGeometry kv = config.kv_geometry();
  const KvPair any{random({1, kv.kv_heads, 200, kv.head_dim}, 5), random({1, kv.kv_heads, 200, kv.head_dim}, 6)};
  const at::Tensor positions = at::arange(200).view({1, 200});
  for (std::int64_t layer = 0; layer < config.layers; ++layer) fitter.add(layer, {any, any, positions, positions, {}});
  return fitter.solve(1e-9);
}

// Rows of unlike lengths; the sharer reads the receiver's ids, elsewhere: a model notices distances only.
std::vector<SectionPlan> shifted_plans() {
  std::vector<SectionPlan> plans(2);
  plans[0] = {.ids = some_ids(12, 3), .sections = {{8, 1}, {4, 0}}};
  plans[1] = {.ids = some_ids(7, 5), .sections = {{2, 0}, {3, 1}, {2, 0}}};
  plans[1].positions = {2, 3, 4, 5, 6, 7, 8};
  for (SectionPlan& plan : plans) {
    plan.sharers.push_back({.ids = plan.ids});
    for (std::size_t i = 0; i < plan.ids.size(); ++i)
      plan.sharers[0].positions.push_back(static_cast<std::int64_t>(i) + 11);
  }
  return plans;
}

TEST(RidgeInRosetta, KeysAreTurnedFromTheSharersPositionsToTheReceivers) {
  for (const ModelConfig& config : {kQwen3, kGemma3})
    for (const bool include_response : {false, true}) {
      const std::shared_ptr<CausalLm> model = tiny_model(config, 1);
      const Rosetta fused(model, {{model, identity_fuser(config)}}, {FusionMode::kSequential, include_response});
      const std::vector<SectionPlan> plans = shifted_plans();
      std::vector<SectionPlan> own;
      for (const SectionPlan& plan : plans) own.push_back(without_sharers(plan));
      const Rosetta alone(model, {}, {});
      RosettaState a, b;
      at::Tensor x = fused.prefill(plans, a), y = alone.prefill(own, b);
      for (int step = 0; step < 3; ++step) {
        EXPECT_LE(distance(x, y), 1e-3) << step;
        const at::Tensor next = at::argmax(y, -1);
        x = fused.decode(next, a);
        y = alone.decode(next, b);
      }
      for (std::int64_t layer = 0; layer < config.layers; ++layer)
        for (std::int64_t row = 0; row < 2; ++row)
          EXPECT_LE(distance(own_tokens(a, a.receiver.layer(layer).key, row),
                             own_tokens(b, b.receiver.layer(layer).key, row)),
                    1e-3);
    }
}

TEST(OracleRidge, FitsAPairSoThatTheReceiverHearsWhatItWouldHaveThought) {
  for (const ModelConfig& config : {kQwen3, kGemma3}) {
    const std::shared_ptr<CausalLm> model = tiny_model(config, 1);
    OracleRidge ridge(model, model, same_layers(config));
    for (std::int32_t batch = 0; batch < 12; ++batch) {
      std::vector<SectionPlan> plans = shifted_plans();
      for (SectionPlan& plan : plans) {
        plan.ids = some_ids(plan.ids.size(), 13 * batch + 1);
        plan.sharers[0].ids = plan.ids;
      }
      plans[0].padding.assign(12, false);
      plans[0].padding[3] = true;
      plans[0].sharers[0].padding = plans[0].padding;
      ridge.add(plans);
    }
    EXPECT_EQ(ridge.fitter().tokens(0), 12 * (8 - 1 + 3)) << "fused tokens that are no pads";
    const auto fuser = ridge.solve(1e-7);
    const Rosetta rosetta(model, {{model, fuser}}, {});
    AttentionReport report(rosetta);
    report.add(shifted_plans());
    EXPECT_EQ(report.tokens(), 4 + 2);
    ASSERT_EQ(std::ssize(report.cosines()), config.layers);
    for (const double cosine : report.cosines()) EXPECT_GT(cosine, 0.99);
  }
}

TEST(OracleRidge, JoinsUnlikeModels) {
  const std::shared_ptr<CausalLm> receiver = tiny_model(kQwen3, 1), sharer = tiny_model(kGemma3, 2);
  OracleRidge ridge(receiver, sharer, {{1, 0}, {3, 2}});
  for (std::int32_t batch = 0; batch < 8; ++batch) {
    SectionPlan plan = plan_shared_ids(some_ids(20, batch), 1, 1);
    ridge.add({plan});
  }
  const auto fuser = ridge.solve(0.1, 0.5);
  ASSERT_EQ(fuser->layers.size(), 2u);
  EXPECT_EQ(fuser->layers.at(3).front().sharer_layer, 2);
  fuser->check_geometry(kQwen3.kv_geometry(), kGemma3.kv_geometry());
  // Layer 0 of Gemma 3 is a local one here, layer 1 a global one: their angles differ.
  const auto& args = fuser->projectors[0]->init_args();
  EXPECT_EQ(args.at("source_frequencies").size(), 8u);
  EXPECT_EQ(args.at("target_frequencies").size(), 4u);
  const Rosetta rosetta(receiver, {{sharer, fuser}}, {});
  RosettaState state;
  EXPECT_TRUE(rosetta.prefill({plan_shared_ids(some_ids(9, 50), 1, 1)}, state).isfinite().all().item<bool>());
}

// ---- attention report -----------------------------------------------------------------------------------------------

TEST(AttentionObserver, SeesWhatAttentionMakesOfTheNewTokens) {
  const std::shared_ptr<CausalLm> model = tiny_model(kQwen3, 1);
  KvCache cache = model->make_cache(1);
  std::vector<at::Tensor> seen;
  const AttentionObserver observer = [&](std::int64_t layer, const at::Tensor& output) {
    EXPECT_EQ(layer, std::ssize(seen));
    seen.push_back(output);
  };
  const at::NoGradGuard no_grad;
  model->forward({.ids_BN = at::full({1, 1}, 7, at::kLong), .cache = &cache, .attention = &observer});
  ASSERT_EQ(std::ssize(seen), kQwen3.layers);
  for (std::int64_t layer = 0; layer < kQwen3.layers; ++layer) {  // one token attends to itself: two queries a value
    const at::Tensor value = cache.layer(layer).value[0].repeat_interleave(2, 0).flatten();
    EXPECT_LE(distance(seen[static_cast<std::size_t>(layer)].flatten(), value), 1e-6);
  }
}

TEST(AttentionReport, IsOneWithoutFusingAndLessWithIt) {
  const std::shared_ptr<CausalLm> receiver = tiny_model(kQwen3, 1), sharer = tiny_model(kGemma3, 2);
  const auto cosines = [&](bool open, const std::vector<SectionPlan>& plans, bool response = false) {
    const Rosetta rosetta(receiver, {{sharer, tiny_fuser(kQwen3.kv_geometry(), kGemma3.kv_geometry(), 500, open)}},
                          {FusionMode::kSequential, response});
    AttentionReport report(rosetta);
    for (const SectionPlan& plan : plans) report.add({plan});
    AttentionReport together(rosetta);
    together.add(plans);
    EXPECT_EQ(report.tokens(), together.tokens());
    for (std::size_t layer = 0; layer < 4; ++layer)
      EXPECT_NEAR(report.cosines()[layer], together.cosines()[layer], 1e-4) << layer;
    return together.cosines();
  };
  for (const double cosine : cosines(false, shifted_plans())) EXPECT_NEAR(cosine, 1.0, 1e-6);
  for (const bool response : {false, true})
    for (const double cosine : cosines(true, shifted_plans(), response)) EXPECT_LT(cosine, 0.99);
}

// ---- losses ---------------------------------------------------------------------------------------------------------

TEST(OracleLoss, AreTheSpecificationsSums) {
  const at::Tensor x = at::tensor({3.0, 4.0, 1.0, 0.0, 5.0, 5.0}).view({3, 2}),
                   y = at::tensor({4.0, 3.0, 0.0, 2.0, 1.0, 1.0}).view({3, 2});
  const at::Tensor mask = at::tensor({1, 1, 0});
  const auto loss = [&](OracleLoss kind, const at::Tensor& rows) {
    return oracle_hidden_loss(x, y, rows, kind).item<double>();
  };
  EXPECT_DOUBLE_EQ(loss(OracleLoss::kMse, mask), (2.0 + 5.0) / 2);
  EXPECT_DOUBLE_EQ(loss(OracleLoss::kL1, mask), (2.0 + 3.0) / 2);
  EXPECT_NEAR(loss(OracleLoss::kCosine, mask), ((1 - 24.0 / 25) + 1.0) / 2, 1e-12);
  EXPECT_DOUBLE_EQ(loss(OracleLoss::kMse, {}), (2.0 + 5.0 + 32.0) / 3);
  EXPECT_EQ(loss(OracleLoss::kMse, at::zeros({3})), 0.0);
  EXPECT_EQ(oracle_loss_from_name("cosine"), OracleLoss::kCosine);
  EXPECT_THROW(oracle_loss_from_name("mae"), Error);
  // What the mask leaves out may be anything.
  at::Tensor broken = x.clone();
  broken[2].fill_(NAN);
  broken.requires_grad_();
  const at::Tensor masked = oracle_hidden_loss(broken, y, mask, OracleLoss::kMse);
  EXPECT_DOUBLE_EQ(masked.item<double>(), 3.5);
  EXPECT_EQ(oracle_hidden_loss(x.to(at::kBFloat16), y.to(at::kBFloat16), mask, OracleLoss::kL1).scalar_type(),
            at::kFloat);
}

TEST(OracleLoss, OfKeysAndValuesIsTheMeanOverLayers) {
  const auto kv = [](std::uint64_t seed) { return KvPair{random({2, 3, 4, 5}, seed), random({2, 3, 4, 5}, seed + 1)}; };
  const FusedLayers fused{{1, kv(1)}, {3, kv(3)}}, truth{{0, kv(9)}, {1, kv(11)}, {3, kv(13)}};
  at::Tensor mask = at::ones({2, 4}, at::kBool);
  mask[1][2].fill_(false);
  const auto part = [&](const at::Tensor& a, const at::Tensor& b) {
    const at::Tensor square = (a - b).square().sum(at::IntArrayRef{1, 3});  // heads and dimensions of a token together
    return (square * mask).sum() / 7;
  };
  const at::Tensor expected = (part(fused.at(1).key, truth.at(1).key) + part(fused.at(1).value, truth.at(1).value) +
                               part(fused.at(3).key, truth.at(3).key) + part(fused.at(3).value, truth.at(3).value)) /
                              4;
  EXPECT_NEAR(oracle_kv_loss(fused, truth, mask, OracleLoss::kMse).item<double>(), expected.item<double>(), 1e-4);
  EXPECT_EQ(oracle_kv_loss({}, truth, mask, OracleLoss::kMse).item<double>(), 0.0);
}

// The later section reads a fused cache: what it would have been alone is the truth, not what the fuser was handed.
TEST(OracleKvMeter, MeasuresAgainstTheReceiverAlone) {
  const std::shared_ptr<CausalLm> receiver = tiny_model(kQwen3, 1), sharer = tiny_model(kGemma3, 2);
  const auto fuser = tiny_fuser(kQwen3.kv_geometry(), kGemma3.kv_geometry(), 500);
  const Rosetta rosetta(receiver, {{sharer, fuser}}, {});
  SectionPlan plan = plan_shared_ids(some_ids(9, 4), 1, 1);
  plan.sections = {{3, 1}, {4, 1}, {2, 0}};
  RosettaState alone, fused;
  read_alone(rosetta, {plan}, alone);
  OracleKvMeter meter(alone.receiver, {}, OracleLoss::kMse);
  const FuseObserver observer = meter.observer();
  EXPECT_EQ(meter.loss().item<double>(), 0.0);
  rosetta.prefill({plan}, fused, 0, &observer);
  double sum = 0;
  for (std::int64_t layer = 0; layer < kQwen3.layers; ++layer) {
    const KvPair a = fused.receiver.slice(layer, 0, 7), b = alone.receiver.slice(layer, 0, 7);
    sum += (a.key - b.key).square().sum().item<double>() + (a.value - b.value).square().sum().item<double>();
  }
  const double expected = sum / (2 * 7 * static_cast<double>(kQwen3.layers));
  EXPECT_NEAR(meter.loss().item<double>(), expected, 1e-4 * expected);

  at::Tensor mask = at::zeros({1, 9}, at::kBool);
  OracleKvMeter none(alone.receiver, mask, OracleLoss::kMse);
  const FuseObserver see_none = none.observer();
  rosetta.prefill({plan}, fused, 0, &see_none);
  EXPECT_EQ(none.loss().item<double>(), 0.0);
}

TEST(OracleKvMeter, TeachesAFuser) {
  const std::shared_ptr<CausalLm> receiver = tiny_model(kQwen3, 1), sharer = tiny_model(kGemma3, 2);
  auto fuser = std::make_shared<Fuser>();
  for (std::int64_t layer = 0; layer < kQwen3.layers; ++layer) {
    fuser->projectors.push_back(make_projector(
        "ReplaceProjector",
        {{"source_dim", 16}, {"target_dim", 8}, {"target_num_heads", 2}, {"hidden_dim", 16}, {"dropout", 0.0}}));
    fuser->layers[layer] = {{std::min<std::int64_t>(layer, 2), layer}};
  }
  std::vector<at::Tensor> parameters;
  for (const auto& projector : fuser->projectors)
    projector->visit("", [&](const ParameterRef& ref) {
      if (!ref.is_buffer) parameters.push_back(ref.tensor->requires_grad_());
    });
  const Rosetta rosetta(receiver, {{sharer, fuser}}, {});
  const std::vector<SectionPlan> plans = {plan_shared_ids(some_ids(9, 4), 1, 1)};
  RosettaState alone;
  read_alone(rosetta, plans, alone);
  const TrainingDraws draws{
      [](at::IntArrayRef shape, at::TensorOptions options) { return at::full(shape, 0.9, options); }};
  double first = 0, last = 0;
  for (int step = 0; step < 40; ++step) {
    OracleKvMeter meter(alone.receiver, {}, OracleLoss::kMse);
    const FuseObserver observer = meter.observer();
    RosettaState state;
    rosetta.forward(plans, state, {.training = true, .draws = &draws, .observer = &observer});
    const at::Tensor loss = meter.loss();
    loss.backward();
    (step == 0 ? first : last) = loss.item<double>();
    const at::NoGradGuard no_grad;
    for (at::Tensor& parameter : parameters) {
      ASSERT_TRUE(parameter.grad().defined());
      parameter.sub_(parameter.grad(), 0.02);
      parameter.mutable_grad().zero_();
    }
  }
  EXPECT_LT(last, 0.6 * first);
}

}  // namespace
}  // namespace c2c
