// Recipes: the reference's eight as they were published, YAML, overrides, and what is refused.
#include "c2c/train/trainer/recipe.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/io/formats/format_testing.h"
#include "tests/train/trainer/tiny_recipe.h"

namespace c2c {
namespace {

using testing::Json;
namespace fs = std::filesystem;

fs::path published(const std::string& name) {
  return fs::path(C2C_SOURCE_DIR) / "tests/train/recipes" / name;
}

const Json kSmall = {
    {"model", {{"base_model", "org/a"}, {"teacher_model", "org/b"}, {"projector", {{"type", "C2CProjector"}}}}},
    {"training", {{"learning_rate", 1e-4}}},
    {"output", {{"output_dir", "run"}}},
    {"data", {{"type", "ChatJsonlDataset"}, {"kwargs", {{"data_path", "chats.jsonl"}}}}}};

TrainRecipe parse(const Json& json, const std::vector<std::string>& overrides = {}) {
  return parse_train_recipe(json.dump(), "recipe.json", overrides);
}

// The message of the usage error that the recipe gives.
std::string complaint(const Json& json, const std::vector<std::string>& overrides = {}) {
  try {
    parse(json, overrides);
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2) << error.what();
    return error.what();
  }
  return "";
}

void expect_parts(const std::string& text, const std::vector<std::string>& parts) {
  for (const std::string& part : parts) EXPECT_NE(text.find(part), std::string::npos) << part << " is not in: " << text;
}

TEST(Recipe, AllPublishedOnesAreRead) {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(published(""))) {
    const Json json = Json::parse(std::ifstream(entry.path()));
    SCOPED_TRACE(entry.path().filename());
    const TrainRecipe recipe = load_recipe(entry.path());
    const Json &model = json.at("model"), &training = json.at("training");
    EXPECT_EQ(recipe.is_baseline(), !model.contains("base_model"));
    if (!recipe.is_baseline()) {
      EXPECT_EQ(recipe.model.base.model, model.at("base_model"));
      ASSERT_EQ(recipe.model.teachers.size(), 1U);
      EXPECT_EQ(recipe.model.teachers[0].model, model.at("teacher_model"));
      EXPECT_EQ(recipe.model.projector.type, model.at("projector").at("type"));
      EXPECT_EQ(recipe.model.projector.params, model.at("projector").at("params"));
      EXPECT_EQ(recipe.model.include_response, model.value("include_response", false));
    }
    EXPECT_EQ(recipe.training.learning_rate, training.at("learning_rate").get<double>());
    EXPECT_EQ(recipe.training.num_epochs, training.at("num_epochs").get<std::int64_t>());
    EXPECT_EQ(recipe.training.max_length, training.at("max_length").get<std::int64_t>());
    EXPECT_EQ(recipe.training.batch_size, training.at("per_device_train_batch_size").get<std::int64_t>());
    EXPECT_EQ(recipe.training.accumulation, training.value("gradient_accumulation_steps", 1));
    EXPECT_EQ(recipe.training.freeze, training.value("freeze", std::vector<std::string>{}));
    EXPECT_EQ(recipe.training.device, training.value("device", std::string("cuda")));
    EXPECT_EQ(recipe.training.has_lora, training.contains("lora"));
    EXPECT_EQ(recipe.training.has_partial, training.contains("partial_training"));
    EXPECT_EQ(recipe.output.save_steps, json.at("output").at("save_steps").get<std::int64_t>());
    EXPECT_EQ(recipe.output.eval_steps, json.at("output").at("eval_steps").get<std::int64_t>());
    EXPECT_EQ(recipe.data.train.type, json.at("data").at("type"));
    EXPECT_EQ(recipe.data.train.kwargs, json.at("data").at("kwargs"));
    EXPECT_EQ(recipe.data.train_ratio, json.at("data").at("train_ratio").get<double>());
    ++count;
  }
  EXPECT_EQ(count, 8);
}

TEST(Recipe, ALoraSectionSaysRankScaleAndModules) {
  const auto lora = load_recipe(published("baseline_lora_config.json")).training.lora;
  EXPECT_EQ(lora.r, 16);
  EXPECT_EQ(lora.alpha, 32);
  EXPECT_EQ(lora.dropout, 0.1);
  EXPECT_EQ(lora.target_modules.size(), 7U);
  const auto partial = load_recipe(published("baseline_partial_config.json")).training.partial;
  EXPECT_EQ(partial.method, "layer_wise");
  EXPECT_EQ(partial.ratio, 0.6);
}

TEST(Recipe, YamlSaysTheSame) {
  const std::string text =
      "model:\n  base_model: org/a\n  teacher_model: [org/b, org/c]\n  is_do_alignment: true\n  alignment_strategy: "
      "span\n"
      "  projector:\n    type: C2CProjector\n    params: {hidden_dim: 16}\n"
      "training:\n  learning_rate: 1e-3\n  freeze:\n    - teacher\n    - base\n"
      "output:\n  output_dir: run\ndata:\n  type: ChatJsonlDataset\n  kwargs:\n    data_path: chats.jsonl\n"
      "  eval:\n    type: MMLUChatDataset\n    kwargs: {split: test}\n";
  const TrainRecipe recipe = parse_train_recipe(text, "recipe.yaml");
  EXPECT_EQ(recipe.text, text);
  ASSERT_EQ(recipe.model.teachers.size(), 2U);
  EXPECT_EQ(recipe.model.teachers[1].model, "org/c");
  EXPECT_EQ(recipe.model.alignment_strategy, "span");
  EXPECT_EQ(recipe.model.projector.params, (Json{{"hidden_dim", 16}}));
  EXPECT_EQ(recipe.training.learning_rate, 1e-3);
  EXPECT_EQ(recipe.training.freeze, (std::vector<std::string>{"teacher", "base"}));
  EXPECT_TRUE(recipe.data.eval.said);
  EXPECT_EQ(recipe.data.eval.type, "MMLUChatDataset");
  EXPECT_EQ(recipe.data.eval.kwargs, (Json{{"split", "test"}}));
}

TEST(Recipe, OverridesAreWhatTheRunKeeps) {
  const TrainRecipe recipe =
      parse(kSmall, {"training.learning_rate=0.5", "model.projector.params.hidden_dim=8", "training.freeze=[\"base\"]",
                     "output.output_dir=/tmp/a b", "data.kwargs.num_samples=3", "model.teacher_model=org/other"});
  EXPECT_EQ(recipe.training.learning_rate, 0.5);
  EXPECT_EQ(recipe.model.projector.params, (Json{{"hidden_dim", 8}}));
  EXPECT_EQ(recipe.training.freeze, (std::vector<std::string>{"base"}));
  EXPECT_EQ(recipe.output.dir, "/tmp/a b");
  EXPECT_EQ(recipe.data.train.kwargs.at("num_samples"), 3);
  EXPECT_EQ(recipe.model.teachers.at(0).model, "org/other");
  const TrainRecipe again = parse_train_recipe(recipe.text, "config.json");
  EXPECT_EQ(again.training.learning_rate, 0.5);
  EXPECT_EQ(again.output.dir, "/tmp/a b");
  expect_parts(complaint(kSmall, {"learning_rate"}), {"section.key=value"});
  expect_parts(complaint(kSmall, {"training.learning_rate.x=1"}), {"training.learning_rate.x=1"});
  expect_parts(complaint(kSmall, {"training.learning_rat=1"}), {"learning_rat", "learning_rate"});
}

TEST(Recipe, UnknownKeysNameTheNearest) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"/training/learning_rat", "learning_rate"}, {"/trainin", "training"},
      {"/model/base_modle", "base_model"},         {"/output/save_step", "save_steps"},
      {"/data/train_ration", "train_ratio"},       {"/training/lora/rank", "r"},
      {"/model/projector/parms", "params"},        {"/data/eval/kwarg", "kwargs"},
      {"/data/kwarg", "did you mean kwargs?"}};
  for (const auto& [place, near] : cases) {
    Json json = kSmall;
    json[Json::json_pointer(place)] = 1;
    const std::string key = std::string(place).substr(std::string(place).rfind('/') + 1);
    expect_parts(complaint(json), {"recipe.json", key, near});
  }
}

TEST(Recipe, WrongTypesAndValuesNameTheKey) {
  const std::vector<std::tuple<const char*, Json, const char*>> cases = {
      {"/training/learning_rate", "fast", "learning_rate"},
      {"/training/learning_rate", -1, "learning_rate"},
      {"/training/num_epochs", 1.5, "num_epochs"},
      {"/training/per_device_train_batch_size", 0, "per_device_train_batch_size"},
      {"/training/gradient_accumulation_steps", 0, "gradient_accumulation_steps"},
      {"/training/freeze", Json::object(), "freeze"},
      {"/training/device", "gpu", "cuda:N"},
      {"/training/device", "cuda:", "cuda:N"},
      {"/training/dtype", "fp8", "dtype"},
      {"/training/loss_reduction", "sum", "loss_reduction"},
      {"/training/scheduler_type", "linea", "linear"},
      {"/model/mapping", "first", "mapping"},
      {"/model/projector/params", 3, "params"},
      {"/model/is_do_alignment", "yes please", "is_do_alignment"},
      {"/model/multi_source_fusion_mode", "both", "multi_source_fusion_mode"},
      {"/data/kwargs", "x", "kwargs"},
      {"/data/eval", 3, "eval"},
      {"/data", 3, "data"},
      {"/output", Json::array(), "output"}};
  for (const auto& [place, value, part] : cases) {
    Json json = kSmall;
    json[Json::json_pointer(place)] = value;
    SCOPED_TRACE(place);
    expect_parts(complaint(json), {part});
  }
}

TEST(Recipe, WhatIsMissingIsNamed) {
  const std::vector<std::pair<const char*, const char*>> cases = {{"/model/base_model", "base_model"},
                                                                  {"/model/teacher_model", "model.teacher_model"},
                                                                  {"/data/type", "ChatJsonlDataset"},
                                                                  {"/output/output_dir", "output.output_dir"}};
  for (const auto& [place, part] : cases) {
    Json json = kSmall;
    const Json::json_pointer pointer(place);
    json[pointer.parent_pointer()].erase(pointer.back());
    expect_parts(complaint(json), {part});
  }
  EXPECT_NE(testing::error_of([] { parse_train_recipe("[1]", "r.json"); }), "");
  EXPECT_NE(testing::error_of([] { parse_train_recipe("{", "r.json"); }), "");
  EXPECT_NE(testing::error_of([] { load_recipe("/nowhere/r.json"); }), "");
}

}  // namespace
}  // namespace c2c
