// The one decoder of all families (Llama, Qwen2, Qwen3, Gemma 3): what differs is which optional parts a block has.
// Legend: B batch, N new tokens, T tokens in the cache after, C hidden size, H query heads, K kv heads, D head size.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "c2c/model/families/causal_lm.h"
#include "c2c/tensor/nn/embedding.h"
#include "c2c/tensor/nn/linear.h"
#include "c2c/tensor/nn/rms_norm.h"
#include "c2c/tensor/ops/activation.h"
#include "c2c/tensor/ops/attention.h"
#include "c2c/tensor/ops/rope.h"

namespace c2c {

// What a forward prepares once for all layers of one kind (global, or local with a sliding window).
struct LayerKind {
  RopeAngles rope;
  std::optional<AttentionMask> mask;  // none: rows with caches of their own
  std::int64_t window = 0;
};

// One layer's view of a forward.
struct LayerCall {
  std::int64_t layer = 0;
  const LayerKind& kind;
  KvCache* cache = nullptr;
  std::span<KvCache* const> row_caches = {};
  const KvOverride* kv_override = nullptr;
  const AttentionObserver* attention = nullptr;
  bool kv_only = false;  // stop when K and V are in the cache
};

class SelfAttention {
 public:
  SelfAttention(const ModelConfig& config, at::TensorOptions options);
  // (B, N, C) -> [residual +] (B, N, C); undefined where the call wants K and V only.
  at::Tensor operator()(const at::Tensor& x_BNC, const at::Tensor& residual_BNC, const LayerCall& call) const;
  void visit(const std::string& prefix, const ParameterVisitor& visitor);
  void visit_linears(const std::string& prefix, const LinearVisitor& visitor);

 private:
  // The new tokens' K and V (B, K, N, D), after the caller's override.
  KvPair new_keys_and_values(const at::Tensor& key_BNA, const at::Tensor& value_BNA, const LayerCall& call) const;
  // From q, k and v of the new tokens, (B, N, heads * D) each -> (B, N, H * D).
  at::Tensor attend(const std::vector<at::Tensor>& made, const LayerCall& call) const;
  at::Tensor attend_rows(const std::vector<at::Tensor>& made, const LayerCall& call) const;

  std::int64_t head_dim_ = 0;
  AttentionScale scale_;
  Linear query_, key_, value_, output_;
  std::optional<RmsNorm> query_norm_, key_norm_;
};

class GatedMlp {
 public:
  GatedMlp(const ModelConfig& config, at::TensorOptions options);
  bool is_packed() const { return down_.is_packed(); }
  at::Tensor operator()(const at::Tensor& x_BNC, const at::Tensor& residual_BNC) const;  // [residual +] MLP(x)
  void visit(const std::string& prefix, const ParameterVisitor& visitor);
  void visit_linears(const std::string& prefix, const LinearVisitor& visitor);

 private:
  Activation activation_;
  Linear gate_, up_, down_;
};

class DecoderBlock {
 public:
  DecoderBlock(const ModelConfig& config, at::TensorOptions options);
  bool is_packed() const { return mlp_.is_packed(); }
  at::Tensor operator()(const at::Tensor& x_BNC, const LayerCall& call) const;
  void visit(const std::string& prefix, const ParameterVisitor& visitor);
  void visit_linears(const std::string& prefix, const LinearVisitor& visitor);

 private:
  at::Tensor sandwiched(const at::Tensor& x_BNC, const LayerCall& call) const;

  SelfAttention attention_;
  GatedMlp mlp_;
  RmsNorm attention_input_norm_, mlp_input_norm_;
  std::optional<RmsNorm> attention_output_norm_, mlp_output_norm_;  // Gemma 3
};

class Decoder final : public CausalLm {
 public:
  Decoder(ModelConfig config, at::TensorOptions options);

  at::Tensor forward(const ForwardInput& input) const override;
  at::Tensor logits(const at::Tensor& hidden) const override;
  const ModelConfig& config() const override { return config_; }
  at::TensorOptions options() const override { return norm_.weight().options().requires_grad(false); }
  void visit(const std::string& prefix, const ParameterVisitor& visitor) override;
  void visit_linears(const LinearVisitor& visitor) override;
  void pack(WeightFormat format) override;
  void visit_packed(const std::function<void(std::span<const std::byte>)>& visitor) const override;
  // The layer that will hold a parameter when it is packed, and its format; null: this one is never packed.
  struct Packable {
    Linear* layer = nullptr;
    WeightFormat format = WeightFormat::kBf16;
  };
  Packable packable(const std::string& parameter, WeightFormat format);
  // The vocabulary head will not be asked for, and rows of the embedding come from `reader`.
  void drop_head(RowReader reader);
  // Gradient checkpointing (checkpointing.h).
  void recompute_in_backward();

 private:
  struct LayerKinds {
    std::optional<LayerKind> global, local;
  };
  at::Tensor run(const ForwardInput& input) const;
  bool is_recomputed(const at::Tensor& hidden, const LayerCall& call) const;
  at::Tensor run_recomputed(const at::Tensor& hidden, const LayerCall& call,
                            std::shared_ptr<const LayerKinds> kinds) const;
  LayerKinds prepare(const ForwardInput& input, std::int64_t layers) const;
  at::Tensor embed(const at::Tensor& ids_BN) const;
  bool is_local(std::int64_t layer) const {
    return !config_.layer_is_local.empty() && config_.layer_is_local[static_cast<std::size_t>(layer)];
  }

  ModelConfig config_;
  double embedding_scale_ = 1.0;
  at::Tensor global_frequencies_, local_frequencies_;  // (D / 2), float32
  Embedding embedding_;
  std::vector<DecoderBlock> blocks_;
  RmsNorm norm_;
  std::optional<Linear> head_;   // none: tied to the embedding
  std::optional<Linear> table_;  // the tied embedding, packed: rows are read from it, and it is the head
  bool has_head_ = true;
  std::vector<bool> trained_blocks_;  // empty: activations are kept
};

}  // namespace c2c
