#include "c2c/model/families/weight_names.h"

#include <array>
#include <utility>

#include "c2c/base/error.h"
#include "c2c/tensor/weights/weight_source.h"

namespace c2c {
namespace {

using Row = std::pair<std::string_view, std::string_view>;

// Hugging Face's part of a layer's name -> GGUF's.
constexpr std::array<Row, 9> kCommon{{{"self_attn.q_proj", "attn_q"},
                                      {"self_attn.k_proj", "attn_k"},
                                      {"self_attn.v_proj", "attn_v"},
                                      {"self_attn.o_proj", "attn_output"},
                                      {"mlp.gate_proj", "ffn_gate"},
                                      {"mlp.up_proj", "ffn_up"},
                                      {"mlp.down_proj", "ffn_down"},
                                      {"self_attn.q_norm", "attn_q_norm"},
                                      {"self_attn.k_norm", "attn_k_norm"}}};
constexpr std::array<Row, 2> kLlamaNorms{{{"input_layernorm", "attn_norm"}, {"post_attention_layernorm", "ffn_norm"}}};
constexpr std::array<Row, 4> kGemmaNorms{{{"input_layernorm", "attn_norm"},
                                          {"post_attention_layernorm", "post_attention_norm"},
                                          {"pre_feedforward_layernorm", "ffn_norm"},
                                          {"post_feedforward_layernorm", "post_ffw_norm"}}};
constexpr std::array<Row, 3> kOutside{
    {{"model.embed_tokens", "token_embd"}, {"model.norm", "output_norm"}, {"lm_head", "output"}}};

template <std::size_t size>
std::string_view look_up(const std::array<Row, size>& table, std::string_view name) {
  for (const auto& [hub, gguf] : table)
    if (hub == name) return gguf;
  return {};
}

// "model.layers.3.mlp.up_proj" -> "blk.3.ffn_up"
std::string gguf_stem(const ModelConfig& config, std::string_view stem) {
  constexpr std::string_view kLayers = "model.layers.";
  if (!stem.starts_with(kLayers)) return std::string(look_up(kOutside, stem));
  stem.remove_prefix(kLayers.size());
  const std::size_t dot = stem.find('.');
  const std::string_view part = stem.substr(dot + 1);
  std::string_view found = look_up(kCommon, part);
  if (found.empty()) found = config.family == Family::kGemma3 ? look_up(kGemmaNorms, part) : look_up(kLlamaNorms, part);
  return found.empty() ? std::string() : "blk." + std::string(stem.substr(0, dot)) + "." + std::string(found);
}

}  // namespace

FileTensor gguf_tensor(const ModelConfig& config, const std::string& parameter) {
  const std::size_t dot = parameter.rfind('.');
  const std::string stem = gguf_stem(config, std::string_view(parameter).substr(0, dot));
  C2C_CHECK(!stem.empty(), "a parameter without a GGUF name");
  FileTensor tensor{.name = stem + parameter.substr(dot)};
  if (config.family == Family::kGemma3 && stem.ends_with("norm")) tensor.stored = FileTensor::Stored::kPlusOne;
  if (config.family == Family::kLlama && (stem.ends_with(".attn_q") || stem.ends_with(".attn_k"))) {
    tensor.stored = FileTensor::Stored::kPermuted;
    tensor.heads = stem.ends_with(".attn_q") ? config.heads : config.kv_heads;
  }
  return tensor;
}

HubNames::HubNames(const WeightSource& weights) {
  for (const char* prefix : {"model.", "language_model.model.", "model.language_model.", ""})
    if (weights.find(std::string(prefix) + "embed_tokens.weight") != nullptr) {
      model_prefix_ = prefix;
      break;
    }
  if (model_prefix_ == "language_model.model.") head_prefix_ = "language_model.";
}

FileTensor HubNames::operator()(const std::string& parameter) const {
  constexpr std::string_view kModel = "model.";
  if (parameter.starts_with(kModel)) return {.name = model_prefix_ + parameter.substr(kModel.size())};
  return {.name = head_prefix_ + parameter};
}

bool may_be_left_over(const ModelConfig& config, std::string_view name) {
  if (name.ends_with("rotary_emb.inv_freq") || name == "rope_freqs.weight") return true;
  if (config.tied_embeddings && name.ends_with("lm_head.weight")) return true;
  // The image half of a multimodal Gemma 3; only its text model is read.
  return config.family == Family::kGemma3 && (name.find("vision_tower.") != std::string_view::npos ||
                                              name.find("multi_modal_projector.") != std::string_view::npos);
}

}  // namespace c2c
