#include "c2c/model/families/model_config.h"

#include "c2c/base/error.h"

namespace c2c {
namespace {

// Far above any published model of these families, far below what overflows.
constexpr std::int64_t kMaxWidth = std::int64_t{1} << 18;
constexpr std::int64_t kMaxVocabulary = std::int64_t{1} << 24;
constexpr std::int64_t kMaxLayers = 1024;
constexpr std::int64_t kMaxHeads = 4096;
constexpr std::int64_t kMaxHeadDim = 4096;
constexpr std::int64_t kMaxPositions = std::int64_t{1} << 31;

class Validator {
 public:
  explicit Validator(const ModelConfig& config) : config_(config) {}

  void size(const char* key, std::int64_t value, std::int64_t limit) const {
    if (value < 1 || value > limit)
      fail(key, std::to_string(value), "a whole number from 1 to " + std::to_string(limit));
  }
  void positive(const char* key, double value, double limit) const {
    if (!(value > 0.0) || value > limit)
      fail(key, std::to_string(value), "a number above 0, at most " + std::to_string(limit));
  }
  [[noreturn]] void fail(const char* key, std::string found, std::string expected) const {
    fail_input(
        {.where = config_.source, .key = key, .found = std::move(found), .expected = std::move(expected), .hint = {}});
  }

 private:
  const ModelConfig& config_;
};

void validate_rope(const ModelConfig& config, const Validator& check) {
  const RopeScaling& scaling = config.rope_scaling;
  check.positive("rope_theta", config.rope_theta, 1e12);
  check.positive("rope_local_base_freq", config.rope_local_theta, 1e12);
  if (scaling.type != "default" && scaling.type != "linear" && scaling.type != "llama3")
    check.fail("rope_scaling.rope_type", scaling.type, "default, linear or llama3");
  check.positive("rope_scaling.factor", scaling.factor, 1e6);
  if (scaling.type == "llama3") {
    check.positive("rope_scaling.low_freq_factor", scaling.low_freq_factor, 1e6);
    check.positive("rope_scaling.high_freq_factor", scaling.high_freq_factor, 1e6);
    check.size("rope_scaling.original_max_position_embeddings", scaling.original_max_position, kMaxPositions);
    if (scaling.high_freq_factor <= scaling.low_freq_factor)
      check.fail("rope_scaling.high_freq_factor", std::to_string(scaling.high_freq_factor),
                 "more than low_freq_factor");
  }
  if (!config.rope_divisors.empty() && static_cast<std::int64_t>(config.rope_divisors.size()) * 2 != config.head_dim)
    check.fail("rope_freqs.weight", std::to_string(config.rope_divisors.size()) + " numbers",
               "half the head size, " + std::to_string(config.head_dim / 2));
  for (const double divisor : config.rope_divisors) check.positive("rope_freqs.weight", divisor, 1e6);
}

}  // namespace

void validate(const ModelConfig& config) {
  const Validator check(config);
  check.size("hidden_size", config.hidden_size, kMaxWidth);
  check.size("intermediate_size", config.intermediate_size, 8 * kMaxWidth);
  check.size("num_hidden_layers", config.layers, kMaxLayers);
  check.size("num_attention_heads", config.heads, kMaxHeads);
  check.size("num_key_value_heads", config.kv_heads, kMaxHeads);
  check.size("head_dim", config.head_dim, kMaxHeadDim);
  check.size("vocab_size", config.vocab_size, kMaxVocabulary);
  check.size("max_position_embeddings", config.max_positions, kMaxPositions);
  if (config.head_dim % 2 != 0) check.fail("head_dim", std::to_string(config.head_dim), "an even number (RoPE)");
  if (config.heads % config.kv_heads != 0)
    check.fail("num_key_value_heads", std::to_string(config.kv_heads),
               "a divisor of num_attention_heads = " + std::to_string(config.heads));
  check.positive("rms_norm_eps", config.rms_eps, 1.0);
  if (config.sliding_window < 0 || config.sliding_window > kMaxPositions)
    check.fail("sliding_window", std::to_string(config.sliding_window), "0 or more tokens");
  if (!config.layer_is_local.empty() && static_cast<std::int64_t>(config.layer_is_local.size()) != config.layers)
    check.fail("layer_types", std::to_string(config.layer_is_local.size()) + " entries",
               std::to_string(config.layers) + ", one for each layer");
  if (config.activation != "silu" && config.activation != "gelu_pytorch_tanh")
    check.fail("hidden_act", config.activation, "silu or gelu_pytorch_tanh");
  if (config.query_scale != 0.0) check.positive("query_pre_attn_scalar", config.query_scale, 1e6);
  if (config.final_softcap != 0.0) check.positive("final_logit_softcapping", config.final_softcap, 1e6);
  if (config.attention_softcap != 0.0) check.positive("attn_logit_softcapping", config.attention_softcap, 1e6);
  validate_rope(config, check);
}

std::string family_name(Family family) {
  switch (family) {
    case Family::kLlama:
      return "llama";
    case Family::kQwen2:
      return "qwen2";
    case Family::kQwen3:
      return "qwen3";
    case Family::kGemma3:
      return "gemma3";
  }
  fail_internal("unknown model family");
}

}  // namespace c2c
