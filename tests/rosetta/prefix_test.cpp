// A prefix that was read before changes nothing but the work.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "tests/rosetta/tiny.h"

namespace c2c {
namespace {

using testing::tiny_config;
using testing::tiny_fuser;
using testing::tiny_model;

constexpr std::int64_t kPrefix = 6;

std::vector<std::int32_t> ids_of(std::int64_t count, std::int32_t seed) {
  std::vector<std::int32_t> ids;
  for (std::int64_t i = 0; i < count; ++i)
    ids.push_back(static_cast<std::int32_t>((i < kPrefix ? 3 + i : 7 * seed + 5 * i) % 60));
  return ids;
}

// Rows of unequal length that begin alike; several fused sections; a sharer with tokens of its own; pads of the plan's.
std::vector<SectionPlan> plans() {
  std::vector<SectionPlan> out;
  for (std::int32_t row = 0; row < 3; ++row) {
    const std::int64_t fused = 3 + 2 * row;
    SectionPlan plan;
    plan.ids = ids_of(kPrefix + fused + 7, row + 1);
    plan.sections = {{kPrefix - 1, 0}, {fused, 1}, {2, 0}, {2, 3}, {4, 0}};
    plan.padding.assign(plan.ids.size(), false);
    plan.padding[4] = true;
    SharerPlan same{.ids = plan.ids, .padding = plan.padding};
    SharerPlan own{.ids = ids_of(kPrefix + 4 + row, row + 9)};
    for (std::size_t i = 0; i < plan.ids.size(); ++i)
      own.source.push_back(static_cast<std::int64_t>(i) % (kPrefix + 4 + row));
    plan.sharers = {same, own};
    out.push_back(std::move(plan));
  }
  return out;
}

struct Outcome {
  at::Tensor hidden;
  std::vector<at::Tensor> gradients;
  at::Tensor next;
};

class PrefixTest : public ::testing::TestWithParam<std::tuple<FusionMode, bool, Family>> {
 protected:
  PrefixTest() {
    const ModelConfig receiver = tiny_config(Family::kQwen3, 4, 2, 8);
    ModelConfig first = tiny_config(std::get<2>(GetParam()), 3, 1, 12);
    first.sliding_window = first.layer_is_local.empty() ? 0 : 64;
    const ModelConfig second = tiny_config(Family::kLlama, 5, 2, 8);
    fusers_ = {tiny_fuser(receiver.kv_geometry(), first.kv_geometry(), 5, true, at::kDouble),
               tiny_fuser(receiver.kv_geometry(), second.kv_geometry(), 900, true, at::kDouble)};
    for (const auto& fuser : fusers_)
      for (const auto& projector : fuser->projectors)
        projector->visit("", [&](const ParameterRef& ref) {
          if (!ref.is_buffer) parameters_.push_back(ref.tensor->requires_grad_());
        });
    const auto count = [&](const ModelConfig& config, std::uint64_t seed) {
      calls_.push_back(std::make_shared<testing::Calls>());
      return std::make_shared<testing::CountingModel>(tiny_model(config, seed, at::kDouble), calls_.back());
    };
    rosetta_.emplace(count(receiver, 1),
                     std::vector<SharerEntry>{{count(first, 50), fusers_[0]}, {count(second, 90), fusers_[1]}},
                     RosettaOptions{.fusion = std::get<0>(GetParam()), .include_response = std::get<1>(GetParam())});
  }

  Outcome run(const PrefixCache* prefix) {
    const at::AutoGradMode gradients(true);
    const TrainingDraws draws{
        [](at::IntArrayRef shape, at::TensorOptions options) { return at::full(shape, 0.4, options); }};
    RosettaState state;
    const ForwardOutput output =
        rosetta_->forward(plans(), state, {.training = true, .draws = &draws, .prefix = prefix});
    torch::autograd::backward({(output.hidden_BNC * output.section_BN.unsqueeze(-1)).square().sum()}, {});
    Outcome out{(output.hidden_BNC * output.section_BN.unsqueeze(-1)).detach(), {}, {}};
    for (at::Tensor& parameter : parameters_) {
      out.gradients.push_back(parameter.grad().defined() ? parameter.grad().clone() : at::zeros_like(parameter));
      parameter.mutable_grad().reset();
    }
    RosettaState again;
    const at::NoGradGuard no_grad;
    rosetta_->forward(plans(), again, {.prefix = prefix});
    out.next = rosetta_->decode(at::tensor({1, 2, 3}, at::kLong), again);
    return out;
  }

  std::vector<std::shared_ptr<testing::Calls>> calls_;
  std::vector<std::shared_ptr<Fuser>> fusers_;
  std::vector<at::Tensor> parameters_;
  std::optional<Rosetta> rosetta_;
};

TEST_P(PrefixTest, ChangesNothingButTheWork) {
  const Outcome whole = run(nullptr);
  const std::int64_t tokens = calls_[0]->tokens.front();
  const PrefixCache prefix = rosetta_->read_prefix(plans()[1], kPrefix + 3, {kPrefix, kPrefix});
  for (auto& calls : calls_) calls->tokens.clear();
  const Outcome shared = run(&prefix);
  EXPECT_LE((whole.hidden - shared.hidden).abs().max().item<double>(), 1e-10);
  EXPECT_LE((whole.next - shared.next).abs().max().item<double>(), 2e-5);
  double largest = 0;
  for (std::size_t i = 0; i < whole.gradients.size(); ++i) {
    const double scale = whole.gradients[i].abs().max().item<double>();
    EXPECT_LE((whole.gradients[i] - shared.gradients[i]).abs().max().item<double>(), 1e-9 * scale + 1e-12);
    largest = std::max(largest, scale);
  }
  EXPECT_GT(largest, 0.1);
  EXPECT_EQ(calls_[0]->tokens.front(), tokens - kPrefix);  // what rows agree on, not what was read
}

INSTANTIATE_TEST_SUITE_P(All, PrefixTest,
                         ::testing::Combine(::testing::Values(FusionMode::kSequential, FusionMode::kParallel),
                                            ::testing::Bool(), ::testing::Values(Family::kQwen2, Family::kGemma3)));

}  // namespace
}  // namespace c2c
