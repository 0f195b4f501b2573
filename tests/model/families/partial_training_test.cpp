#include "c2c/model/families/partial_training.h"

#include <gtest/gtest.h>

#include "c2c/base/error.h"
#include "tests/model/families/tiny_model.h"

namespace c2c {
namespace {

using Names = std::vector<std::string>;

Names names_of(bool tied) {
  auto config = testing::tiny_config("qwen3");
  config["num_hidden_layers"] = 12;  // "model.layers.1" begins "model.layers.10" and "model.layers.11"
  config["tie_word_embeddings"] = tied;
  Names names;
  make_model(config_from_json("config.json", config.dump()), at::TensorOptions(at::kMeta))
      ->visit("", [&](const ParameterRef& ref) { names.push_back(ref.name); });
  return names;
}

bool has(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

TEST(PartialTraining, TakesTheLastLayersTheNormAndTheHead) {
  for (const bool tied : {false, true}) {
    const Names all = names_of(tied), trained = layer_wise_parameters(all, 12, 0.2);  // trunc(2.4)
    const std::size_t in_layer = 11;
    EXPECT_EQ(trained.size(), 2 * in_layer + 2);
    EXPECT_EQ(trained.front(), tied ? "model.embed_tokens.weight" : "model.layers.10.self_attn.q_proj.weight");
    EXPECT_EQ(trained.back(), tied ? "model.norm.weight" : "lm_head.weight");
    EXPECT_TRUE(has(trained, "model.layers.11.mlp.down_proj.weight"));
    EXPECT_TRUE(has(trained, "model.norm.weight"));
    EXPECT_FALSE(has(trained, "model.layers.1.mlp.down_proj.weight"));
    EXPECT_EQ(has(trained, "model.embed_tokens.weight"), tied);
    EXPECT_EQ(layer_wise_parameters(all, 12, 0).size(), 2U);
    EXPECT_EQ(layer_wise_parameters(all, 12, 1).size(), all.size() - (tied ? 0 : 1));
  }
}

TEST(PartialTraining, TakesTheLastParametersOfTheList) {
  const Names all = {"a", "b", "c", "d", "e"};
  EXPECT_EQ(parameter_wise_parameters(all, 0.6), (Names{"c", "d", "e"}));
  EXPECT_EQ(parameter_wise_parameters(all, 0.59), (Names{"d", "e"}));
  EXPECT_EQ(parameter_wise_parameters(all, 0.1), all);  // the slice [-0:] of the reference
  EXPECT_EQ(parameter_wise_parameters(all, 1), all);
}

TEST(PartialTraining, KnowsTheMethodByName) {
  const Names all = names_of(true);
  EXPECT_EQ(trained_parameters(all, 12, {}), layer_wise_parameters(all, 12, 0.6));
  EXPECT_EQ(trained_parameters(all, 12, {.method = "parameter_wise", .ratio = 0.3}),
            parameter_wise_parameters(all, 0.3));
  EXPECT_THROW(trained_parameters(all, 12, {.method = "other"}), Error);
  EXPECT_THROW(trained_parameters(all, 12, {.ratio = 1.5}), Error);
  EXPECT_THROW(trained_parameters(all, 12, {.method = "parameter_wise", .ratio = -0.1}), Error);
}

}  // namespace
}  // namespace c2c
