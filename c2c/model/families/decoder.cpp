#include "c2c/model/families/decoder.h"

#include <ATen/ATen.h>

#include <cmath>

#include "c2c/base/error.h"
#include "c2c/model/families/rope_frequencies.h"

namespace c2c {
namespace {

// Gemma stores norm weights as their distance from one.
RmsNorm make_norm(const ModelConfig& config, std::int64_t size, at::TensorOptions options) {
  return RmsNorm(at::empty({size}, options), config.rms_eps, config.family == Family::kGemma3);
}

at::Tensor normed(const std::optional<RmsNorm>& norm, const at::Tensor& x) {
  return norm ? (*norm)(x) : x;
}

// The factor as Gemma 3 applies it: rounded to the weights' type first.
double embedding_scale(const ModelConfig& config, at::TensorOptions options) {
  if (config.family != Family::kGemma3) return 1.0;
  const double root = std::sqrt(static_cast<double>(config.hidden_size));
  return at::scalar_tensor(root, at::TensorOptions(c10::typeMetaToScalarType(options.dtype()))).item<double>();
}

}  // namespace

SelfAttention::SelfAttention(const ModelConfig& config, at::TensorOptions options)
    : head_dim_(config.head_dim),
      query_(Linear::empty(config.hidden_size, config.heads * config.head_dim, config.attention_bias, options)),
      key_(Linear::empty(config.hidden_size, config.kv_heads * config.head_dim, config.attention_bias, options)),
      value_(Linear::empty(config.hidden_size, config.kv_heads * config.head_dim, config.attention_bias, options)),
      output_(Linear::empty(config.heads * config.head_dim, config.hidden_size, config.output_bias, options)) {
  scale_.scale = config.query_scale > 0 ? config.query_scale : 1.0 / std::sqrt(static_cast<double>(head_dim_));
  scale_.soft_cap = config.attention_softcap;
  if (!config.qk_norm) return;
  query_norm_ = make_norm(config, head_dim_, options);
  key_norm_ = make_norm(config, head_dim_, options);
}

KvPair SelfAttention::new_keys_and_values(const at::Tensor& x, const LayerCall& call) const {
  const at::Tensor key = apply_rope(normed(key_norm_, key_(x).unflatten(-1, {-1, head_dim_})), call.kind.rope);
  const at::Tensor value = value_(x).unflatten(-1, {-1, head_dim_});
  KvPair computed{key.transpose(1, 2), value.transpose(1, 2)};
  if (call.kv_override == nullptr || !*call.kv_override) return computed;
  KvPair replaced = (*call.kv_override)(call.layer, computed);
  if (!replaced.key.defined()) return computed;
  C2C_CHECK(replaced.key.sizes() == computed.key.sizes() && replaced.value.sizes() == computed.value.sizes(),
            "a K/V override keeps the shapes it was given");
  return replaced;
}

at::Tensor SelfAttention::operator()(const at::Tensor& x, const LayerCall& call) const {
  KvPair kv = new_keys_and_values(x, call);
  if (call.kv_only) {
    if (call.cache != nullptr) call.cache->append(call.layer, kv.key, kv.value);
    return {};
  }
  const at::Tensor query = apply_rope(normed(query_norm_, query_(x).unflatten(-1, {-1, head_dim_})), call.kind.rope);
  if (call.cache != nullptr) kv = call.cache->append(call.layer, kv.key, kv.value, query.requires_grad());
  const at::Tensor attended = attention(query, kv.key, kv.value, call.kind.mask, scale_);
  if (call.attention != nullptr) (*call.attention)(call.layer, attended);
  return output_(attended);
}

void SelfAttention::visit(const std::string& prefix, const ParameterVisitor& visitor) {
  query_.visit(prefix + "q_proj.", visitor);
  key_.visit(prefix + "k_proj.", visitor);
  value_.visit(prefix + "v_proj.", visitor);
  output_.visit(prefix + "o_proj.", visitor);
  if (query_norm_) query_norm_->visit(prefix + "q_norm.", visitor);
  if (key_norm_) key_norm_->visit(prefix + "k_norm.", visitor);
}

void SelfAttention::visit_linears(const std::string& prefix, const LinearVisitor& visitor) {
  visitor(prefix + "q_proj", query_);
  visitor(prefix + "k_proj", key_);
  visitor(prefix + "v_proj", value_);
  visitor(prefix + "o_proj", output_);
}

GatedMlp::GatedMlp(const ModelConfig& config, at::TensorOptions options)
    : activation_(config.activation == "silu" ? Activation::kSilu : Activation::kGeluTanh),
      gate_(Linear::empty(config.hidden_size, config.intermediate_size, config.mlp_bias, options)),
      up_(Linear::empty(config.hidden_size, config.intermediate_size, config.mlp_bias, options)),
      down_(Linear::empty(config.intermediate_size, config.hidden_size, config.mlp_bias, options)) {}

at::Tensor GatedMlp::operator()(const at::Tensor& x) const {
  return down_(gated_activation(gate_(x), up_(x), activation_));
}

void GatedMlp::visit(const std::string& prefix, const ParameterVisitor& visitor) {
  gate_.visit(prefix + "gate_proj.", visitor);
  up_.visit(prefix + "up_proj.", visitor);
  down_.visit(prefix + "down_proj.", visitor);
}

void GatedMlp::visit_linears(const std::string& prefix, const LinearVisitor& visitor) {
  visitor(prefix + "gate_proj", gate_);
  visitor(prefix + "up_proj", up_);
  visitor(prefix + "down_proj", down_);
}

DecoderBlock::DecoderBlock(const ModelConfig& config, at::TensorOptions options)
    : attention_(config, options),
      mlp_(config, options),
      attention_input_norm_(make_norm(config, config.hidden_size, options)),
      mlp_input_norm_(make_norm(config, config.hidden_size, options)) {
  if (config.family != Family::kGemma3) return;
  attention_output_norm_ = make_norm(config, config.hidden_size, options);
  mlp_output_norm_ = make_norm(config, config.hidden_size, options);
}

at::Tensor DecoderBlock::operator()(const at::Tensor& x, const LayerCall& call) const {
  const at::Tensor attended = attention_(attention_input_norm_(x), call);
  if (!attended.defined()) return {};  // only K and V were wanted
  const at::Tensor hidden = x + normed(attention_output_norm_, attended);
  return hidden + normed(mlp_output_norm_, mlp_(mlp_input_norm_(hidden)));
}

void DecoderBlock::visit(const std::string& prefix, const ParameterVisitor& visitor) {
  attention_.visit(prefix + "self_attn.", visitor);
  mlp_.visit(prefix + "mlp.", visitor);
  attention_input_norm_.visit(prefix + "input_layernorm.", visitor);
  // "post attention" means behind attention in Gemma's names and before the MLP in the others'.
  if (attention_output_norm_) {
    attention_output_norm_->visit(prefix + "post_attention_layernorm.", visitor);
    mlp_input_norm_.visit(prefix + "pre_feedforward_layernorm.", visitor);
    mlp_output_norm_->visit(prefix + "post_feedforward_layernorm.", visitor);
  } else {
    mlp_input_norm_.visit(prefix + "post_attention_layernorm.", visitor);
  }
}

void DecoderBlock::visit_linears(const std::string& prefix, const LinearVisitor& visitor) {
  attention_.visit_linears(prefix + "self_attn.", visitor);
  mlp_.visit_linears(prefix + "mlp.", visitor);
}

Decoder::Decoder(ModelConfig config, at::TensorOptions options)
    : config_(std::move(config)),
      embedding_scale_(embedding_scale(config_, options)),
      global_frequencies_(rope_frequencies(config_, /*local=*/false)),
      local_frequencies_(rope_frequencies(config_, /*local=*/true)),
      embedding_(at::empty({config_.vocab_size, config_.hidden_size}, options)),
      norm_(make_norm(config_, config_.hidden_size, options)) {
  blocks_.reserve(static_cast<std::size_t>(config_.layers));
  for (std::int64_t i = 0; i < config_.layers; ++i) blocks_.emplace_back(config_, options);
  if (!config_.tied_embeddings) head_ = Linear::empty(config_.hidden_size, config_.vocab_size, false, options);
}

at::Tensor Decoder::forward(const ForwardInput& input) const {
  const std::int64_t layers = input.stop_layer < 0 ? config_.layers : input.stop_layer;
  C2C_CHECK(layers <= config_.layers, "forward: stop_layer is past the last layer");
  const auto kinds = std::make_shared<const LayerKinds>(prepare(input, layers));
  at::Tensor hidden = embed(input.ids_BN);
  for (std::int64_t i = 0; i < layers; ++i) {
    const LayerCall call{.layer = i,
                         .kind = is_local(i) ? *kinds->local : *kinds->global,
                         .cache = input.cache,
                         .kv_override = input.kv_override,
                         .attention = input.attention,
                         .kv_only = input.kv_only_last && i + 1 == layers};
    hidden = is_recomputed(hidden, call) ? run_recomputed(hidden, call, kinds)
                                         : blocks_[static_cast<std::size_t>(i)](hidden, call);
  }
  return hidden.defined() && layers == config_.layers ? norm_(hidden) : hidden;
}

// Masks and angles of both kinds of layers, as far as there are such layers.
Decoder::LayerKinds Decoder::prepare(const ForwardInput& input, std::int64_t layers) const {
  C2C_CHECK(input.ids_BN.dim() == 2 && input.ids_BN.numel() > 0, "forward: ids are (batch, tokens), not empty");
  const std::int64_t batch = input.ids_BN.size(0), tokens = input.ids_BN.size(1);
  const std::int64_t past = input.cache != nullptr ? input.cache->length() : 0;
  C2C_CHECK(input.cache == nullptr || input.cache->batch() == batch, "forward: the cache has another batch size");
  const at::TensorOptions indices = input.ids_BN.options();
  const at::Tensor positions =
      input.positions_BN.defined() ? input.positions_BN : at::arange(past, past + tokens, indices).unsqueeze(0);
  C2C_CHECK(positions.dim() == 2 && positions.size(1) == tokens, "forward: one position for each new token");
  at::Tensor real = input.mask_BT;
  if (real.defined()) {
    C2C_CHECK(real.dim() == 2 && real.size(0) == batch && real.size(1) == past + tokens,
              "forward: the mask covers all cached and new tokens");
    real = real.to(at::kBool);
    if (real.all().item<bool>()) real = at::Tensor();  // the fast way
  }
  const auto kind = [&](const at::Tensor& frequencies, std::int64_t window) {
    return LayerKind{rope_angles(positions, frequencies.to(indices.device()), options().dtype().toScalarType()),
                     AttentionMask(tokens, past + tokens, window, real, options())};
  };
  LayerKinds kinds;
  for (std::int64_t i = 0; i < layers; ++i) {
    if (is_local(i) && !kinds.local) kinds.local = kind(local_frequencies_, config_.sliding_window);
    if (!is_local(i) && !kinds.global) kinds.global = kind(global_frequencies_, 0);
  }
  return kinds;
}

at::Tensor Decoder::embed(const at::Tensor& ids) const {
  if (ids.device().is_cpu()) {
    const auto [lowest, highest] = ids.aminmax();
    const std::int64_t low = lowest.item<std::int64_t>(), high = highest.item<std::int64_t>();
    if (low < 0 || high >= config_.vocab_size)
      fail_usage({.where = config_.source,
                  .key = "token id",
                  .found = std::to_string(low < 0 ? low : high),
                  .expected = "0 to " + std::to_string(config_.vocab_size - 1),
                  .hint = "the ids come from another model's tokenizer: align the sharer, or give it its own ids"});
  }
  const at::Tensor rows = embedding_(ids);
  return embedding_scale_ == 1.0 ? rows : rows * embedding_scale_;
}

void Decoder::drop_head(RowReader reader) {
  embedding_.read_rows_with(std::move(reader));
  has_head_ = false;
}

at::Tensor Decoder::logits(const at::Tensor& hidden) const {
  C2C_CHECK(has_head_, "logits: this model was loaded to be heard only (load_sharer), without its vocabulary head");
  const at::Tensor scores = (head_ ? (*head_)(hidden) : at::linear(hidden, embedding_.weight())).to(at::kFloat);
  const double cap = config_.final_softcap;
  return cap > 0 ? (scores / cap).tanh() * cap : scores;
}

void Decoder::visit(const std::string& prefix, const ParameterVisitor& visitor) {
  embedding_.visit(prefix + "model.embed_tokens.", visitor);
  for (std::size_t i = 0; i < blocks_.size(); ++i)
    blocks_[i].visit(prefix + "model.layers." + std::to_string(i) + ".", visitor);
  norm_.visit(prefix + "model.norm.", visitor);
  if (head_) head_->visit(prefix + "lm_head.", visitor);
}

void Decoder::visit_linears(const LinearVisitor& visitor) {
  for (std::size_t i = 0; i < blocks_.size(); ++i)
    blocks_[i].visit_linears("model.layers." + std::to_string(i) + ".", visitor);
  if (head_) visitor("lm_head", *head_);
}

}  // namespace c2c
