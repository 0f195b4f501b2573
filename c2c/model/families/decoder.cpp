#include "c2c/model/families/decoder.h"

#include <ATen/ATen.h>

#include <cmath>

#include "c2c/base/error.h"
#include "c2c/model/families/rope_frequencies.h"
#include "c2c/tensor/ops/crew.h"
#include "c2c/tensor/ops/on_kernels.h"

namespace c2c {
namespace {

// Gemma stores norm weights as their distance from one.
RmsNorm make_norm(const ModelConfig& config, std::int64_t size, at::TensorOptions options) {
  return RmsNorm(at::empty({size}, options), config.rms_eps, config.family == Family::kGemma3);
}

at::Tensor normed(const std::optional<RmsNorm>& norm, const at::Tensor& x) {
  return norm ? (*norm)(x) : x;
}

// [residual +] layer(x).
at::Tensor added(const Linear& layer, const at::Tensor& x, const at::Tensor& residual) {
  return residual.defined() ? layer.add_to(x, residual) : layer(x);
}

// (B or 1, N) int64.
at::Tensor positions_of(const ForwardInput& input, std::int64_t past) {
  if (input.positions_BN.defined()) return input.positions_BN;
  if (input.row_caches.empty())
    return at::arange(past, past + input.ids_BN.size(1), input.ids_BN.options()).unsqueeze(0);
  std::vector<std::int64_t> next;
  for (const KvCache* cache : input.row_caches) next.push_back(cache->length());
  return at::tensor(next, at::kLong).unsqueeze(1).to(input.ids_BN.device());
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

KvPair SelfAttention::new_keys_and_values(const at::Tensor& keys, const at::Tensor& values,
                                          const LayerCall& call) const {
  const at::Tensor key = apply_rope(normed(key_norm_, keys.unflatten(-1, {-1, head_dim_})), call.kind.rope);
  const at::Tensor value = values.unflatten(-1, {-1, head_dim_});
  KvPair computed{key.transpose(1, 2), value.transpose(1, 2)};
  if (call.kv_override == nullptr || !*call.kv_override) return computed;
  KvPair replaced = (*call.kv_override)(call.layer, computed);
  if (!replaced.key.defined()) return computed;
  C2C_CHECK(replaced.key.sizes() == computed.key.sizes() && replaced.value.sizes() == computed.value.sizes(),
            "a K/V override keeps the shapes it was given");
  return replaced;
}

// One new token per row, each behind its own cache.
at::Tensor SelfAttention::attend_rows(const std::vector<at::Tensor>& made, const LayerCall& call) const {
  const auto heads = [&](const std::optional<RmsNorm>& norm, const at::Tensor& x) {
    return norm ? (*norm)(x.unflatten(-1, {-1, head_dim_})) : x;
  };
  c10::SmallVector<kernels::KvPlace, 8> places;
  c10::SmallVector<kernels::KvView, 8> views;
  for (KvCache* cache : call.row_caches) places.push_back(cache->grow(call.layer));
  for (const KvCache* cache : call.row_caches) views.push_back(cache->row_view(call.layer, 0));
  const at::Tensor query = heads(query_norm_, made[0]);
  append_token(query, heads(key_norm_, made[1]), made[2], call.kind.rope, {places.data(), places.size()});
  return decode_attention(query, {views.data(), views.size()}, call.kind.window, scale_);
}

at::Tensor SelfAttention::attend(const std::vector<at::Tensor>& made, const LayerCall& call) const {
  KvPair kv = new_keys_and_values(made[1], made[2], call);
  const at::Tensor query = apply_rope(normed(query_norm_, made[0].unflatten(-1, {-1, head_dim_})), call.kind.rope);
  if (call.cache != nullptr) kv = call.cache->append(call.layer, kv.key, kv.value, query.requires_grad());
  return attention(query, kv.key, kv.value, *call.kind.mask, scale_);
}

at::Tensor SelfAttention::operator()(const at::Tensor& x, const at::Tensor& residual, const LayerCall& call) const {
  if (call.kv_only) {
    const std::vector<at::Tensor> made = apply_all({&key_, &value_}, x);
    const KvPair kv = new_keys_and_values(made[0], made[1], call);
    if (call.cache != nullptr) call.cache->append(call.layer, kv.key, kv.value);
    return {};
  }
  const std::vector<at::Tensor> made = apply_all({&query_, &key_, &value_}, x);
  const at::Tensor attended = call.row_caches.empty() ? attend(made, call) : attend_rows(made, call);
  if (call.attention != nullptr) (*call.attention)(call.layer, attended);
  return added(output_, attended, residual);
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

at::Tensor GatedMlp::operator()(const at::Tensor& x, const at::Tensor& residual) const {
  const std::vector<at::Tensor> made = apply_all({&gate_, &up_}, x);
  return added(down_, gated_activation(made[0], made[1], activation_), residual);
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
  if (attention_output_norm_) return sandwiched(x, call);
  const at::Tensor hidden = attention_(attention_input_norm_(x), x, call);
  if (!hidden.defined()) return {};  // only K and V were wanted
  return mlp_(mlp_input_norm_(hidden), hidden);
}

// Gemma 3: what attention and MLP give is normed before it is added.
at::Tensor DecoderBlock::sandwiched(const at::Tensor& x, const LayerCall& call) const {
  const at::Tensor attended = attention_(attention_input_norm_(x), {}, call);
  if (!attended.defined()) return {};
  const at::Tensor hidden = residual_add(x, (*attention_output_norm_)(attended));
  return residual_add(hidden, (*mlp_output_norm_)(mlp_(mlp_input_norm_(hidden), {})));
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
  const bool is_step = input.ids_BN.dim() == 2 && input.ids_BN.size(1) == 1 && !input.training;
  if (!is_step || !blocks_.front().is_packed()) return run(input);
  at::Tensor hidden;
  with_crew([&] { hidden = run(input); });
  return hidden;
}

at::Tensor Decoder::run(const ForwardInput& input) const {
  std::optional<WithoutKernels> as_recorded;
  if (input.training) as_recorded.emplace();
  const std::int64_t layers = input.stop_layer < 0 ? config_.layers : input.stop_layer;
  C2C_CHECK(layers <= config_.layers, "forward: stop_layer is past the last layer");
  const auto kinds = std::make_shared<const LayerKinds>(prepare(input, layers));
  at::Tensor hidden = embed(input.ids_BN);
  for (std::int64_t i = 0; i < layers; ++i) {
    const LayerCall call{.layer = i,
                         .kind = is_local(i) ? *kinds->local : *kinds->global,
                         .cache = input.cache,
                         .row_caches = input.row_caches,
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
  const at::Tensor positions = positions_of(input, past);
  C2C_CHECK(positions.dim() == 2 && positions.size(1) == tokens, "forward: one position for each new token");
  const bool own_caches = !input.row_caches.empty();
  C2C_CHECK(!own_caches || (tokens == 1 && static_cast<std::int64_t>(input.row_caches.size()) == batch &&
                            input.cache == nullptr && !input.mask_BT.defined() && input.kv_override == nullptr),
            "forward: rows with caches of their own read one token each, without a mask or an override");
  at::Tensor real = input.mask_BT;
  if (real.defined()) {
    C2C_CHECK(real.dim() == 2 && real.size(0) == batch && real.size(1) == past + tokens,
              "forward: the mask covers all cached and new tokens");
    real = real.to(at::kBool);
    if (real.all().item<bool>()) real = at::Tensor();  // the fast way
  }
  const auto kind = [&](const at::Tensor& frequencies, std::int64_t window) {
    LayerKind made{.rope = rope_angles(positions, frequencies.to(positions.device()), options().dtype().toScalarType()),
                   .window = window};
    if (!own_caches) made.mask.emplace(tokens, past + tokens, window, real, options());
    return made;
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
    const at::Tensor dense = ids.contiguous();
    for (const std::int64_t id : std::span(dense.const_data_ptr<std::int64_t>(), static_cast<std::size_t>(ids.numel())))
      if (id < 0 || id >= config_.vocab_size)
        fail_usage({.where = config_.source,
                    .key = "token id",
                    .found = std::to_string(id),
                    .expected = "0 to " + std::to_string(config_.vocab_size - 1),
                    .hint = "the ids come from another model's tokenizer: align the sharer, or give it its own ids"});
  }
  const at::Tensor rows = table_ ? table_->rows(ids, options().dtype().toScalarType()) : embedding_(ids);
  return embedding_scale_ == 1.0 ? rows : rows * embedding_scale_;
}

void Decoder::drop_head(RowReader reader) {
  embedding_.read_rows_with(std::move(reader));
  has_head_ = false;
}

at::Tensor Decoder::logits(const at::Tensor& hidden) const {
  C2C_CHECK(has_head_, "logits: this model was loaded to be heard only (load_sharer), without its vocabulary head");
  const Linear* head = head_ ? &*head_ : table_ ? &*table_ : nullptr;
  const at::Tensor scores =
      (head != nullptr ? (*head)(hidden) : at::linear(hidden, embedding_.weight())).to(at::kFloat);
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
