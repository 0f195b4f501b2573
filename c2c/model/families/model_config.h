// What shapes a decoder: read from Hugging Face's config.json or from GGUF metadata, one struct for all families.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "c2c/model/cache/kv_cache.h"

namespace c2c {

class GgufFile;

enum class Family { kLlama, kQwen2, kQwen3, kGemma3 };

// RoPE frequency scaling: none, linear by `factor`, or llama3 (Llama 3.1's smooth low/high frequency scaling).
struct RopeScaling {
  std::string type = "default";
  double factor = 1.0, low_freq_factor = 1.0, high_freq_factor = 4.0;
  std::int64_t original_max_position = 8192;
};

struct ModelConfig {
  Family family = Family::kLlama;
  std::string source;  // file it came from, for messages
  std::int64_t hidden_size = 0, intermediate_size = 0, layers = 0, heads = 0, kv_heads = 0, head_dim = 0;
  std::int64_t vocab_size = 0, max_positions = 0;
  double rms_eps = 1e-6;
  double rope_theta = 10000.0;
  RopeScaling rope_scaling;
  std::vector<double> rope_divisors;  // GGUF's rope_freqs: each frequency is divided by its own; empty: none
  bool tied_embeddings = false;
  bool attention_bias = false;  // q, k, v biases (Qwen2); Llama's config may ask for o too
  bool output_bias = false, mlp_bias = false;
  bool qk_norm = false;             // per-head RMSNorm on q and k (Qwen3, Gemma 3)
  std::string activation = "silu";  // silu or gelu_pytorch_tanh
  // Gemma 3
  std::int64_t sliding_window = 0;   // 0: none; a local layer sees this many tokens, itself included
  std::vector<bool> layer_is_local;  // empty: all global
  double rope_local_theta = 10000.0;
  double query_scale = 0.0;  // of q . k; 0: 1 / sqrt(head_dim)
  double final_softcap = 0.0, attention_softcap = 0.0;
  std::vector<std::int64_t> eos_ids;  // config.json, overridden by generation_config.json when there
  std::optional<std::int64_t> bos_id, pad_id;

  KvGeometry kv_geometry() const { return {layers, kv_heads, head_dim}; }
};

// Throws kInput naming the field: sizes out of bounds, heads that do not divide, an odd head size, ... Called by both
// readers below and by make_model, before anything is allocated.
void validate(const ModelConfig& config);
ModelConfig config_from_json(const std::string& name, std::string_view config_json,
                             std::string_view generation_config_json = {});
ModelConfig config_from_gguf(const std::string& name, const GgufFile& file);
std::string family_name(Family family);

}  // namespace c2c
