// C2CProjector (C2C paper, section 3.3; reference: rosetta/model/projector.py) and its ablations
// (rosetta/model/ablation_projector.py). Legend: in = Hs Ds, out = Ht Dt, h hidden, I intermediate, L layers.
//
//   z   = ffn_I(X_in concat(flat(source), flat(target)) + b)       (B,N,h)     X = key, value: independent halves
//   P   = unflat(X_proj_out ffn_I^(L-2)(z) + b)                    (B,Ht,N,Dt)
//   w   = sigmoid(X_scalar_head ffn_h(z) + b)                      (B,Ht,N,1)
//   g   = logit > 0 (evaluation), gumbel_sigmoid(logit) (training) (B,Ht,N,1)
//   out = target + g w P
//
// Precision: training rounds every step to the parameters' dtype. In evaluation the hard gate is float32, so a half
// whose gate is open gives a float32 tensor even from bfloat16 parameters (round when writing it to a cache); without
// gates (ablations 2 to 4) all stays in the parameters' dtype.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>

#include "c2c/fuser/ffn.h"
#include "c2c/fuser/kv_gates.h"
#include "c2c/fuser/projector_base.h"
#include "c2c/tensor/nn/linear.h"

namespace c2c {

// Which parts exist: all of them in C2CProjector.
struct C2CParts {
  bool scalars = true, gates = true, target = true;
};

class C2CProjector : public ProjectorBase {
 public:
  static std::unique_ptr<Projector> create(const nlohmann::ordered_json& init_args);

  KvPair forward(const KvPair& sharer, const KvPair& receiver, const ProjectContext& context) const override;
  bool is_closed() const override;
  void set_temperature_step(std::int64_t step) override;
  void visit(const std::string& prefix, const ParameterVisitor& visitor) override;
  void visit_linears(const std::string& prefix, const LinearVisitor& visitor) override;
  const C2CParts& parts() const { return parts_; }

 protected:
  // Draws the parameters; `minimum_layers` 3. The caller finishes `args`.
  C2CProjector(const InitArgs& args, C2CParts parts);

 private:
  // The networks of K or of V.
  struct Half {
    Linear in;
    FfnStack mlp1, scalar_mlp2, proj_mlp2;
    Linear scalar_head, proj_out;
  };
  void draw(const InitArgs& args);
  bool shut(const Half& half) const {
    return parts_.gates && !(&half == &key_ ? gates_.key_open() : gates_.value_open());
  }
  at::Tensor hidden(const Half& half, const at::Tensor& source, const at::Tensor& target, bool training) const;
  at::Tensor projection(const Half& half, const at::Tensor& z, bool training) const;  // P
  at::Tensor scalars(const Half& half, const at::Tensor& z, bool training) const;     // w
  at::Tensor evaluate(const Half& half, const at::Tensor& source, const at::Tensor& target, at::Tensor* captured) const;
  KvPair train(const KvPair& sharer, const KvPair& receiver, const ProjectContext& context) const;

  C2CParts parts_;
  KvGates gates_;  // unused where parts_ has none
  Half key_, value_;
};

}  // namespace c2c
