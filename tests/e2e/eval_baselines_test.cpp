// Trained baselines as systems of `c2c eval`: a LoRA adapter's folder, and a fine-tuned model's, as c2c train writes
// them.
#include <cstring>
#include <deque>

#include "c2c/eval/results/result_store.h"
#include "c2c/io/formats/safetensors.h"
#include "tests/e2e/training.h"

namespace c2c::testing {
namespace {

struct Floats {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

Floats floats_of(const SafetensorsFile& file, const std::string& name) {
  const TensorInfo* info = file.find(name);
  if (info == nullptr || info->dtype != DType::kF32) throw std::runtime_error(name + " is no float32 tensor there");
  Floats read{info->shape, std::vector<float>(static_cast<std::size_t>(info->numel()))};
  std::memcpy(read.values.data(), info->data.data(), info->data.size());
  return read;
}

// The model's folder with W + alpha / r * B A for every W that the adapter has A and B of: what PEFT's merge makes.
fs::path merged_by_hand(const Scratch& scratch, const fs::path& base, const fs::path& adapter) {
  const fs::path folder = scratch.copy(base, "merged");
  const Json config = Json::parse(slurp(adapter / "adapter_config.json"));
  const double scale = config.at("lora_alpha").get<double>() / config.at("r").get<double>();
  const auto model = SafetensorsFile::open(map_file(base / "model.safetensors"));
  const auto lora = SafetensorsFile::open(map_file(adapter / "adapter_model.safetensors"));
  std::deque<Floats> changed;
  std::vector<TensorInfo> tensors = model.tensors();
  for (TensorInfo& info : tensors) {
    if (!info.name.ends_with(".weight")) continue;
    const std::string prefix = "base_model.model." + info.name.substr(0, info.name.size() - 6);
    if (lora.find(prefix + "lora_A.weight") == nullptr) continue;
    const Floats a = floats_of(lora, prefix + "lora_A.weight"), b = floats_of(lora, prefix + "lora_B.weight");
    Floats& weight = changed.emplace_back(floats_of(model, info.name));
    const auto rank = static_cast<std::size_t>(a.shape[0]), in = static_cast<std::size_t>(a.shape[1]);
    for (std::size_t row = 0; row < weight.values.size() / in; ++row)
      for (std::size_t column = 0; column < in; ++column) {
        double sum = 0;
        for (std::size_t k = 0; k < rank; ++k)
          sum += static_cast<double>(b.values[row * rank + k]) * static_cast<double>(a.values[k * in + column]);
        weight.values[row * in + column] += static_cast<float>(scale * sum);
      }
    info.data = std::as_bytes(std::span<const float>(weight.values));
  }
  EXPECT_FALSE(changed.empty());
  write_safetensors(folder / "model.safetensors", tensors, {{"format", "pt"}});
  return folder;
}

std::string choices_file(const Scratch& scratch) {
  std::string text;
  for (const char* word : {"river", "stone", "light", "music", "paper", "glass"})
    text += Json{{"question", std::string("Which word is ") + word + "?"},
                 {"choices", {"the garden", word, "an old window"}},
                 {"answer", 1}}
                .dump() +
            "\n";
  return scratch.write("choices.jsonl", text).string();
}

using Results = std::map<std::string, std::vector<SampleResult>>;

Results by_system(const fs::path& run) {
  Results found;
  for (SampleResult& result : ResultStore::read(run)) found[result.system].push_back(std::move(result));
  return found;
}

// The largest difference of log-likelihoods.
double distance(const std::vector<SampleResult>& a, const std::vector<SampleResult>& b) {
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t k = 0; k < a[i].option_scores.size(); ++k)
      most = std::max(most, std::abs(a[i].option_scores[k] - b.at(i).option_scores.at(k)));
  return most;
}

TEST(EvalBaselines, AnAdapterAndAFineTuneBesideTheirBase) {
  const Scratch scratch;
  Json recipe = tiny_baseline(scratch.path());
  recipe["training"]["learning_rate"] = 1e-2;
  const fs::path base = recipe["model"]["baseline_model"].get<std::string>();
  ASSERT_EQ(Training(scratch, recipe).train_on(1, "tuned"), "");
  recipe["training"]["lora"] = {{"r", 4}, {"lora_alpha", 8}, {"lora_dropout", 0.1}};
  ASSERT_EQ(Training(scratch, recipe).train_on(1, "lora"), "");
  const fs::path adapter = scratch / "lora" / "final";
  Json config;
  config["model"] = {{"generation_config", {{"max_new_tokens", 6}}}, {"dtype", "f32"}};
  for (const auto& [name, path] : std::map<std::string, fs::path>{{"base", base},
                                                                  {"lora", adapter},
                                                                  {"merged", merged_by_hand(scratch, base, adapter)},
                                                                  {"tuned", scratch / "tuned" / "final"}})
    config["systems"].push_back({{"name", name}, {"model_name", path.string()}});
  config["tasks"] = {Json{{"dataset", "multiple-choice"},
                          {"data_path", choices_file(scratch)},
                          {"answer_method", {"loglikelihood", "generate"}}}};
  config["output"] = {{"output_dir", (scratch / "run").string()}};
  const Outcome outcome = run_c2c({"eval", scratch.write("eval.yaml", config.dump(1)).string()});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  Results results = by_system(scratch / "run");
  for (const auto& [name, samples] : results) {
    ASSERT_EQ(samples.size(), 12U) << name;
    for (const SampleResult& sample : samples) EXPECT_EQ(sample.error, "") << name;
  }
  EXPECT_GT(distance(results["base"], results["lora"]), 1e-2);
  EXPECT_GT(distance(results["base"], results["tuned"]), 1e-2);
  EXPECT_GT(distance(results["lora"], results["tuned"]), 1e-3);
  EXPECT_LT(distance(results["lora"], results["merged"]), 1e-4);
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_EQ(results["lora"][i].reply, results["merged"][i].reply);
    EXPECT_EQ(results["lora"][i].prompt, results["base"][i].prompt);
  }
  // The results say what they came from, and other weights are another run.
  const Json info = Json::parse(slurp(scratch / "run" / "run.json"));
  EXPECT_EQ(info["systems"][1]["details"]["session"]["receiver"]["adapter"], adapter.string());
  EXPECT_NE(info["systems"][0]["details"]["models_sha256"], info["systems"][1]["details"]["models_sha256"]);
}

TEST(EvalBaselines, WhatIsWrongWithAnAdapterIsNamed) {
  const Scratch scratch;
  const auto ask = [&](const std::string& adapter_config) {
    scratch.write("adapter/adapter_config.json", adapter_config);
    return run_c2c({"generate", "--receiver", (scratch / "adapter").string(), "--mode", "receiver", "-p", "hello"});
  };
  expect_failure(ask("{}"), 1, {"adapter_config.json", "base_model_name_or_path"});
  expect_failure(ask(R"({"base_model_name_or_path": "nobody/has-this"})"), 1, {"nobody/has-this", "hf download"});
  expect_failure(ask("{"), 1, {"adapter_config.json"});
  Json recipe = tiny_baseline(scratch.path());
  const std::string base = recipe["model"]["baseline_model"];
  expect_failure(ask(Json{{"base_model_name_or_path", base}}.dump()), 1, {"adapter_config.json"});
  recipe["model"]["baseline_model"] = (scratch / "adapter").string();
  expect_failure(Training(scratch, recipe).train("run"), 2, {"baseline_model", "LoRA adapter"});
}

}  // namespace
}  // namespace c2c::testing
