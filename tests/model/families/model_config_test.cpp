#include "c2c/model/families/model_config.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <regex>

#include "c2c/base/error.h"
#include "c2c/model/families/rope_frequencies.h"
#include "tests/model/families/tiny_model.h"
#include "tests/testing/golden.h"

namespace c2c {
namespace {

using testing::Json;
using testing::tiny_config;

ModelConfig parse(const Json& config) {
  return config_from_json("some/config.json", config.dump());
}

// The published models of the C2C pairs: names and shapes as transformers' classes have them (tools/model_names.py).
TEST(PublishedModels, HaveTheParametersOfTransformersClasses) {
  const auto folder = std::filesystem::path(C2C_SOURCE_DIR) / "tests/model/families/data";
  int models = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    SCOPED_TRACE(entry.path().filename().string());
    const Json document = testing::read_golden_json(entry.path());
    const ModelConfig config = parse(document.at("config"));
    const auto model = make_model(config, at::TensorOptions(at::kBFloat16).device(at::kMeta));
    std::map<std::string, std::vector<std::int64_t>> expected, found;
    for (const auto& [name, shape] : document.at("parameters").items())
      for (std::int64_t layer = 0; layer < (name.find('*') == std::string::npos ? 1 : config.layers); ++layer)
        expected[std::regex_replace(name, std::regex("\\*"), std::to_string(layer))] =
            shape.get<std::vector<std::int64_t>>();
    model->visit("", [&](const ParameterRef& ref) { found[ref.name] = ref.tensor->sizes().vec(); });
    EXPECT_EQ(found, expected);
    std::string kinds;
    for (const bool local : config.layer_is_local) kinds += local ? 'l' : 'g';
    EXPECT_EQ(kinds, document.value("layer_kinds", ""));
    ++models;
  }
  EXPECT_GE(models, 11);
}

TEST(ConfigFromJson, ReadsTheNestedTextConfigOfMultimodalGemma) {
  // google/gemma-3-4b-it says little and leaves the rest to the defaults of its class.
  const Json text = {{"model_type", "gemma3_text"}, {"hidden_size", 2560},
                     {"intermediate_size", 10240},  {"num_hidden_layers", 34},
                     {"sliding_window", 1024},      {"rope_scaling", {{"factor", 8.0}, {"rope_type", "linear"}}}};
  const ModelConfig config = parse(
      {{"model_type", "gemma3"}, {"eos_token_id", {1, 106}}, {"text_config", text}, {"vision_config", Json::object()}});
  EXPECT_EQ(config.heads, 8);
  EXPECT_EQ(config.kv_heads, 4);
  EXPECT_EQ(config.head_dim, 256);
  EXPECT_EQ(config.vocab_size, 262208);
  EXPECT_EQ(config.eos_ids, (std::vector<std::int64_t>{1, 106}));
  EXPECT_EQ(config.rope_scaling.type, "linear");
  EXPECT_TRUE(config.layer_is_local[0]);
  EXPECT_FALSE(config.layer_is_local[5]);
  EXPECT_TRUE(config.tied_embeddings);
}

TEST(ConfigFromJson, GenerationConfigNamesTheStopTokens) {
  const ModelConfig config = config_from_json("c", tiny_config("qwen3").dump(), R"({"eos_token_id": [3, 4]})");
  EXPECT_EQ(config.eos_ids, (std::vector<std::int64_t>{3, 4}));
  EXPECT_EQ(parse(tiny_config("qwen3")).eos_ids, (std::vector<std::int64_t>{7}));
}

TEST(ConfigFromJson, ReadsWhatTransformers5Writes) {
  Json config = tiny_config("gemma3_text");
  config["rope_parameters"] = {{"full_attention", {{"rope_theta", 5e5}, {"rope_type", "linear"}, {"factor", 4.0}}},
                               {"sliding_attention", {{"rope_theta", 2e4}, {"rope_type", "default"}}}};
  config["layer_types"] = {"full_attention", "sliding_attention", "full_attention"};
  const ModelConfig parsed = parse(config);
  EXPECT_EQ(parsed.rope_theta, 5e5);
  EXPECT_EQ(parsed.rope_local_theta, 2e4);
  EXPECT_EQ(parsed.rope_scaling.factor, 4.0);
  EXPECT_EQ(parsed.layer_is_local, (std::vector<bool>{false, true, false}));
}

// Each row: what is wrong, and the key that the message must name.
TEST(ConfigFromJson, HostileAndBrokenConfigsAreClearErrors) {
  const std::vector<std::pair<Json, std::string>> rows = {
      {{{"model_type", "bert"}}, "model_type"},
      {{{"hidden_size", -8}}, "hidden_size"},
      {{{"hidden_size", nullptr}}, "hidden_size"},
      {{{"hidden_size", "large"}}, "hidden_size"},
      {{{"hidden_size", 1e30}}, "hidden_size"},
      {{{"hidden_size", 18446744073709551615ull}}, "hidden_size"},
      {{{"num_hidden_layers", 0}}, "num_hidden_layers"},
      {{{"num_hidden_layers", 4000000000000ll}}, "num_hidden_layers"},
      {{{"num_attention_heads", 0}}, "num_attention_heads"},
      {{{"num_key_value_heads", 3}}, "num_key_value_heads"},
      {{{"head_dim", 7}}, "head_dim"},
      {{{"head_dim", 0}}, "head_dim"},
      {{{"vocab_size", 9000000000ll}}, "vocab_size"},
      {{{"intermediate_size", 0}}, "intermediate_size"},
      {{{"max_position_embeddings", -1}}, "max_position_embeddings"},
      {{{"rms_norm_eps", 0.0}}, "rms_norm_eps"},
      {{{"rope_theta", -1.0}}, "rope_theta"},
      {{{"rope_scaling", {{"rope_type", "yarn"}, {"factor", 4.0}}}}, "rope_scaling.rope_type"},
      {{{"rope_scaling", {{"rope_type", "linear"}, {"factor", 0.0}}}}, "rope_scaling.factor"},
      {{{"rope_scaling", 3}}, "rope_scaling"},
      {{{"tie_word_embeddings", 1}}, "tie_word_embeddings"},
      {{{"hidden_act", "relu"}}, "hidden_act"},
      {{{"eos_token_id", "end"}}, "eos_token_id"},
      {{{"eos_token_id", {1, "end"}}}, "eos_token_id"},
      {{{"use_sliding_window", true}, {"sliding_window", -5}}, "sliding_window"},
      {{{"use_sliding_window", true}, {"sliding_window", 5}, {"layer_types", {"full_attention"}}}, "layer_types"},
      {{{"quantization_config", {{"quant_method", "gptq"}}}}, "quantization_config"},
  };
  for (const auto& [change, key] : rows) {
    SCOPED_TRACE(change.dump());
    Json config = tiny_config("qwen3");
    config.update(change);
    try {
      parse(config);
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.info().where, "some/config.json");
      EXPECT_EQ(error.info().key, key) << error.what();
      EXPECT_FALSE(error.info().expected.empty());
    }
  }
  EXPECT_THROW(config_from_json("c", "[1, 2"), Error);
  EXPECT_THROW(config_from_json("c", "[]"), Error);
  EXPECT_THROW(config_from_json("c", std::string(100000, '[')), Error);
}

TEST(RopeFrequencies, LinearScalingAndDivisorsSlowTheGlobalLayersOnly) {
  Json json = tiny_config("gemma3_text");
  json["rope_scaling"] = {{"rope_type", "linear"}, {"factor", 8.0}};
  ModelConfig config = parse(json);
  const at::Tensor global = rope_frequencies(config, false), local = rope_frequencies(config, true);
  for (int i = 0; i < 4; ++i) {
    EXPECT_NEAR(global[i].item<double>(), std::pow(1e6, -2.0 * i / 8) / 8, 1e-7);
    EXPECT_NEAR(local[i].item<double>(), std::pow(1e4, -2.0 * i / 8), 1e-7);
  }
  config.rope_divisors = {1, 2, 4, 8};
  EXPECT_NEAR(rope_frequencies(config, false)[2].item<double>(), std::pow(1e6, -0.5) / 4, 1e-9);
}

}  // namespace
}  // namespace c2c
