// AllInOneProjector: the older, configurable projector (reference: rosetta/model/projector.py). Legend: B batch, H
// heads, N tokens, D head size, t target (receiver), F feature width.
//
//   P       = unflat(projection(flat(source)))             [combiner(concat(.., flat(target))) with use_concat]
//   g       = e > 0 (evaluation, or without use_gumbel); gumbel_sigmoid(e) with one draw per element (training)
//   w       = sigmoid(a / scalar_temperature), one for keys, one for values
//   out     = S + g w P;  S = 0 without add_self, (1 - w) target with preserve_target_weight, else target
//
// Gate logits e (shared by key and value) and weight logits a are parameters or made from the input, at one of five
// granularities. Departures from the reference, where it raises: an input-dependent gate per token, head_merged
// parameters (as `head`), and more tokens than max_sequence_length (the last row of the parameter is used for the
// rest). Precision in evaluation as in c2c_projector.h.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>

#include "c2c/fuser/gate.h"
#include "c2c/fuser/modern_mlp.h"
#include "c2c/fuser/projector_base.h"

namespace c2c {

class AllInOneProjector final : public ProjectorBase {
 public:
  static std::unique_ptr<Projector> create(const nlohmann::ordered_json& init_args);

  KvPair forward(const KvPair& sharer, const KvPair& receiver, const ProjectContext& context) const override;
  bool is_closed() const override;
  void set_temperature_step(std::int64_t step) override;
  void visit(const std::string& prefix, const ParameterVisitor& visitor) override;

 private:
  enum class Granularity { kScalar, kToken, kHead, kHeadMerged, kValue };
  // Where logits come from: a parameter, or a network over the named features.
  struct LogitSource {
    Granularity granularity = Granularity::kScalar;
    bool from_input = false;
    std::string features;
    bool needs_projected() const { return from_input && features.starts_with("target_projected"); }
  };

  explicit AllInOneProjector(const InitArgs& args);
  LogitSource read_source(const InitArgs& args, const std::string& name) const;
  at::Tensor parameter(const LogitSource& source, double value, at::ScalarType dtype) const;
  std::int64_t generator_inputs(const LogitSource& source) const;
  std::int64_t generator_outputs(const LogitSource& source) const;
  at::Tensor generator_input(const LogitSource& source, const KvPair& receiver, const KvPair& projected) const;
  // Both give something that broadcasts to (B, Ht, N, Dt).
  at::Tensor spread_parameter(const at::Tensor& logit, Granularity granularity, std::int64_t tokens) const;
  at::Tensor spread_generated(const at::Tensor& logit, Granularity granularity) const;
  at::Tensor project(const ModernMlp& network, const Linear& combiner, const at::Tensor& source,
                     const at::Tensor& target, bool training) const;
  at::Tensor gate(const at::Tensor& logit, const at::Tensor& like, const ProjectContext& context) const;
  KvPair weight_logits(const KvPair& receiver, const KvPair& projected, bool training) const;
  at::Tensor combine(const at::Tensor& target, const at::Tensor& projected, const at::Tensor& gate,
                     const at::Tensor& weight) const;
  at::ScalarType dtype() const { return gate_temperature_.scalar_type(); }
  bool gate_shut() const { return !gate_source_.from_input && !gate_state_.open(gate_logit_); }

  LogitSource gate_source_, weight_source_;
  bool preserve_target_ = true, add_self_ = true, use_concat_ = false, use_gumbel_ = true;
  double scalar_temperature_ = 0.005;
  std::int64_t max_tokens_ = 8192;
  TemperatureSchedule schedule_;

  at::Tensor gate_logit_, key_weight_, value_weight_;  // undefined where they are made from the input
  GateState gate_state_;
  at::Tensor gate_temperature_;
  ModernMlp key_projection_, value_projection_, gate_generator_, weight_hidden_;
  Linear key_weight_head_, value_weight_head_, key_combiner_, value_combiner_;
};

}  // namespace c2c
