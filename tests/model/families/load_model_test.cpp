// Models from folders and GGUF files of our own making.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "c2c/base/error.h"
#include "c2c/model/families/causal_lm.h"
#include "c2c/model/families/load_sharer.h"
#include "c2c/model/families/rope_frequencies.h"
#include "tests/model/families/tiny_model.h"

namespace c2c {
namespace {

using testing::GgufWriter;
using testing::Json;
using testing::model_folder;
using testing::NamedTensors;
using testing::random_model;
using testing::tensors_of;
using testing::tiny_config;

const at::Tensor kIds = at::tensor({3L, 1L, 4L, 1L, 5L, 9L, 2L, 6L, 5L, 35L}).view({1, -1});

at::Tensor outputs(const CausalLm& model) {
  at::NoGradGuard no_grad;
  return model.logits(model.forward({.ids_BN = kIds}));
}

void expect_error(const std::filesystem::path& path, const std::string& key, const std::string& found) {
  try {
    load_model(path, {.dtype = at::kFloat});
    ADD_FAILURE() << "no error about " << key;
  } catch (const Error& error) {
    EXPECT_EQ(error.info().key, key) << error.what();
    EXPECT_NE(error.info().found.find(found), std::string::npos) << error.what();
    EXPECT_NE(error.info().where.find(path.string()), std::string::npos) << error.what();
    EXPECT_EQ(error.exit_code(), 1);
  }
}

TEST(LoadModel, AFolderGivesTheModelBack) {
  for (const char* type : {"llama", "qwen2", "qwen3", "gemma3_text"}) {
    const auto model = random_model(tiny_config(type));
    double last = 0, total = 0;
    const auto loaded = load_model(model_folder(type, tiny_config(type), tensors_of(*model)),
                                   {.dtype = at::kFloat, .progress = [&](std::string_view, double done, double all) {
                                      EXPECT_GT(done, last);
                                      last = done;
                                      total = all;
                                    }});
    EXPECT_TRUE(at::equal(outputs(*model), outputs(*loaded))) << type;
    EXPECT_EQ(last, total);
    EXPECT_EQ(total, static_cast<double>(model->weight_bytes()));
  }
}

TEST(LoadSharer, HearsTheSameWithoutHeadAndTable) {
  at::NoGradGuard no_grad;
  for (const char* type : {"llama", "qwen2", "qwen3", "gemma3_text"}) {
    const auto model = random_model(tiny_config(type));
    const std::filesystem::path folder = model_folder(type, tiny_config(type), tensors_of(*model));
    for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
      const auto whole = load_model(folder, {.dtype = dtype}), heard = load_sharer(folder, {.dtype = dtype});
      EXPECT_EQ(heard->options().device(), at::kCPU);
      EXPECT_LT(heard->weight_bytes(), whole->weight_bytes()) << type;
      const at::Tensor ids = at::cat({kIds, kIds.flip(1)});
      EXPECT_TRUE(at::equal(whole->forward({.ids_BN = ids}), heard->forward({.ids_BN = ids}))) << type;
      EXPECT_THROW(heard->forward({.ids_BN = ids + 10000}), Error);
      EXPECT_ANY_THROW(heard->logits(at::zeros({1, whole->config().hidden_size}, heard->options())));
    }
  }
}

TEST(LoadModel, TensorsThatDoNotFitAreNamed) {
  const Json config = tiny_config("qwen3");
  const auto model = random_model(config);
  const NamedTensors whole = tensors_of(*model);
  const std::string victim = "model.layers.1.mlp.up_proj.weight";
  NamedTensors missing, misshaped, integer, extra = whole;
  for (const auto& [name, tensor] : whole) {
    if (name != victim) missing.emplace_back(name, tensor);
    misshaped.emplace_back(name, name == victim ? tensor.t().contiguous() : tensor);
    integer.emplace_back(name, name == victim ? tensor.to(at::kChar) : tensor);
  }
  extra.emplace_back("model.layers.3.mlp.up_proj.weight", at::zeros({2}));
  expect_error(model_folder("missing", config, missing), victim, "no such tensor");
  expect_error(model_folder("misshaped", config, misshaped), victim, "[24, 40]");
  expect_error(model_folder("integer", config, integer), victim, "I8");
  expect_error(model_folder("extra", config, extra), "model.layers.3.mlp.up_proj.weight", "no place");
  Json untied = config;
  untied["tie_word_embeddings"] = false;
  expect_error(model_folder("untied", untied, whole), "lm_head.weight", "no such tensor");
}

TEST(LoadModel, KnownSparesAndOtherPrefixesAreFine) {
  const Json config = tiny_config("gemma3_text");
  const auto model = random_model(config);
  NamedTensors spare = tensors_of(*model), multimodal, bare;
  for (const auto& [name, tensor] : spare) {
    multimodal.emplace_back("language_model." + name, tensor);
    bare.emplace_back(name.substr(std::string("model.").size()), tensor);
  }
  spare.emplace_back("lm_head.weight", at::zeros({50, 24}));
  spare.emplace_back("model.layers.0.self_attn.rotary_emb.inv_freq", at::zeros({4}));
  multimodal.emplace_back("vision_tower.vision_model.post_layernorm.bias", at::zeros({4}));
  multimodal.emplace_back("multi_modal_projector.mm_soft_emb_norm.weight", at::zeros({4}));
  Json nested = config;
  nested["text_config"] = config;
  nested["model_type"] = "gemma3";
  const at::Tensor expected = outputs(*model);
  const LoadOptions options{.dtype = at::kFloat};
  EXPECT_TRUE(at::equal(outputs(*load_model(model_folder("spare", config, spare), options)), expected));
  EXPECT_TRUE(at::equal(outputs(*load_model(model_folder("multimodal", nested, multimodal), options)), expected));
  EXPECT_TRUE(at::equal(outputs(*load_model(model_folder("bare", config, bare), options)), expected));
}

TEST(LoadModel, PathsWithoutAModelAreNamed) {
  expect_error("/nowhere/model", "", "nothing there");
  const auto folder = model_folder("no_config", tiny_config("llama"), tensors_of(*random_model(tiny_config("llama"))));
  std::filesystem::remove(folder / "config.json");
  expect_error(folder, "config.json", "no such file");
}

// What llama.cpp's converter does: other names, Llama's query and key rows interleaved per head, Gemma's norms plus 1,
// Llama 3's frequency scaling as divisors.
std::string gguf_of(CausalLm& model, const std::string& architecture, const std::string& leave_out = {}) {
  const ModelConfig& config = model.config();
  GgufWriter file;
  file.set("general.architecture", architecture);
  const auto key = [&](const char* name) { return architecture + "." + name; };
  const auto number = [](std::int64_t value) { return static_cast<std::uint32_t>(value); };
  file.set(key("block_count"), number(config.layers));
  file.set(key("context_length"), number(config.max_positions));
  file.set(key("embedding_length"), number(config.hidden_size));
  file.set(key("feed_forward_length"), number(config.intermediate_size));
  file.set(key("attention.head_count"), number(config.heads));
  file.set(key("attention.head_count_kv"), number(config.kv_heads));
  file.set(key("attention.key_length"), number(config.head_dim));
  file.set(key("attention.layer_norm_rms_epsilon"), static_cast<float>(config.rms_eps));
  file.set(key("rope.freq_base"), static_cast<float>(config.rope_theta));
  file.set("tokenizer.ggml.eos_token_id", std::uint32_t{7});
  if (config.rope_scaling.type == "llama3") {
    ModelConfig plain = config;
    plain.rope_scaling = {};
    file.add("rope_freqs.weight", rope_frequencies(plain, false) / rope_frequencies(config, false));
  }
  if (config.sliding_window > 0) {
    file.set(key("attention.sliding_window"), number(config.sliding_window));
    file.set(key("attention.sliding_window_pattern"), std::uint32_t{2});
  }
  const std::vector<std::pair<std::string, std::string>> parts = {
      {"model.embed_tokens", "token_embd"},
      {"model.norm", "output_norm"},
      {"model.layers.", "blk."},
      {"self_attn.q_proj", "attn_q"},
      {"self_attn.k_proj", "attn_k"},
      {"self_attn.v_proj", "attn_v"},
      {"self_attn.o_proj", "attn_output"},
      {"self_attn.q_norm", "attn_q_norm"},
      {"self_attn.k_norm", "attn_k_norm"},
      {"mlp.gate_proj", "ffn_gate"},
      {"mlp.up_proj", "ffn_up"},
      {"mlp.down_proj", "ffn_down"},
      {"input_layernorm", "attn_norm"},
      {"pre_feedforward_layernorm", "ffn_norm"},
      {"post_feedforward_layernorm", "post_ffw_norm"},
      {"post_attention_layernorm", architecture == "gemma3" ? "post_attention_norm" : "ffn_norm"},
  };
  for (auto [name, tensor] : tensors_of(model)) {
    const bool is_query = name.find(".q_proj.") != std::string::npos;
    const bool is_key = name.find(".k_proj.") != std::string::npos;
    if (architecture == "llama" && (is_query || is_key))
      tensor = tensor.unflatten(0, {is_query ? config.heads : config.kv_heads, 2, -1})
                   .transpose(1, 2)
                   .reshape(tensor.sizes());
    if (architecture == "gemma3" && name.find("norm") != std::string::npos) tensor = tensor + 1.0;
    for (const auto& [hub, gguf] : parts)
      if (const auto at = name.find(hub); at != std::string::npos) name.replace(at, hub.size(), gguf);
    if (name != leave_out) file.add(name, tensor);
  }
  return file.bytes();
}

TEST(LoadModel, AGgufFileGivesTheSameModel) {
  for (const std::string type : {"llama", "qwen2", "qwen3", "gemma3_text"}) {
    Json json = tiny_config(type);
    if (type == "gemma3_text") json["num_hidden_layers"] = 5;
    if (type == "llama")
      json["rope_scaling"] = {{"rope_type", "llama3"}, {"factor", 32.0}, {"original_max_position_embeddings", 16}};
    const auto model = random_model(json);
    const auto path = model_folder("gguf", json, {}) / (type + ".gguf");
    std::ofstream(path, std::ios::binary) << gguf_of(*model, type == "gemma3_text" ? "gemma3" : type);
    const auto loaded = load_model(path, {.dtype = at::kFloat});
    EXPECT_TRUE(at::allclose(outputs(*loaded), outputs(*model), 1e-4, 1e-4)) << type;
    EXPECT_EQ(loaded->config().eos_ids, (std::vector<std::int64_t>{7}));
  }
}

TEST(LoadModel, BrokenGgufFilesAreNamed) {
  const auto model = random_model(tiny_config("llama"));
  const auto path = model_folder("broken_gguf", tiny_config("llama"), {}) / "model.gguf";
  const auto write = [&](const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; };
  write(gguf_of(*model, "llama", "blk.2.ffn_up.weight"));
  expect_error(path, "blk.2.ffn_up.weight", "no such tensor");
  write(gguf_of(*model, "mamba"));
  expect_error(path, "general.architecture", "mamba");
  write(gguf_of(*model, "llama", "token_embd.weight"));
  expect_error(path, "token_embd.weight", "no such tensor");
}

}  // namespace
}  // namespace c2c
