// GGUF metadata to ModelConfig, as llama.cpp reads it (llama-model.cpp) and transformers maps it
// (integrations/ggml.py).
#include <algorithm>
#include <cmath>

#include "c2c/base/error.h"
#include "c2c/io/formats/dequantize.h"
#include "c2c/io/formats/gguf.h"
#include "c2c/model/families/model_config.h"

namespace c2c {
namespace {

// Metadata keys start with the architecture: "llama.block_count".
class Metadata {
 public:
  Metadata(std::string where, const GgufFile& file) : where_(std::move(where)), file_(file) {
    const std::string* architecture = file.find_string("general.architecture");
    if (architecture == nullptr) fail("general.architecture", "nothing", "the name of a model architecture");
    architecture_ = *architecture;
  }

  const std::string& architecture() const { return architecture_; }
  std::string key(const char* name) const { return architecture_ + "." + name; }
  std::optional<std::int64_t> integer(const char* name) const { return file_.find_int(key(name)); }
  std::optional<double> number(const char* name) const { return file_.find_float(key(name)); }
  std::int64_t required(const char* name) const {
    const auto value = integer(name);
    if (!value) fail(key(name), "nothing", "a whole number");
    return *value;
  }
  const TensorInfo* tensor(std::string_view name) const {
    for (const TensorInfo& info : file_.tensors())
      if (info.name == name) return &info;
    return nullptr;
  }
  [[noreturn]] void fail(std::string key, std::string found, std::string expected) const {
    fail_input({.where = where_,
                .key = std::move(key),
                .found = std::move(found),
                .expected = std::move(expected),
                .hint = {}});
  }

 private:
  std::string where_;
  const GgufFile& file_;
  std::string architecture_;
};

Family family_of(const Metadata& metadata) {
  for (const Family family : {Family::kLlama, Family::kQwen2, Family::kQwen3, Family::kGemma3})
    if (metadata.architecture() == family_name(family)) return family;
  metadata.fail("general.architecture", metadata.architecture(), "llama, qwen2, qwen3 or gemma3");
}

void read_sizes(const Metadata& metadata, ModelConfig& config) {
  config.hidden_size = metadata.required("embedding_length");
  config.intermediate_size = metadata.required("feed_forward_length");
  config.layers = metadata.required("block_count");
  config.heads = metadata.required("attention.head_count");
  config.kv_heads = metadata.integer("attention.head_count_kv").value_or(config.heads);
  config.max_positions = metadata.required("context_length");
  const std::int64_t per_head = config.heads > 0 ? config.hidden_size / config.heads : 0;
  config.head_dim = metadata.integer("attention.key_length").value_or(per_head);
  for (const char* twin : {"attention.value_length", "rope.dimension_count"})
    if (const auto size = metadata.integer(twin); size && *size != config.head_dim)
      metadata.fail(metadata.key(twin), std::to_string(*size), "the head size, " + std::to_string(config.head_dim));
  const auto rms_eps = metadata.number("attention.layer_norm_rms_epsilon");
  if (!rms_eps) metadata.fail(metadata.key("attention.layer_norm_rms_epsilon"), "nothing", "a small number");
  config.rms_eps = *rms_eps;
  const TensorInfo* table = metadata.tensor("token_embd.weight");
  if (table == nullptr || table->shape.size() != 2)
    metadata.fail("token_embd.weight", table == nullptr ? "no such tensor" : "no matrix", "the embedding table");
  config.vocab_size = metadata.integer("vocab_size").value_or(table->shape[0]);
  config.tied_embeddings = metadata.tensor("output.weight") == nullptr;
}

// llama.cpp keeps Llama 3's frequency scaling as a tensor of divisors instead of its four parameters.
std::vector<double> rope_divisors(const Metadata& metadata) {
  const TensorInfo* info = metadata.tensor("rope_freqs.weight");
  if (info == nullptr) return {};
  if (info->shape.size() != 1 || info->dtype != DType::kF32 || info->shape[0] > 4096)
    metadata.fail("rope_freqs.weight", std::string(dtype_name(info->dtype)), "a short vector of F32");
  std::vector<float> values(static_cast<std::size_t>(info->shape[0]));
  dequantize_to_float(info->dtype, info->data, values.data(), info->shape[0]);
  return {values.begin(), values.end()};
}

void read_rope(const Metadata& metadata, const GgufFile& file, ModelConfig& config) {
  config.rope_theta = metadata.number("rope.freq_base").value_or(1e4);
  config.rope_local_theta = metadata.number("rope.freq_base_swa").value_or(1e4);
  const std::string type_key = metadata.key("rope.scaling.type");
  if (const std::string* type = file.find_string(type_key); type != nullptr && *type != "none") {
    if (*type != "linear") metadata.fail(type_key, *type, "none or linear");
    config.rope_scaling.type = "linear";
    config.rope_scaling.factor = metadata.number("rope.scaling.factor").value_or(1.0);
  }
  config.rope_divisors = rope_divisors(metadata);
}

void read_gemma3(const Metadata& metadata, ModelConfig& config) {
  if (config.family != Family::kGemma3) return;
  config.activation = "gelu_pytorch_tanh";
  config.sliding_window = metadata.integer("attention.sliding_window").value_or(0);
  if (config.sliding_window > 0 && config.layers > 0 && config.layers <= (1 << 16)) {
    const std::int64_t pattern = metadata.integer("attention.sliding_window_pattern").value_or(6);
    if (pattern < 1)
      metadata.fail(metadata.key("attention.sliding_window_pattern"), std::to_string(pattern), "1 or more");
    for (std::int64_t i = 0; i < config.layers; ++i) config.layer_is_local.push_back((i + 1) % pattern != 0);
  }
  // Only the 27B model, known by its 62 layers, scales by hidden size / heads; it is not in the metadata.
  const std::int64_t scalar =
      config.layers == 62 && config.heads > 0 ? config.hidden_size / config.heads : config.head_dim;
  config.query_scale = scalar > 0 ? 1.0 / std::sqrt(static_cast<double>(scalar)) : 0.0;
  config.final_softcap = metadata.number("final_logit_softcapping").value_or(0.0);
}

void read_ids(const GgufFile& file, ModelConfig& config) {
  for (const char* key : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"})
    if (const auto id = file.find_int(key);
        id && std::find(config.eos_ids.begin(), config.eos_ids.end(), *id) == config.eos_ids.end())
      config.eos_ids.push_back(*id);
  config.bos_id = file.find_int("tokenizer.ggml.bos_token_id");
  config.pad_id = file.find_int("tokenizer.ggml.padding_token_id");
}

}  // namespace

ModelConfig config_from_gguf(const std::string& name, const GgufFile& file) {
  const Metadata metadata(name, file);
  ModelConfig config;
  config.source = name;
  config.family = family_of(metadata);
  read_sizes(metadata, config);
  config.attention_bias = metadata.tensor("blk.0.attn_q.bias") != nullptr;
  config.output_bias = metadata.tensor("blk.0.attn_output.bias") != nullptr;
  config.mlp_bias = metadata.tensor("blk.0.ffn_up.bias") != nullptr;
  config.qk_norm = config.family == Family::kQwen3 || config.family == Family::kGemma3;
  read_rope(metadata, file, config);
  read_gemma3(metadata, config);
  read_ids(file, config);
  validate(config);
  return config;
}

}  // namespace c2c
