// Oracle training, that is distillation of the receiver's own state (reference: oracle_train.py and
// oracle_train_kvcache_mse.py; spec/training.md, section 13): how far fused K and V, or hidden states, are from those
// of the receiver that reads the prompt alone. Legend: B batch, N tokens, H kv heads, D head size, T cache columns.
//
// A row (the features of one token) costs the sum over its features of (x - y)^2 (mse) or |x - y| (l1), or 1 - cos(x,
// y) (cosine); rows that the mask leaves out cost nothing, the sum is divided by the number of the others (0 rows: 0).
// Computed in float32 or wider; differentiable in the first argument.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string_view>

#include "c2c/rosetta/fuse.h"

namespace c2c {

enum class OracleLoss { kMse, kL1, kCosine };
OracleLoss oracle_loss_from_name(std::string_view name);  // mse, l1, cosine; else throws kUsage

// (..., features) both; mask (...) bool or number, non-zero: the row counts; undefined: every row does. -> ()
at::Tensor oracle_hidden_loss(const at::Tensor& hidden, const at::Tensor& truth, const at::Tensor& mask,
                              OracleLoss kind);
// The same for keys and for values of each layer of `fused`, (B, H, N, D), a token's features being all its heads';
// the mean over layers, keys and values. `truth`: the receiver's own of the same layers and tokens; more may be there.
at::Tensor oracle_kv_loss(const FusedLayers& fused, const FusedLayers& truth, const at::Tensor& mask_BN,
                          OracleLoss kind);

// oracle_kv_loss of everything that the fusers write during one Rosetta::forward:
//   OracleKvMeter meter(alone.receiver, {}, kind);
//   const FuseObserver observer = meter.observer();
//   rosetta.forward(plans, state, {.training = true, .observer = &observer});
//   meter.loss().backward();
class OracleKvMeter {
 public:
  // `own`: the receiver's cache after reading the same plans alone (oracle.h: read_alone), kept by the caller.
  // mask_BT: bool, false: this column does not count (pads); undefined: all count.
  OracleKvMeter(const KvCache& own, at::Tensor mask_BT, OracleLoss kind)
      : own_(own), mask_BT_(std::move(mask_BT)), kind_(kind) {}
  OracleKvMeter(const OracleKvMeter&) = delete;
  OracleKvMeter& operator=(const OracleKvMeter&) = delete;

  FuseObserver observer();  // refers to this object
  // Mean over what was written so far, each layer and sharer weighing as its tokens do; 0 where nothing was.
  at::Tensor loss() const;

 private:
  void see(const FuseEvent& event);

  const KvCache& own_;
  at::Tensor mask_BT_;
  OracleLoss kind_;
  at::Tensor sum_;  // over rows, keys and values
  at::Tensor rows_;
};

}  // namespace c2c
