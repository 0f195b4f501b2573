// RidgeProjector: a linear map from the sharer's K and V to the receiver's, fitted in closed form (ridge_fit.h), so a
// fuser without training; its parameters can be trained on all the same.
//
//   x     = concat(flat(unrope(source_K, sharer positions)), flat(source_V))              (B,N,2 Hs Ds)
//   P_K   = rope(unflat(W_K x + b_K), receiver positions),  P_V = unflat(W_V x + b_V)      (B,Ht,N,Dt)
//   out   = (1 - alpha) target + alpha P
//
// RoPE is taken off the sharer's keys and put onto the receiver's, so that the map is the same at every position; rows
// [g Dt, (g + 1) Dt) of W are head g's. alpha <= 0 is shut: the receiver's own come back. K and V come out in float32
// (or wider) whatever the parameters are: turned and blended without rounding between.
#pragma once
#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "c2c/fuser/gate.h"
#include "c2c/fuser/projector_base.h"
#include "c2c/tensor/nn/linear.h"

namespace c2c {

// x (B, H, N, D) turned by its positions (B, N), forth or back, computed in `dtype`, which is at least float32.
// `frequencies` (D / 2) float32; undefined: the model has no RoPE, x alone.
at::Tensor turn_heads(const at::Tensor& x_BHND, const at::Tensor& positions_BN, const at::Tensor& frequencies,
                      bool back, at::ScalarType dtype);

class RidgeProjector final : public ProjectorBase {
 public:
  // Arguments besides the geometry: source_frequencies, target_frequencies (RoPE, half the head size each; empty or
  // absent: none), alpha (1), dtype.
  static std::unique_ptr<Projector> create(const nlohmann::ordered_json& init_args);

  KvPair forward(const KvPair& sharer, const KvPair& receiver, const ProjectContext& context) const override;
  bool needs_positions() const override { return sharer_frequencies_.defined() || receiver_frequencies_.defined(); }
  bool is_closed() const override { return !alpha_state_.open(alpha_); }
  void set_temperature_step(std::int64_t) override {}
  void visit(const std::string& prefix, const ParameterVisitor& visitor) override;
  void to(at::ScalarType dtype, at::Device device) override;

 private:
  explicit RidgeProjector(const InitArgs& args);

  at::Tensor alpha_;  // ()
  GateState alpha_state_;
  Linear key_map_, value_map_;
  at::Tensor sharer_frequencies_, receiver_frequencies_;  // (D / 2) float32 always; undefined: no RoPE
};

}  // namespace c2c
