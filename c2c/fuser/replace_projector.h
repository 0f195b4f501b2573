// ReplaceProjector: the sharer's projected K and V in place of the receiver's (the reference's recipe oracle.json names
// it; its class is gone from the reference, whose oracle_train.py still builds the network below with the recipe's
// arguments). It answers what the sharer's cache alone tells the receiver: nothing of the receiver's own enters.
//
//   P   = unflat(mlp(flat(source)))                       X = key, value: independent networks
//   mlp = L linears, all but the last followed by layer norm, activation, dropout
//   out = g P,  g = gumbel_sigmoid(logit) (B,Ht,N,1)      training
//   out = P where logit > 0, else the receiver's own      evaluation
//
// In training a shut gate gives zeros and not the receiver's own: else a distance from the receiver's own K and V
// (oracle_loss.h) would be least where nothing is replaced. The logits start at `init_weight`.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "c2c/fuser/kv_gates.h"
#include "c2c/fuser/modern_mlp.h"
#include "c2c/fuser/projector_base.h"

namespace c2c {

class ReplaceProjector final : public ProjectorBase {
 public:
  static std::unique_ptr<Projector> create(const nlohmann::ordered_json& init_args);

  KvPair forward(const KvPair& sharer, const KvPair& receiver, const ProjectContext& context) const override;
  bool is_closed() const override { return !gates_.key_open() && !gates_.value_open(); }
  void set_temperature_step(std::int64_t step) override { gates_.set_temperature_step(step); }
  void visit(const std::string& prefix, const ParameterVisitor& visitor) override;

 private:
  explicit ReplaceProjector(const InitArgs& args);
  at::Tensor project(const ModernMlp& network, const at::Tensor& source, bool training) const;

  KvGates gates_;
  ModernMlp key_projection_, value_projection_;
};

}  // namespace c2c
