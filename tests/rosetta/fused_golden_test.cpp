#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "c2c/infer/generate/generate.h"
#include "c2c/rosetta/rosetta.h"
#include "c2c/tensor/weights/weight_source.h"
#include "tests/testing/golden.h"
#include "tests/testing/packed.h"
#include "tests/testing/parity_fuser.h"

namespace c2c {
namespace {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr double kTolerance = 2e-4;
constexpr std::size_t kBatch = 16;

std::vector<Section> sections_of(const ordered_json& json) {
  std::vector<Section> sections;
  for (const ordered_json& section : json) {
    const std::int64_t flag = section.at(1);
    sections.push_back({section.at(0), flag > 0 ? static_cast<SharerMask>(flag) : 0});
  }
  return sections;
}

std::vector<std::int32_t> ids_of(const at::Tensor& row) {
  std::vector<std::int32_t> ids;
  for (std::int64_t i = 0; i < row.size(0); ++i) ids.push_back(row[i].item<std::int32_t>());
  return ids;
}

std::vector<std::int64_t> wide(const std::vector<std::int32_t>& ids) {
  return {ids.begin(), ids.end()};
}

void expect_near(const at::Tensor& got, const at::Tensor& expected, const std::string& what) {
  ASSERT_EQ(got.sizes(), expected.sizes()) << what;
  EXPECT_LE((got - expected).abs().max().item<double>(), kTolerance) << what;
}

class FusedGolden : public ::testing::TestWithParam<std::string> {
 protected:
  FusedGolden() {
    const fs::path root = testing::golden_dir();
    case_ = testing::read_golden_json(root / "fused" / (GetParam() + ".json"));
    tensors_ = open_weights(root / "fused" / (GetParam() + ".safetensors"));
    const auto model = [&](const std::string& name) {
      return std::shared_ptr<const CausalLm>(load_model(root / "models" / name, testing::float_options()));
    };
    std::vector<SharerEntry> sharers;
    for (const std::string name : case_.at("sharers")) {
      const fs::path folder =
          root / "fusers" / case_.at("checkpoint").get<std::string>() / ("sharer" + std::to_string(sharers.size() + 1));
      sharers.push_back({model(name), testing::load_float_fuser(folder)});
    }
    rosetta_.emplace(
        model(case_.at("receiver")), std::move(sharers),
        RosettaOptions{case_.value("mode", "parallel") == "parallel" ? FusionMode::kParallel : FusionMode::kSequential,
                       case_.value("include_response", false)});
  }

  bool has(const std::string& name) const { return tensors_->find(name) != nullptr; }
  at::Tensor load(const std::string& name, at::ScalarType dtype = at::kFloat) const {
    EXPECT_TRUE(has(name)) << name;
    return tensors_->load(*tensors_->find(name), dtype);
  }

  // Model `m` reads input_ids.m under attention_mask.m; sharers without their own read the receiver's.
  std::string name_of(const std::string& what, std::size_t m) const {
    const std::string own = what + "." + std::to_string(m);
    return has(own) ? own : what + ".0";
  }
  std::vector<SectionPlan> plans(const ordered_json& sections) const {
    const std::int64_t batch = load("input_ids.0").size(0);
    std::vector<SectionPlan> plans(static_cast<std::size_t>(batch));
    for (std::int64_t row = 0; row < batch; ++row) {
      const auto ids = [&](std::size_t m) { return ids_of(load(name_of("input_ids", m))[row]); };
      const auto padding = [&](std::size_t m) {
        std::vector<bool> pads;
        for (const std::int32_t real : ids_of(load(name_of("attention_mask", m))[row])) pads.push_back(real == 0);
        return pads;
      };
      SectionPlan& plan = plans[static_cast<std::size_t>(row)];
      plan = {.ids = ids(0), .padding = padding(0), .sections = sections_of(sections)};
      for (std::size_t m = 1; m <= rosetta_->sharers().size(); ++m)
        plan.sharers.push_back({.ids = ids(m), .padding = padding(m)});
    }
    return plans;
  }

  ordered_json case_;
  std::shared_ptr<WeightSource> tensors_;
  std::optional<Rosetta> rosetta_;
};

TEST_P(FusedGolden, CacheAndLogits) {
  RosettaState state;
  const at::NoGradGuard no_grad;
  const ForwardOutput output = rosetta_->forward(plans(case_.at("sections")), state);
  expect_near(rosetta_->receiver().logits(output.hidden_BNC), load("last_section_logits"), "last_section_logits");
  for (std::int64_t layer = 0; layer < rosetta_->receiver().kv_geometry().layers; ++layer) {
    const std::string index = std::to_string(layer);
    expect_near(state.receiver.layer(layer).key, load("fused_key." + index), "fused_key." + index);
    expect_near(state.receiver.layer(layer).value, load("fused_value." + index), "fused_value." + index);
  }
}

TEST_P(FusedGolden, Continuation) {
  const auto batch = plans(case_.contains("generate_sections") ? case_.at("generate_sections") : case_.at("sections"));
  GenerateOptions options{.max_new_tokens = case_.at("new_tokens")};
  options.sampling.repetition_penalty = case_.value("repetition_penalty", 1.0);
  options.sampling.presence_penalty = case_.value("presence_penalty", 0.0);
  options.sampling.frequency_penalty = case_.value("frequency_penalty", 0.0);
  std::vector<std::vector<std::int64_t>> prompts;
  for (const SectionPlan& plan : batch) prompts.push_back(wide(plan.ids));
  RosettaState state;
  const at::Tensor first = rosetta_->prefill(batch, state, options.max_new_tokens);
  const auto rows =
      generate(first, prompts, [&](const at::Tensor& ids) { return rosetta_->decode(ids, state); }, options);
  const at::Tensor expected = load("generated_ids", at::kLong);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    std::vector<std::int64_t> all = prompts[row];
    all.insert(all.end(), rows[row].ids.begin(), rows[row].ids.end());
    EXPECT_EQ(all, wide(ids_of(expected[static_cast<std::int64_t>(row)]))) << "row " << row;
  }
}

INSTANTIATE_TEST_SUITE_P(All, FusedGolden, ::testing::ValuesIn(testing::golden_names("fused")), testing::ParamName());

// The real pair, token for token.
struct RealPair {
  RealPair() {
    const fs::path models = testing::deps_dir() / "models";
    const fs::path fuser = testing::parity_fuser();
    for (const fs::path& path : {models / "smollm2-135m-instruct.gguf", models / "gemma-3-270m.gguf", fuser})
      if (!fs::exists(path)) missing = path.string();
    if (!missing.empty()) return;
    const LoadOptions options = testing::float_options();
    rosetta.emplace(
        load_model(models / "smollm2-135m-instruct.gguf", options),
        std::vector<SharerEntry>{{load_model(models / "gemma-3-270m.gguf", options), testing::load_float_fuser(fuser)}},
        RosettaOptions{FusionMode::kParallel, false});
  }
  std::string missing;
  std::optional<Rosetta> rosetta;
};

SectionPlan real_plan(const ordered_json& row, bool fused) {
  SectionPlan plan{.ids = row.at("receiver_ids"),
                   .padding = row.at("receiver_pad"),
                   .sections = sections_of(row.at("sections")),
                   .sharers = {{.ids = row.at("sharer_ids"), .padding = row.at("sharer_pad")}}};
  for (Section& section : plan.sections)
    if (!fused) section.mask = 0;
  return plan;
}

TEST(FusedGoldenReal, ContinuationsOfTheRealPair) {
  const ordered_json rows = testing::read_golden_json(testing::golden_real_dir() / "fused.json").at("rows");
  RealPair pair;
  if (!pair.missing.empty()) GTEST_SKIP() << pair.missing << " is not there: run ./run fetch";
  ASSERT_FALSE(rows.empty());
  for (const bool fused : {true, false}) {
    // Batches: prompts differ in length, and so do their continuations.
    for (std::size_t begin = 0; begin < rows.size(); begin += kBatch) {
      const std::size_t end = std::min(rows.size(), begin + kBatch);
      std::vector<SectionPlan> plans;
      for (std::size_t i = begin; i < end; ++i) plans.push_back(real_plan(rows[i], fused));
      RosettaState state;
      const at::Tensor first = pair.rosetta->prefill(plans, state, 32);
      const auto results = generate(first, {}, [&](const at::Tensor& ids) { return pair.rosetta->decode(ids, state); },
                                    {.max_new_tokens = 32, .stop_ids = {2}});
      for (std::size_t i = begin; i < end; ++i)
        EXPECT_EQ(results[i - begin].ids,
                  rows[i].at(fused ? "fused_new_ids" : "receiver_only_new_ids").get<std::vector<std::int64_t>>())
            << "row " << i << (fused ? " fused" : " receiver only");
    }
  }
}

}  // namespace
}  // namespace c2c
