// Adapters against PEFT: lora/ holds one that PEFT wrote, with what it computes (lora/make.py), and where PEFT
// is installed it reads ours.
#include "c2c/model/families/lora_adapter.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "c2c/io/config/assign.h"
#include "c2c/io/formats/source.h"
#include "c2c/tensor/nn/linear.h"
#include "tests/io/formats/format_testing.h"
#include "tests/model/families/tiny_model.h"
#include "tests/testing/golden.h"

namespace c2c {
namespace {

using testing::error_of;
using testing::random_model;
using testing::TemporaryFolder;
using testing::tiny_config;
namespace fs = std::filesystem;

const fs::path kData = fs::path(C2C_SOURCE_DIR) / "tests/model/families/lora";
const fs::path kModel = fs::path(C2C_SOURCE_DIR) / "tests/golden/models/tiny-qwen3";

std::unique_ptr<CausalLm> tiny_qwen3(at::ScalarType dtype = at::kFloat) {
  return load_model(kModel, {.dtype = dtype});
}

LoraConfig small_config() {
  LoraConfig config;
  config.r = 4;
  config.alpha = 12;
  config.target_modules = {"down_proj", "q_proj", "v_proj"};
  return config;
}

class Expected {
 public:
  at::Tensor operator()(const std::string& name, at::ScalarType dtype = at::kFloat) const {
    return source_->load(*source_->find(name), dtype);
  }
  const WeightSource& source() const { return *source_; }

 private:
  std::shared_ptr<WeightSource> source_ = open_weights(kData / "expected.safetensors");
};

at::Tensor logits_of(const CausalLm& model, const at::Tensor& ids) {
  return model.logits(model.forward({.ids_BN = ids}));
}

double distance(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>() / b.abs().max().item<double>();
}

TEST(LoraAdapter, OfPeftGivesPeftsLogitsAndGradients) {
  const Expected expected;
  const auto model = tiny_qwen3();
  const LoraAdapter adapter = load_adapter(*model, kData);
  EXPECT_EQ(adapter.modules.size(), 12U);
  adapter.visit([](const ParameterRef& ref) { ref.tensor->set_requires_grad(true); });
  const at::Tensor logits = logits_of(*model, expected("input_ids", at::kLong));
  EXPECT_LT(distance(logits, expected("logits")), 1e-5);
  logits.square().mean().backward();
  int compared = 0;
  adapter.visit([&](const ParameterRef& ref) {
    if (expected.source().find("gradient." + ref.name) == nullptr) return;
    EXPECT_LT(distance(ref.tensor->grad(), expected("gradient." + ref.name)), 1e-4) << ref.name;
    ++compared;
  });
  EXPECT_EQ(compared, 6);
}

TEST(LoraAdapter, FreshDrawsWhatPeftDrawsAfterTheSameSeed) {
  const Expected expected;
  for (const auto& [name, dtype] : {std::pair{"float32", at::kFloat}, {"bfloat16", at::kBFloat16}}) {
    const auto model = tiny_qwen3(dtype);
    const at::Tensor ids = expected("input_ids", at::kLong), before = logits_of(*model, ids);
    at::manual_seed(42);
    const LoraAdapter adapter = attach_lora(*model, small_config());
    int compared = 0;
    adapter.visit([&](const ParameterRef& ref) {
      EXPECT_EQ(ref.tensor->scalar_type(), at::kFloat);
      EXPECT_TRUE(ref.tensor->requires_grad());
      EXPECT_EQ(ref.tensor->count_nonzero().item<std::int64_t>() == 0, ref.name.ends_with("lora_B.weight"));
      const std::string key = std::string("initial.") + name + "." + ref.name;
      if (expected.source().find(key) == nullptr) return;
      EXPECT_TRUE(at::equal(*ref.tensor, expected(key))) << key;
      ++compared;
    });
    EXPECT_EQ(compared, 3);
    const at::NoGradGuard as_before;  // with gradients other kernels run
    EXPECT_TRUE(at::equal(logits_of(*model, ids), before));
  }
}

TEST(LoraAdapter, IsWrittenAsPeftWritesIt) {
  const TemporaryFolder folder;
  const auto model = tiny_qwen3();
  save_adapter(load_adapter(*model, kData), folder.path());
  for (const char* file : {"adapter_model.safetensors", "adapter_config.json"})
    EXPECT_EQ(read_text_file(folder / file), read_text_file(kData / file)) << file;
}

TEST(LoraAdapter, MergesIntoTheWeights) {
  const Expected expected;
  const auto model = tiny_qwen3();
  load_adapter(*model, kData);
  merge_adapter(*model);
  model->visit_linears([](const std::string& name, Linear& layer) { EXPECT_EQ(layer.lora(), nullptr) << name; });
  EXPECT_LT(distance(logits_of(*model, expected("input_ids", at::kLong)), expected("logits")), 1e-5);
  EXPECT_EQ(attach_lora(*model, small_config()).modules.size(), 12U);
}

TEST(LoraAdapter, TakesAllLinearLayersButTheHead) {
  for (const std::string type : {"llama", "qwen2", "qwen3", "gemma3_text"}) {
    auto json = tiny_config(type);
    json["tie_word_embeddings"] = false;
    const auto model = random_model(json);
    LoraConfig config;
    config.target_modules = {"all-linear"};
    const LoraAdapter adapter = attach_lora(*model, config);
    EXPECT_EQ(adapter.modules.size(), 3U * 7) << type;
    EXPECT_EQ(adapter.config.target_modules.size(), 7U);
    // The default list says the same, and a name names a layer.
    detach_adapter(*model);
    EXPECT_EQ(attach_lora(*model, {}).parameters(), adapter.parameters());
    detach_adapter(*model);
    config.target_modules = {"1.self_attn.k_proj", "lm_head"};
    const LoraAdapter two = attach_lora(*model, config);
    ASSERT_EQ(two.modules.size(), 2U);
    EXPECT_EQ(two.modules[0].layer, "model.layers.1.self_attn.k_proj");
    EXPECT_EQ(two.modules[1].layer, "lm_head");
  }
}

TEST(LoraAdapter, DropsOutOnlyWhileItTrains) {
  const auto model = random_model(tiny_config("qwen3"));
  const LoraAdapter adapter = attach_lora(*model, {});
  at::NoGradGuard no_grad;
  adapter.visit([](const ParameterRef& ref) { ref.tensor->normal_(0, 0.3); });
  const at::Tensor ids = at::arange(3, 12).view({1, -1}), quiet = logits_of(*model, ids);
  adapter.train(true);
  EXPECT_FALSE(at::equal(logits_of(*model, ids), quiet));
  adapter.train(false);
  EXPECT_TRUE(at::equal(logits_of(*model, ids), quiet));
}

TEST(LoraAdapter, KeepsRanksOfItsOwnPerLayer) {
  const TemporaryFolder folder;
  LoraConfig config = small_config();
  config.use_rslora = true;
  config.rank_pattern = {{"model.layers.2.mlp.down_proj", 9}};
  const auto model = random_model(tiny_config("qwen3")), other = random_model(tiny_config("qwen3"));
  const LoraAdapter adapter = attach_lora(*model, config);
  at::NoGradGuard no_grad;
  adapter.visit([](const ParameterRef& ref) { ref.tensor->normal_(0, 0.3); });
  save_adapter(adapter, folder.path());
  const LoraAdapter loaded = load_adapter(*other, folder.path());
  EXPECT_EQ(loaded.config.rank_pattern, config.rank_pattern);
  EXPECT_EQ(loaded.modules.back().branch->a.size(0), 9);
  EXPECT_EQ(loaded.modules.back().branch->scale, 12.0 / 3.0);
  EXPECT_EQ(loaded.modules.front().branch->scale, 12.0 / 2.0);
  const at::Tensor ids = at::arange(3, 12).view({1, -1});
  EXPECT_TRUE(at::equal(logits_of(*model, ids), logits_of(*other, ids)));
}

TEST(LoraAdapter, RefusesWhatItCannotTrain) {
  const auto model = random_model(tiny_config("qwen3"));
  const auto attach = [&](auto change) {
    LoraConfig config;
    change(config);
    return error_of([&] { attach_lora(*model, config); });
  };
  EXPECT_NE(attach([](LoraConfig& c) { c.r = 0; }).find("r"), std::string::npos);
  EXPECT_NE(attach([](LoraConfig& c) { c.dropout = 1; }).find("lora_dropout"), std::string::npos);
  EXPECT_NE(attach([](LoraConfig& c) { c.bias = "all"; }).find("bias"), std::string::npos);
  EXPECT_NE(attach([](LoraConfig& c) { c.task_type = "SEQ_CLS"; }).find("task_type"), std::string::npos);
  const std::string unknown = attach([](LoraConfig& c) { c.target_modules = {"q_proj", "Wqkv"}; });
  EXPECT_NE(unknown.find("Wqkv"), std::string::npos) << unknown;
  EXPECT_NE(unknown.find("down_proj"), std::string::npos) << unknown;
  // The head is tied to the embedding here.
  EXPECT_NE(attach([](LoraConfig& c) { c.target_modules = {"lm_head"}; }).find("lm_head"), std::string::npos);
  EXPECT_NE(attach([](LoraConfig& c) { c.target_modules = {}; }).find("target_modules"), std::string::npos);
  attach_lora(*model, {});
  EXPECT_NE(attach([](LoraConfig&) {}).find("a model without one"), std::string::npos);
}

TEST(LoraConfig, ReadsTheRecipesSection) {
  LoraConfig config;
  assign_fields(fields_of(config),
                testing::Json::parse(R"({"r": 8, "lora_alpha": 16, "lora_dropout": 0, "target_modules": "all-linear",
                                         "bias": "none", "task_type": "CAUSAL_LM"})"),
                {.name = "recipe"});
  EXPECT_EQ(config.r, 8);
  EXPECT_EQ(config.scale_of("any"), 2.0);
  EXPECT_EQ(config.target_modules, (std::vector<std::string>{"all-linear"}));
  EXPECT_NE(error_of([&] {
              assign_fields(fields_of(config), testing::Json{{"bias", "all"}}, {.name = "recipe"});
            }).find("bias"),
            std::string::npos);
}

// A copy of PEFT's folder with one thing changed.
class BrokenAdapter : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* file : {"adapter_model.safetensors", "adapter_config.json"})
      fs::copy(kData / file, folder_ / file);
  }
  std::string error_with_config(const char* key, const testing::Json& value) {
    auto json = testing::Json::parse(read_text_file(kData / "adapter_config.json"));
    json[key] = value;
    write_file_atomically(folder_ / "adapter_config.json", std::string_view(json.dump()));
    return load();
  }
  std::string error_with_tensors(const std::function<void(testing::NamedTensors&)>& change) {
    const auto source = open_weights(kData / "adapter_model.safetensors");
    testing::NamedTensors tensors;
    for (const TensorInfo& info : source->tensors()) tensors.emplace_back(info.name, source->load(info, at::kFloat));
    change(tensors);
    std::vector<TensorInfo> infos;
    for (const auto& [name, tensor] : tensors) infos.push_back(describe(name, tensor));
    write_safetensors(folder_ / "adapter_model.safetensors", infos);
    return load();
  }
  // The error; nothing may be attached then.
  std::string load() {
    const auto model = tiny_qwen3();
    const std::string error = error_of([&] { load_adapter(*model, folder_.path()); });
    model->visit_linears([&](const std::string& name, Linear& layer) {
      EXPECT_EQ(layer.lora() == nullptr,
                !error.empty() || name.find("gate") != std::string::npos || name.find("up_") != std::string::npos ||
                    name.find("k_") != std::string::npos || name.find("o_") != std::string::npos);
    });
    return error;
  }
  TemporaryFolder folder_;
};

TEST_F(BrokenAdapter, IsRefusedByItsConfig) {
  EXPECT_EQ(load(), "");
  for (const auto& [key, value] : std::vector<std::pair<const char*, testing::Json>>{{"peft_type", "IA3"},
                                                                                     {"use_dora", true},
                                                                                     {"bias", "all"},
                                                                                     {"modules_to_save", {"lm_head"}},
                                                                                     {"fan_in_fan_out", true},
                                                                                     {"alpha_pattern", {{"q", 1}}},
                                                                                     {"r", "four"},
                                                                                     {"r", nullptr},
                                                                                     {"r", 0},
                                                                                     {"lora_dropout", -1},
                                                                                     {"target_modules", 3},
                                                                                     {"target_modules", {1}},
                                                                                     {"rank_pattern", {{"q", "x"}}},
                                                                                     {"use_rslora", 1}}) {
    const std::string error = error_with_config(key, value);
    EXPECT_NE(error.find(key), std::string::npos) << key << " " << value << ": " << error;
    EXPECT_NE(error.find("adapter_config.json"), std::string::npos) << error;
  }
  EXPECT_NE(error_with_config("r", 5).find("lora_A"), std::string::npos);
  EXPECT_NE(error_with_config("target_modules", {"q_proj", "k_proj"}).find("k_proj.lora_A"), std::string::npos);
  EXPECT_EQ(error_with_config("target_modules", ".*(q_proj|v_proj|down_proj)"), "");
  write_file_atomically(folder_ / "adapter_config.json", std::string_view("{"));
  EXPECT_NE(load().find("adapter_config.json"), std::string::npos);
  fs::remove(folder_ / "adapter_config.json");
  EXPECT_NE(load().find("adapter_config.json"), std::string::npos);
}

TEST_F(BrokenAdapter, IsRefusedByItsTensors) {
  const std::string missing = error_with_tensors([](auto& tensors) { tensors.erase(tensors.begin() + 1); });
  EXPECT_NE(missing.find("layers.0.mlp.down_proj.lora_B.weight"), std::string::npos) << missing;
  const std::string left_over = error_with_tensors([](auto& tensors) {
    tensors.emplace_back("base_model.model.model.layers.4.mlp.down_proj.lora_A.weight", at::ones({4, 160}));
  });
  EXPECT_NE(left_over.find("layers.4.mlp.down_proj.lora_A.weight"), std::string::npos) << left_over;
  const std::string shape = error_with_tensors([](auto& tensors) { tensors[2].second = at::ones({4, 65}); });
  EXPECT_NE(shape.find("[4, 65]"), std::string::npos) << shape;
  EXPECT_NE(error_with_tensors([](auto& tensors) { tensors[2].second = at::ones({4}); }), "");
  EXPECT_NE(error_with_tensors([](auto& tensors) { tensors.clear(); }), "");
}

constexpr const char* kPeftScript = R"(
import sys, torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM
model, adapter, ids, out = sys.argv[1:]
base = AutoModelForCausalLM.from_pretrained(model, torch_dtype=torch.float32, attn_implementation="eager")
adapted = PeftModel.from_pretrained(base, adapter).eval()
with torch.no_grad():
    logits = adapted(input_ids=load_file(ids)["input_ids"]).logits
save_file({"logits": logits.contiguous()}, out)
)";

TEST(LoraAdapter, OursIsReadByPeft) {
  const std::string python = testing::python_with("peft, transformers");
  if (python.empty())
    GTEST_SKIP() << "C2C_PYTHON (default python3) has no peft; pip install peft==0.17.1 transformers==4.52.4 there";
  const TemporaryFolder folder;
  const auto model = tiny_qwen3();
  LoraConfig config;
  config.r = 3;
  config.base_model = kModel.string();
  const LoraAdapter adapter = attach_lora(*model, config);
  at::NoGradGuard no_grad;
  at::manual_seed(11);
  adapter.visit([](const ParameterRef& ref) { ref.tensor->normal_(0, 0.3); });
  save_adapter(adapter, folder / "adapter");
  testing::run_python(python, kPeftScript,
                      kModel.string() + " " + (folder / "adapter").string() + " " +
                          (kData / "expected.safetensors").string() + " " + (folder / "out.safetensors").string());
  const auto theirs = open_weights(folder / "out.safetensors");
  const at::Tensor logits = theirs->load(*theirs->find("logits"), at::kFloat);
  EXPECT_LT(distance(logits_of(*model, Expected()("input_ids", at::kLong)), logits), 1e-5);
}

}  // namespace
}  // namespace c2c
