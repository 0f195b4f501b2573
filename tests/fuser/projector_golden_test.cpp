// Every projector of the golden set: outputs in evaluation and training, gradients, and the layer mappings.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <map>

#include "c2c/fuser/fuser.h"
#include "c2c/fuser/projector.h"
#include "c2c/tensor/weights/weight_source.h"
#include "tests/testing/golden.h"

namespace c2c {
namespace {

using testing::golden_dir;
using testing::read_golden_json;

constexpr double kTolerance = 1e-5;

struct Case {
  nlohmann::ordered_json description;
  std::map<std::string, at::Tensor> tensors;
  KvPair source, target;

  explicit Case(const std::string& name) {
    const auto stem = golden_dir() / "projector" / name;
    description = read_golden_json(stem.string() + ".json");
    const auto weights = open_weights(stem.string() + ".safetensors");
    for (const auto& info : weights->tensors()) tensors[info.name] = weights->load(info, at::kFloat);
    source = {tensors.at("source_key"), tensors.at("source_value")};
    target = {tensors.at("target_key"), tensors.at("target_value")};
  }

  // Max absolute difference, with the tolerance growing with the expected tensor's own size.
  void expect_near(const at::Tensor& found, const std::string& name) const {
    const at::Tensor& expected = tensors.at(name);
    ASSERT_EQ(found.sizes(), expected.sizes()) << name;
    const double scale = std::max(1.0, expected.abs().max().item<double>());
    EXPECT_LE((found.to(at::kFloat) - expected).abs().max().item<double>(), kTolerance * scale) << name;
  }

  // Parameters of the file under the projector's own names; none may be missing or left over.
  void fill(Projector& projector) const {
    std::size_t used = 0, held = 0;
    projector.visit("param.", [&](const ParameterRef& ref) {
      ASSERT_TRUE(tensors.contains(ref.name)) << ref.name;
      ASSERT_EQ(ref.tensor->sizes(), tensors.at(ref.name).sizes()) << ref.name;
      *ref.tensor = tensors.at(ref.name).clone();
      ++used;
    });
    for (const auto& [name, tensor] : tensors) held += name.starts_with("param.");
    EXPECT_EQ(used, held);
  }
};

class EvalGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(EvalGolden, OutputEqualsReference) {
  const Case golden(GetParam());
  const auto projector = make_projector(golden.description["class"], golden.description["init_args"]);
  golden.fill(*projector);
  for (const bool grad_mode : {false, true}) {
    const at::AutoGradMode mode(grad_mode);
    const KvPair out = projector->forward(golden.source, golden.target, {});
    golden.expect_near(out.key, "eval_key");
    golden.expect_near(out.value, "eval_value");
  }
}

std::vector<std::string> eval_cases() {
  auto names = testing::golden_names("projector", "c2c_");
  for (const auto& name : read_golden_json(golden_dir() / "projector/others.json")) names.push_back(name);
  return names;
}
INSTANTIATE_TEST_SUITE_P(Projector, EvalGolden, ::testing::ValuesIn(eval_cases()), testing::ParamName());

class TrainGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(TrainGolden, OutputAndGradientsEqualReference) {
  Case golden(GetParam());
  auto args = golden.description["init_args"];
  const auto& schedule = golden.description["temperature_schedule"];
  args["initial_temperature"] = schedule[0];
  args["final_temperature"] = schedule[1];
  args["anneal_steps"] = schedule[2];
  const auto projector = make_projector(golden.description["class"], args);
  golden.fill(*projector);
  projector->set_temperature_step(golden.description["temperature_step"]);
  std::map<std::string, at::Tensor> leaves;
  projector->visit("grad.", [&](const ParameterRef& ref) {
    if (ref.is_buffer)
      EXPECT_EQ(ref.tensor->item<float>(), golden.description["temperature"].get<float>());
    else
      leaves[ref.name] = ref.tensor->requires_grad_(true);
  });
  for (const char* name : {"source_key", "source_value", "target_key", "target_value"})
    leaves[std::string("grad_in.") + name] = golden.tensors.at(name).requires_grad_(true);

  std::size_t draw = 0;
  const TrainingDraws draws{[&](at::IntArrayRef shape, at::TensorOptions) {
    const at::Tensor u = golden.tensors.at(draw++ == 0 ? "u_key" : "u_value");
    EXPECT_EQ(u.sizes(), shape);
    return u;
  }};
  const KvPair out = projector->forward(golden.source, golden.target, {.training = true, .draws = &draws});
  EXPECT_EQ(draw, 2u);
  golden.expect_near(out.key, "train_key");
  golden.expect_near(out.value, "train_value");
  ((out.key * golden.tensors.at("out_grad_key")).sum() + (out.value * golden.tensors.at("out_grad_value")).sum())
      .backward();
  for (const auto& [name, leaf] : leaves) {
    ASSERT_TRUE(leaf.grad().defined()) << name;
    golden.expect_near(leaf.grad(), name);
  }
}
INSTANTIATE_TEST_SUITE_P(Projector, TrainGolden, ::testing::ValuesIn(testing::golden_names("projector", "c2c_")),
                         testing::ParamName());

TEST(LayerMappingGolden, EqualsReference) {
  const auto rows = read_golden_json(golden_dir() / "align/layer_mapping.json");
  ASSERT_FALSE(rows.empty());
  const auto compare = [](const nlohmann::ordered_json& row, const char* name,
                          const std::vector<std::vector<std::int64_t>>& found) {
    ASSERT_EQ(found.size(), row[name].size()) << row;
    for (std::size_t t = 0; t < found.size(); ++t)
      EXPECT_EQ(nlohmann::ordered_json(found[t]), row[name][std::to_string(t)]) << name << row;
  };
  for (const auto& row : rows) {
    compare(row, "last_aligned", last_aligned_sources(row["targets"], row["sources"], row["k"]));
    compare(row, "k_nearest", k_nearest_sources(row["targets"], row["sources"], row["k"]));
  }
}

}  // namespace
}  // namespace c2c
