// config.json of Hugging Face to ModelConfig, with the defaults of transformers' configuration classes where a key may
// be left out.
#include <cmath>

#include "c2c/base/error.h"
#include "c2c/io/formats/json.h"
#include "c2c/model/families/model_config.h"

namespace c2c {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxConfigBytes = std::size_t{16} << 20;

// One JSON object of a config file: typed look-ups whose errors name the file and the key. null counts as absent.
class Fields {
 public:
  Fields(std::string where, const Json& object) : where_(std::move(where)), object_(object) {
    if (!object_.is_object()) fail("", "an object");
  }

  const Json* find(const char* key) const {
    const auto found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }
  std::optional<std::int64_t> integer(const char* key) const {
    const Json* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_number_integer() || (value->is_number_unsigned() && value->get<std::uint64_t>() > INT64_MAX))
      fail(key, "a whole number");
    return value->get<std::int64_t>();
  }
  std::optional<double> number(const char* key) const {
    const Json* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_number()) fail(key, "a number");
    return value->get<double>();
  }
  std::optional<bool> boolean(const char* key) const {
    const Json* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_boolean()) fail(key, "true or false");
    return value->get<bool>();
  }
  std::optional<std::string> text(const char* key) const {
    const Json* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string()) fail(key, "a string");
    return value->get<std::string>();
  }
  std::int64_t required(const char* key, std::optional<std::int64_t> fallback) const {
    const auto value = integer(key);
    if (!value && !fallback) fail(key, "a whole number");
    return value ? *value : *fallback;
  }
  // One id or a list of them; empty when absent.
  std::vector<std::int64_t> ids(const char* key) const {
    const Json* value = find(key);
    if (value == nullptr) return {};
    if (!value->is_array()) return {*integer(key)};
    std::vector<std::int64_t> out;
    for (const Json& id : *value) {
      if (!id.is_number_integer()) fail(key, "a token id or a list of them");
      out.push_back(id.get<std::int64_t>());
    }
    return out;
  }
  std::optional<Fields> object(const char* key) const {
    const Json* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_object()) fail(key, "an object");
    return Fields(where_, *value);
  }

  [[noreturn]] void fail(const char* key, std::string expected) const {
    const Json* value = *key != '\0' && object_.is_object() ? find(key) : &object_;
    const std::string found = value == nullptr ? "nothing" : value->dump().substr(0, 80);
    fail_input({.where = where_, .key = key, .found = found, .expected = std::move(expected), .hint = {}});
  }

 private:
  std::string where_;
  const Json& object_;
};

Family family_of(const Fields& fields) {
  const std::string type = fields.text("model_type").value_or("");
  if (type == "llama") return Family::kLlama;
  if (type == "qwen2") return Family::kQwen2;
  if (type == "qwen3") return Family::kQwen3;
  if (type == "gemma3" || type == "gemma3_text") return Family::kGemma3;
  fields.fail("model_type", "llama, qwen2, qwen3, gemma3_text or gemma3");
}

void read_sizes(const Fields& fields, ModelConfig& config) {
  const bool gemma = config.family == Family::kGemma3;
  const auto or_gemma = [&](std::int64_t value) { return gemma ? std::optional(value) : std::nullopt; };
  config.hidden_size = fields.required("hidden_size", or_gemma(2304));
  config.intermediate_size = fields.required("intermediate_size", or_gemma(9216));
  config.layers = fields.required("num_hidden_layers", or_gemma(26));
  config.heads = fields.required("num_attention_heads", or_gemma(8));
  config.vocab_size = fields.required("vocab_size", or_gemma(262208));
  config.kv_heads = fields.required("num_key_value_heads", gemma ? 4 : config.heads);
  std::int64_t head_dim = config.family == Family::kQwen3 ? 128 : 256;
  if (config.family == Family::kLlama || config.family == Family::kQwen2)
    head_dim = config.heads > 0 ? config.hidden_size / config.heads : 0;
  config.head_dim = fields.required("head_dim", head_dim);
  const std::int64_t positions = gemma ? 131072 : config.family == Family::kLlama ? 2048 : 32768;
  config.max_positions = fields.required("max_position_embeddings", positions);
  config.rms_eps = fields.number("rms_norm_eps").value_or(1e-6);
  config.tied_embeddings = fields.boolean("tie_word_embeddings").value_or(gemma);
}

void read_layer_kind(const Fields& fields, ModelConfig& config) {
  const bool asked = fields.boolean("attention_bias").value_or(false);
  config.attention_bias = config.family == Family::kQwen2 || asked;
  config.output_bias = config.family != Family::kQwen2 && asked;
  config.mlp_bias = config.family == Family::kLlama && fields.boolean("mlp_bias").value_or(false);
  config.qk_norm = config.family == Family::kQwen3 || config.family == Family::kGemma3;
  if (config.family == Family::kGemma3) {
    config.activation = fields.text("hidden_activation").value_or("gelu_pytorch_tanh");
    const double scalar = fields.number("query_pre_attn_scalar").value_or(256);
    if (!(scalar > 0)) fields.fail("query_pre_attn_scalar", "a number above 0");
    config.query_scale = 1.0 / std::sqrt(scalar);
    config.final_softcap = fields.number("final_logit_softcapping").value_or(0.0);
    config.attention_softcap = fields.number("attn_logit_softcapping").value_or(0.0);
  } else {
    config.activation = fields.text("hidden_act").value_or("silu");
  }
  if (fields.find("quantization_config") != nullptr)
    fields.fail("quantization_config", "weights that are not quantised (or a GGUF file)");
}

RopeScaling rope_scaling_of(const Fields& fields) {
  RopeScaling scaling;
  scaling.type = fields.text("rope_type").value_or(fields.text("type").value_or("default"));
  scaling.factor = fields.number("factor").value_or(1.0);
  scaling.low_freq_factor = fields.number("low_freq_factor").value_or(1.0);
  scaling.high_freq_factor = fields.number("high_freq_factor").value_or(4.0);
  scaling.original_max_position = fields.integer("original_max_position_embeddings").value_or(8192);
  return scaling;
}

void read_rope(const Fields& fields, ModelConfig& config) {
  const bool gemma = config.family == Family::kGemma3;
  config.rope_theta = fields.number("rope_theta").value_or(gemma ? 1e6 : 1e4);
  config.rope_local_theta = fields.number("rope_local_base_freq").value_or(gemma ? 1e4 : config.rope_theta);
  if (const auto scaling = fields.object("rope_scaling")) config.rope_scaling = rope_scaling_of(*scaling);
  // transformers 5 writes all of it into one object, for Gemma one per kind of layer.
  if (const auto all = fields.object("rope_parameters")) {
    const auto global = all->object("full_attention");
    const Fields& main = global ? *global : *all;
    config.rope_theta = main.number("rope_theta").value_or(config.rope_theta);
    config.rope_scaling = rope_scaling_of(main);
    if (const auto local = all->object("sliding_attention"))
      config.rope_local_theta = local->number("rope_theta").value_or(config.rope_local_theta);
  }
}

void read_local_layers(const Fields& fields, ModelConfig& config) {
  const bool gemma = config.family == Family::kGemma3;
  const bool asked = config.family != Family::kLlama && fields.boolean("use_sliding_window").value_or(gemma);
  if (!asked || config.layers < 1 || config.layers > (1 << 16)) return;  // absurd counts: validate() says so
  config.sliding_window = fields.integer("sliding_window").value_or(gemma ? 4096 : 0);
  if (config.sliding_window == 0) return;
  config.layer_is_local.resize(static_cast<std::size_t>(config.layers));
  if (const Json* types = fields.find("layer_types")) {
    if (!types->is_array() || types->size() != config.layer_is_local.size())
      fields.fail("layer_types", "one entry for each layer");
    for (std::size_t i = 0; i < types->size(); ++i) config.layer_is_local[i] = (*types)[i] == "sliding_attention";
    return;
  }
  const std::int64_t pattern = fields.integer("sliding_window_pattern").value_or(6);
  const std::int64_t first_local = fields.integer("max_window_layers").value_or(0);
  if (gemma && pattern < 1) fields.fail("sliding_window_pattern", "1 or more layers");
  for (std::int64_t i = 0; i < config.layers; ++i)
    config.layer_is_local[static_cast<std::size_t>(i)] = gemma ? (i + 1) % pattern != 0 : i >= first_local;
}

void read_ids(const Fields& fields, ModelConfig& config) {
  if (auto ids = fields.ids("eos_token_id"); !ids.empty()) config.eos_ids = std::move(ids);
  if (const auto ids = fields.ids("bos_token_id"); !ids.empty()) config.bos_id = ids.front();
  if (const auto ids = fields.ids("pad_token_id"); !ids.empty()) config.pad_id = ids.front();
}

}  // namespace

ModelConfig config_from_json(const std::string& name, std::string_view config_json,
                             std::string_view generation_config_json) {
  const JsonLimits limits{.max_bytes = kMaxConfigBytes};
  const Json document = parse_json(config_json, name, limits);
  const Fields outer(name, document);
  ModelConfig config;
  config.source = name;
  config.family = family_of(outer);
  if (config.family == Family::kGemma3) read_ids(Fields(name, Json{{"eos_token_id", 1}, {"bos_token_id", 2}}), config);
  const auto nested = outer.object("text_config");  // the multimodal checkpoints of Gemma 3
  const Fields& fields = nested ? *nested : outer;
  read_sizes(fields, config);
  read_layer_kind(fields, config);
  read_rope(fields, config);
  read_local_layers(fields, config);
  read_ids(fields, config);
  if (nested) read_ids(outer, config);
  if (!generation_config_json.empty()) {
    const std::string where = name + " (generation_config.json)";
    const Json generation = parse_json(generation_config_json, where, limits);
    read_ids(Fields(where, generation), config);
  }
  validate(config);
  return config;
}

}  // namespace c2c
