// Analytic gradients of every projector class against central differences, in double: every parameter and all four
// inputs, in training, with fixed draws and without dropout.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "c2c/fuser/object_json.h"
#include "c2c/fuser/projector.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;

struct Case {
  std::string name, projector;
  Json args;
  friend void PrintTo(const Case& one, std::ostream* out) { *out << one.projector << " " << one.args; }
};

constexpr std::int64_t kBatch = 2, kTokens = 3;

// Two sharer heads of 4, three receiver heads of 2.
Json geometry(const Json& more = {}) {
  Json args = {{"source_dim", 4}, {"target_dim", 2}, {"source_num_heads", 2}, {"target_num_heads", 3}};
  args["dtype"] = encode_dtype(at::kDouble);
  if (!more.is_null()) args.update(more);
  return args;
}

Json trained(const Json& more = {}) {
  Json args = geometry({{"hidden_dim", 6}, {"dropout", 0.0}, {"initial_temperature", 0.8}});
  if (!more.is_null()) args.update(more);
  return args;
}

Json all_in_one(const Json& more) {
  Json args = trained({{"scalar_temperature", 0.7}, {"weight_hidden_dim", 5}, {"max_sequence_length", 4}});
  args.update(more);
  return args;
}

void add_all_in_one_cases(std::vector<Case>& cases) {
  const auto add = [&](const std::string& name, const Json& more) {
    cases.push_back({"AllInOne_" + name, "AllInOneProjector", all_in_one(more)});
  };
  for (const char* kind : {"scalar", "token", "head", "head_merged", "value"}) {
    add(std::string("parameter_") + kind, {{"gate_granularity", kind}, {"weight_granularity", kind}});
    add(std::string("input_") + kind, {{"gate_granularity", kind},
                                       {"weight_granularity", kind},
                                       {"gate_depends_on_input", true},
                                       {"weight_depends_on_input", true}});
  }
  for (const char* features :
       {"target_value", "both", "target_projected_key", "target_projected_value", "target_projected_both"})
    add(std::string("features_") + features, {{"weight_depends_on_input", true},
                                              {"weight_granularity", "head_merged"},
                                              {"weight_input_features", features}});
  add("swiglu", {{"use_swiglu", true}, {"num_layers", 3}, {"use_concat", true}});
  add("relu", {{"activation", "relu"}, {"use_layer_norm", false}, {"num_layers", 3}});
  add("silu", {{"activation", "silu"}, {"preserve_target_weight", false}});
  add("residual", {{"target_dim", 4}, {"target_num_heads", 2}});  // as wide as the sharer
  add("without_self", {{"add_self", false}, {"num_layers", 1}});
  add("without_gumbel", {{"use_gumbel", false}});
}

std::vector<Case> all_cases() {
  std::vector<Case> cases = {
      {"C2C", "C2CProjector", trained({{"intermediate_dim", 5}})},
      {"C2C_deep", "C2CProjector", trained({{"intermediate_dim", 5}, {"num_layers", 5}})},
      {"Bottleneck", "BottleneckProjector", trained()},
      {"Bottleneck_deep", "BottleneckProjector", trained({{"num_layers", 3}, {"intermediate_dim", 7}})},
      {"Replace", "ReplaceProjector", trained()},
      {"Replace_plain", "ReplaceProjector",
       trained({{"activation", "silu"}, {"use_layer_norm", false}, {"num_layers", 2}})},
      {"Ridge", "RidgeProjector",
       geometry({{"alpha", 0.6}, {"source_frequencies", {1.0, 0.3}}, {"target_frequencies", Json::array({0.7})}})},
      {"Ridge_without_rope", "RidgeProjector", geometry({{"alpha", 0.6}})},
  };
  for (const int level : {0, 1, 2, 3, 4})
    cases.push_back({"Ablation_" + std::to_string(level), "AblationProjector",
                     trained({{"intermediate_dim", 5}, {"ablation_level", level}})});
  add_all_in_one_cases(cases);
  return cases;
}

at::Tensor random(at::IntArrayRef shape, std::uint64_t seed) {
  return at::randn(shape, at::make_generator<at::CPUGeneratorImpl>(seed), at::TensorOptions(at::kDouble));
}

KvPair random_kv(const KvGeometry& geometry, std::uint64_t seed) {
  const std::vector<std::int64_t> shape = {kBatch, geometry.kv_heads, kTokens, geometry.head_dim};
  return {random(shape, seed), random(shape, seed + 1)};
}

class GradientCheck : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    projector_ = make_projector(GetParam().projector, GetParam().args);
    sharer_ = random_kv(projector_->sharer_geometry(), 10);
    receiver_ = random_kv(projector_->receiver_geometry(), 20);
    cotangent_ = random_kv(projector_->receiver_geometry(), 30);
    context_.training = true;
    context_.draws = &draws_;
    context_.sharer_positions = at::tensor({0, 3, 4, 7, 8, 9}).view({kBatch, kTokens});
    context_.receiver_positions = at::tensor({2, 3, 4, 0, 1, 5}).view({kBatch, kTokens});
    std::uint64_t seed = 100;
    projector_->visit("", [&](const ParameterRef& ref) {
      if (ref.is_buffer) return;
      // Away from zero, so that nothing that starts at one or zero hides a missing factor.
      ref.tensor->copy_(random(ref.tensor->sizes(), seed++) * 0.5 + (ref.tensor->dim() == 1 ? 0.6 : 0.1));
      leaves_.emplace_back(ref.name, ref.tensor->requires_grad_(true));
    });
    leaves_.emplace_back("sharer key", sharer_.key.requires_grad_(true));
    leaves_.emplace_back("sharer value", sharer_.value.requires_grad_(true));
    leaves_.emplace_back("receiver key", receiver_.key.requires_grad_(true));
    leaves_.emplace_back("receiver value", receiver_.value.requires_grad_(true));
  }

  at::Tensor scalar() const {
    at::manual_seed(5);  // AllInOne's generators drop out a tenth even where dropout is 0
    const KvPair out = projector_->forward(sharer_, receiver_, context_);
    EXPECT_EQ(out.key.scalar_type(), at::kDouble);
    EXPECT_EQ(out.value.scalar_type(), at::kDouble);
    return (cotangent_.key * at::sin(out.key) + cotangent_.value * at::sin(out.value)).sum();
  }

  std::unique_ptr<Projector> projector_;
  KvPair sharer_, receiver_, cotangent_;
  TrainingDraws draws_{[](at::IntArrayRef shape, at::TensorOptions options) {
    EXPECT_EQ(options.dtype().toScalarType(), at::kDouble);
    return at::linspace(0.1, 0.9, c10::multiply_integers(shape), options).view(shape);
  }};
  ProjectContext context_;
  std::vector<std::pair<std::string, at::Tensor>> leaves_;
};

TEST_P(GradientCheck, EqualsCentralDifferences) {
  scalar().backward();
  const at::NoGradGuard no_grad;
  double largest = 0;
  for (auto& [name, leaf] : leaves_) {
    const at::Tensor values = leaf.detach().view({-1});
    const std::int64_t stride = std::max<std::int64_t>(1, values.numel() / 3);
    for (std::int64_t i = stride / 2; i < values.numel(); i += stride) {
      double* const entry = values.mutable_data_ptr<double>() + i;
      const double before = *entry, step = 1e-5;
      *entry = before + step;
      const double above = scalar().item<double>();
      *entry = before - step;
      const double below = scalar().item<double>();
      *entry = before;
      const double expected = (above - below) / (2 * step);
      const double found = leaf.grad().defined() ? leaf.grad().reshape({-1})[i].item<double>() : 0.0;
      EXPECT_NEAR(found, expected, 1e-7 * std::max(1.0, std::abs(expected))) << name << " " << i;
      largest = std::max(largest, std::abs(found));
    }
  }
  EXPECT_GT(largest, 1e-2) << "nothing depended on anything";
}

INSTANTIATE_TEST_SUITE_P(Projectors, GradientCheck, ::testing::ValuesIn(all_cases()),
                         [](const auto& one) { return one.param.name; });

TEST(GradientCheckCases, NameEveryRegisteredClass) {
  std::set<std::string> checked;
  for (const Case& one : all_cases()) checked.insert(one.projector);
  for (const std::string& name : registered_projectors()) EXPECT_TRUE(checked.contains(name)) << name;
}

}  // namespace
}  // namespace c2c
