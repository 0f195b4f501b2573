// One decoder-only language model: (ids, positions, mask, cache) -> hidden states; logits only where asked.
// Legend: B batch, N new tokens, C hidden size, V vocabulary, H kv heads, D head size, T tokens in the cache after.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "c2c/base/log.h"
#include "c2c/model/cache/kv_cache.h"
#include "c2c/model/families/model_config.h"
#include "c2c/tensor/nn/linear.h"
#include "c2c/tensor/nn/module.h"

namespace c2c {

class WeightSource;
class ContentHash;

// Replaces the K and V (B, H, N, D, after RoPE) that a layer just computed for its new tokens, before they enter the
// cache and attention; also the observer of every layer's K and V. Returning {} keeps them.
using KvOverride = std::function<KvPair(std::int64_t layer, const KvPair& computed)>;
// Sees what attention makes of the new tokens, (B, N, query heads * head size), before the output projection.
using AttentionObserver = std::function<void(std::int64_t layer, const at::Tensor& output_BNA)>;

struct ForwardInput {
  at::Tensor ids_BN;         // int64
  at::Tensor positions_BN;   // int64; undefined: cache length + 0, 1, 2, ...
  at::Tensor mask_BT;        // bool, true = real token, over all T cached and new tokens; undefined: all real
  KvCache* cache = nullptr;  // read and appended; nullptr: no cache is kept
  // Instead of `cache`: N is 1 and row b has a cache of its own, of batch 1, all of whose tokens it attends to. Lengths
  // may differ, and a row's result does not depend on the others. No gradients.
  std::span<KvCache* const> row_caches = {};
  const KvOverride* kv_override = nullptr;
  const AttentionObserver* attention = nullptr;
  // Layers [0, stop_layer) are run; -1: all. A sharer whose upper layers nobody maps stops early: hidden states then
  // come without the final norm. With `kv_only_last` the last run layer computes K and V only (no attention, no MLP),
  // and the returned hidden states are undefined.
  std::int64_t stop_layer = -1;
  bool kv_only_last = false;
  // LibTorch's arithmetic also where no gradient is recorded: parts of a training pass round as the whole would.
  bool training = false;
};

class CausalLm {
 public:
  virtual ~CausalLm() = default;
  // -> (B, N, C) after the final norm.
  virtual at::Tensor forward(const ForwardInput& input) const = 0;
  // hidden (..., C) -> logits (..., V) in float32 (soft-capped where the family does).
  virtual at::Tensor logits(const at::Tensor& hidden) const = 0;
  virtual const ModelConfig& config() const = 0;
  virtual at::TensorOptions options() const = 0;  // dtype and device of the weights
  virtual void visit(const std::string& prefix, const ParameterVisitor& visitor) = 0;  // Hugging Face names
  // The linear layers in the same order, by Hugging Face name without ".weight" (what adapters attach to); a head tied
  // to the embedding is none.
  virtual void visit_linears(const LinearVisitor&) {}

  // For inference on a CPU: linear layers, and the table of embeddings where it is the head too, are packed in `format`
  // from now on (q4 keeps that table in q8, as llama.cpp does). No gradients, no saving after.
  virtual void pack(WeightFormat format);
  // The packed bytes, layer by layer; nothing where nothing is packed.
  virtual void visit_packed(const std::function<void(std::span<const std::byte>)>&) const {}

  KvGeometry kv_geometry() const { return config().kv_geometry(); }
  // With room for `max_tokens` set aside, if any (kv_cache.h), in kv_format().
  KvCache make_cache(std::int64_t batch, std::int64_t max_tokens = 0) const {
    return KvCache(kv_geometry(), batch, options(), kv_format_, max_tokens);
  }
  // How caches hold their tokens; nothing: in the weights' dtype.
  std::optional<KvFormat> kv_format() const { return kv_format_; }
  void set_kv_format(std::optional<KvFormat> format) { kv_format_ = format; }
  std::int64_t weight_bytes() const;  // tied tensors counted once
  // Adds all that shapes what this model computes: its configuration, its weights as they are held, adapters.
  void fingerprint(ContentHash& hash) const;

 private:
  std::optional<KvFormat> kv_format_;
};

struct LoadOptions {
  at::ScalarType dtype = at::kBFloat16;
  at::Device device = at::kCPU;
  ProgressFn progress;
  // Set: packed as by CausalLm::pack(), straight from the file's bytes. `dtype` is then that of activations, norms, and
  // of an embedding table of its own.
  std::optional<WeightFormat> weights = {};
  std::optional<KvFormat> kv = {};  // CausalLm::kv_format()
};

// Folder with config.json + weights, or a GGUF file. Throws for a missing, left-over or mis-shaped tensor, naming it.
std::unique_ptr<CausalLm> load_model(const std::filesystem::path& path, const LoadOptions& options);
// Uninitialised model of this config (device meta allowed): names and shapes can be visited, tests can fill it.
std::unique_ptr<CausalLm> make_model(const ModelConfig& config, at::TensorOptions options);

}  // namespace c2c
