// One model alone: trained whole, in part, or through adapters; what is written is a model (or adapter) again.
#include "c2c/io/formats/safetensors.h"
#include "tests/e2e/training.h"

namespace c2c::testing {
namespace {

// Names of the tensors in which two models differ.
std::vector<std::string> differences(const fs::path& a, const fs::path& b) {
  const auto ours = SafetensorsFile::open(map_file(a / "model.safetensors"));
  const auto theirs = SafetensorsFile::open(map_file(b / "model.safetensors"));
  std::vector<std::string> names;
  EXPECT_EQ(ours.tensors().size(), theirs.tensors().size());
  for (const TensorInfo& info : ours.tensors()) {
    const TensorInfo* other = theirs.find(info.name);
    EXPECT_NE(other, nullptr) << info.name;
    if (other == nullptr) continue;
    EXPECT_EQ(info.shape, other->shape) << info.name;
    if (!std::equal(info.data.begin(), info.data.end(), other->data.begin(), other->data.end()))
      names.push_back(info.name);
  }
  return names;
}

Outcome ask(const fs::path& model) {
  return run_c2c({"generate", "--receiver", model.string(), "--mode", "receiver", "--dtype", "f32", "-n", "8", "--seed",
                  "1", "-p", "the river"});
}

TEST(TrainBaseline, AWholeModelIsAModelAgain) {
  const Scratch scratch;
  const Json recipe = tiny_baseline(scratch.path());
  const Training training(scratch, recipe);
  const fs::path base = recipe["model"]["baseline_model"].get<std::string>();
  const Outcome outcome = training.train("run", {"--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto updates = read_updates(training.run("run"));
  EXPECT_LT(updates.back()["train/loss"].get<double>(), updates.front()["train/loss"].get<double>());
  EXPECT_FALSE(outcome.json().at("held_out").contains("shuffled"));
  const fs::path trained = training.run("run") / "final";
  const auto all = SafetensorsFile::open(map_file(base / "model.safetensors")).tensors().size();
  EXPECT_EQ(differences(base, trained).size(), all);
  const Outcome before = ask(base), after = ask(trained);
  EXPECT_EQ(after.code, 0) << after.err;
  EXPECT_NE(before.out, after.out);
  // What is evaluated is what was written.
  const Outcome again = training.train("other", {"--eval-only", trained.string(), "--json"});
  EXPECT_EQ(again.json(), outcome.json().at("held_out")) << again.err;
}

TEST(TrainBaseline, APartIsTrainedAndTheRestStays) {
  const Scratch scratch;
  Json recipe = tiny_baseline(scratch.path());
  recipe["training"]["partial_training"] = {{"method", "layer_wise"}, {"ratio", 0.5}};
  recipe["training"]["max_steps"] = 4;
  const Training training(scratch, recipe);
  const fs::path base = recipe["model"]["baseline_model"].get<std::string>();
  ASSERT_EQ(training.train_on(1, "run"), "");
  const Json config = Json::parse(slurp(base / "config.json"));
  const std::int64_t layers = config.at("num_hidden_layers"), first = layers - layers / 2;
  const auto changed = differences(base, training.run("run") / "final");
  EXPECT_FALSE(changed.empty());
  for (const std::string& name : changed) {
    constexpr std::string_view kLayer = "model.layers.";
    const bool in_layer = name.starts_with(kLayer);
    EXPECT_TRUE(!in_layer || std::stoll(name.substr(kLayer.size())) >= first) << name;
  }
  EXPECT_NE(std::find(changed.begin(), changed.end(), "model.norm.weight"), changed.end());
  EXPECT_EQ(ask(training.run("run") / "final").code, 0);
}

TEST(TrainBaseline, CheckpointingLearnsTheSameWithDropoutToo) {
  const Scratch scratch;
  Json recipe = tiny_baseline(scratch.path());
  recipe["training"]["lora"] = {{"r", 4}, {"lora_alpha", 8}, {"lora_dropout", 0.3}};
  const Training training(scratch, recipe);
  ASSERT_EQ(training.train("plain", {}).code, 0);
  const Outcome outcome = training.train("twice", {"--set", "training.gradient_checkpointing=true"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto plain = read_updates(training.run("plain")), twice = read_updates(training.run("twice"));
  ASSERT_EQ(plain.size(), twice.size());
  for (std::size_t i = 0; i < plain.size(); ++i)
    EXPECT_NEAR(plain[i]["train/loss"].get<double>(), twice[i]["train/loss"].get<double>(), 1e-5) << i;
}

TEST(TrainBaseline, AdaptersAreWrittenAsPeftReadsThem) {
  const Scratch scratch;
  Json recipe = tiny_baseline(scratch.path());
  recipe["training"]["lora"] = {{"r", 4}, {"lora_alpha", 8}, {"lora_dropout", 0.1}};
  const Training training(scratch, recipe);
  ASSERT_EQ(training.train_on(1, "run"), "");
  const fs::path adapter = training.run("run") / "final";
  const Json config = Json::parse(slurp(adapter / "adapter_config.json"));
  EXPECT_EQ(config.at("r"), 4);
  EXPECT_EQ(config.at("peft_type"), "LORA");
  EXPECT_EQ(config.at("base_model_name_or_path"), recipe["model"]["baseline_model"]);
  const auto file = SafetensorsFile::open(map_file(adapter / "adapter_model.safetensors"));
  EXPECT_NE(file.find("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"), nullptr);
  const Json table = Json::parse(slurp(training.run("run") / "heldout.json"));
  const Outcome again = training.train("other", {"--eval-only", adapter.string(), "--json"});
  EXPECT_EQ(again.json(), table.at("held_out")) << again.err;
}

}  // namespace
}  // namespace c2c::testing
