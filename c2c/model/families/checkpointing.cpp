#include "c2c/model/families/checkpointing.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "c2c/base/error.h"
#include "c2c/model/families/decoder.h"
#include "c2c/tensor/nn/checkpoint.h"
#include "c2c/tensor/ops/on_kernels.h"

namespace c2c {

void enable_gradient_checkpointing(CausalLm& model) {
  auto* const decoder = dynamic_cast<Decoder*>(&model);
  C2C_CHECK(decoder != nullptr, "gradient checkpointing: a model of this library");
  decoder->recompute_in_backward();
}

void Decoder::recompute_in_backward() {
  trained_blocks_.clear();
  for (DecoderBlock& block : blocks_) {
    bool trained = false;
    const ParameterVisitor look = [&](const ParameterRef& ref) { trained = trained || ref.tensor->requires_grad(); };
    block.visit("", look);
    block.visit_linears("", [&](const std::string& name, Linear& layer) { layer.visit_lora(name, look); });
    trained_blocks_.push_back(trained);
  }
}

bool Decoder::is_recomputed(const at::Tensor& hidden, const LayerCall& call) const {
  if (trained_blocks_.empty() || !at::GradMode::is_enabled()) return false;
  if (call.kv_only || call.attention != nullptr || (call.kv_override != nullptr && *call.kv_override)) return false;
  if (hidden.requires_grad() || trained_blocks_[static_cast<std::size_t>(call.layer)]) return true;
  if (call.cache == nullptr || call.cache->length(call.layer) == 0) return false;
  const KvPair past = call.cache->layer(call.layer);
  return past.key.requires_grad() || past.value.requires_grad();
}

// The block reads a cache of its own, with the past as an input; what it adds goes to the real one.
at::Tensor Decoder::run_recomputed(const at::Tensor& hidden, const LayerCall& call,
                                   std::shared_ptr<const LayerKinds> kinds) const {
  const DecoderBlock& block = blocks_[static_cast<std::size_t>(call.layer)];
  const std::int64_t layer = call.layer, batch = hidden.size(0);
  const bool caches = call.cache != nullptr;
  const std::int64_t past = caches ? call.cache->length(layer) : 0;
  std::vector<at::Tensor> inputs{hidden};
  if (past > 0) {
    const KvPair old = call.cache->layer(layer);
    inputs.push_back(old.key);
    inputs.push_back(old.value);
  }
  const auto run = [this, &block, layer, batch, caches, past, kinds](const std::vector<at::Tensor>& given) {
    const WithoutKernels as_in_backward;
    KvCache own = make_cache(batch);
    if (past > 0) own.append(layer, given[1], given[2], /*differentiable=*/true);
    const LayerKind& kind = is_local(layer) ? *kinds->local : *kinds->global;
    at::Tensor out = block(given[0], {.layer = layer, .kind = kind, .cache = caches ? &own : nullptr});
    if (!caches) return std::vector<at::Tensor>{out};
    const KvPair fresh = own.slice(layer, past, own.length(layer));
    return std::vector<at::Tensor>{out, fresh.key.clone(), fresh.value.clone()};
  };
  const std::vector<at::Tensor> made = checkpointed(run, inputs);
  if (caches) call.cache->append(layer, made[1], made[2], /*differentiable=*/true);
  return made[0];
}

}  // namespace c2c
