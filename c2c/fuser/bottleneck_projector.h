// BottleneckProjector: one small network for K and V together (Latent Cache Flow, arXiv 2605.22863 v2, section 3.1:
// keys and values are projections of one hidden state, so they are translated through one narrow latent).
// Legend: in = Hs Ds, out = Ht Dt, d hidden, m intermediate.
//
//   x      = concat(flat(source_K), flat(source_V), flat(target_K), flat(target_V))     (B,N,2(in+out))
//   z      = ffn_m^L(W_down x + b)                                                      (B,N,d)     L = 2, m = 4 d
//   z_K|z_V = z                                                                         (B,N,d/2) each
//   P_i    = unflat(W_up_i z_i + b)                                                     (B,Ht,N,Dt)  i = K, V
//   a_i    = sigmoid(W_alpha_i z + b)                                                   (B,Ht,N,1)
//   out_i  = target_i + g_i a_i P_i
//
// g as in c2c_projector.h, precision too. Where the paper is silent C2C's parts are taken: ffn (ffn.h), the sigmoid,
// biases of the linears. With them the numbers of parameters are the paper's: 692,626 a layer for Qwen2.5-0.5B ->
// Qwen3-0.6B at d = 128 (its 693K), 53.4 M over 28 layers at d = 256. Not here: LCF-X, which pools a whole sharer cache
// that no token of the receiver is aligned to.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "c2c/fuser/ffn.h"
#include "c2c/fuser/kv_gates.h"
#include "c2c/fuser/projector_base.h"
#include "c2c/tensor/nn/linear.h"

namespace c2c {

class BottleneckProjector final : public ProjectorBase {
 public:
  static std::unique_ptr<Projector> create(const nlohmann::ordered_json& init_args);

  KvPair forward(const KvPair& sharer, const KvPair& receiver, const ProjectContext& context) const override;
  bool is_closed() const override { return !gates_.key_open() && !gates_.value_open(); }
  void set_temperature_step(std::int64_t step) override { gates_.set_temperature_step(step); }
  void visit(const std::string& prefix, const ParameterVisitor& visitor) override;

 private:
  explicit BottleneckProjector(const InitArgs& args);
  at::Tensor latent(const KvPair& sharer, const KvPair& receiver, bool training) const;  // z
  at::Tensor weight(const Linear& head, const at::Tensor& z) const;                      // a
  at::Tensor update(const Linear& up, const at::Tensor& z_part) const;                   // P

  KvGates gates_;
  Linear down_;
  FfnStack mlp_;
  Linear key_scalar_head_, value_scalar_head_, key_up_, value_up_;
};

}  // namespace c2c
