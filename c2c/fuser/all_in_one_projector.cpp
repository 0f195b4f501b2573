#include "c2c/fuser/all_in_one_projector.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "c2c/fuser/heads.h"
#include "c2c/fuser/parameters.h"

namespace c2c {

std::unique_ptr<Projector> AllInOneProjector::create(const nlohmann::ordered_json& init_args) {
  const InitArgs args("AllInOneProjector", init_args);
  std::unique_ptr<Projector> projector(new AllInOneProjector(args));
  args.finish();
  return projector;
}

// The order of the draws is the reference's.
AllInOneProjector::AllInOneProjector(const InitArgs& args) : ProjectorBase(args) {
  const auto hidden = args.integer("hidden_dim", 512);
  ModernMlpConfig network{.hidden = hidden, .layers = args.integer("num_layers", 2, {1, 1024})};
  network.activation = args.text("activation", "gelu");
  for (char& c : network.activation) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (network.activation != "gelu" && network.activation != "relu" && network.activation != "silu")
    args.fail("activation", network.activation, "one of gelu, relu, silu");
  network.layer_norm = args.boolean("use_layer_norm", true);
  network.residual = args.boolean("use_residual", true);
  network.swiglu = args.boolean("use_swiglu", false);
  network.dropout = args.probability("dropout", 0.1);
  gate_source_ = read_source(args, "gate");
  weight_source_ = read_source(args, "weight");
  args.number("gate_init_value", 0.0);  // ignored by the reference as well
  args.boolean("pos_emb", false);       // the same
  const double weight_init = args.number("weight_init_value", 0.0);
  preserve_target_ = args.boolean("preserve_target_weight", true);
  add_self_ = args.boolean("add_self", true);
  use_concat_ = args.boolean("use_concat", false);
  use_gumbel_ = args.boolean("use_gumbel", true);
  const auto weight_hidden = args.integer("weight_hidden_dim", 1024);
  schedule_ = {args.number("initial_temperature", 1.0), args.number("final_temperature", 0.01),
               args.number("anneal_steps", 1360)};
  scalar_temperature_ = args.number("scalar_temperature", 0.005);
  max_tokens_ = args.integer("max_sequence_length", 8192, {1, 1 << 24});
  const auto type = args.dtype();

  gate_temperature_ = constant_parameter({}, schedule_.initial, type);
  const KvGeometry sharer = sharer_geometry(), receiver = receiver_geometry();
  network.in = sharer.kv_heads * sharer.head_dim;
  network.out = receiver.kv_heads * receiver.head_dim;
  key_projection_ = ModernMlp(network, type);
  value_projection_ = ModernMlp(network, type);
  ModernMlpConfig generator{.residual = false};
  if (gate_source_.from_input) {
    generator.in = generator_inputs(gate_source_);
    generator.out = generator_outputs(gate_source_);
    generator.hidden = hidden;
    gate_generator_ = ModernMlp(generator, type);
  } else {
    gate_logit_ = parameter(gate_source_, 0.0, type);
  }
  if (weight_source_.from_input) {
    generator.in = generator_inputs(weight_source_);
    generator.out = generator.hidden = weight_hidden;
    weight_hidden_ = ModernMlp(generator, type);
    key_weight_head_ = draw_linear(weight_hidden, generator_outputs(weight_source_), true, type);
    value_weight_head_ = draw_linear(weight_hidden, generator_outputs(weight_source_), true, type);
  } else {
    key_weight_ = parameter(weight_source_, weight_init, type);
    value_weight_ = parameter(weight_source_, weight_init, type);
  }
  if (!use_concat_) return;
  key_combiner_ = draw_linear(2 * network.out, network.out, true, type);
  value_combiner_ = draw_linear(2 * network.out, network.out, true, type);
}

AllInOneProjector::LogitSource AllInOneProjector::read_source(const InitArgs& args, const std::string& name) const {
  LogitSource source;
  const std::string word =
      args.choice(name + "_granularity", "scalar", {"scalar", "token", "head", "head_merged", "value"});
  source.granularity = word == "scalar"  ? Granularity::kScalar
                       : word == "token" ? Granularity::kToken
                       : word == "head"  ? Granularity::kHead
                       : word == "value" ? Granularity::kValue
                                         : Granularity::kHeadMerged;
  source.from_input = args.boolean(name + "_depends_on_input", false);
  const std::string key = name + "_input_features";
  // Without input nobody looks at the name, so the reference takes any.
  source.features = source.from_input ? args.choice(key, "target_key",
                                                    {"target_key", "target_value", "both", "target_projected_key",
                                                     "target_projected_value", "target_projected_both"})
                                      : args.text(key, "target_key");
  return source;
}

at::Tensor AllInOneProjector::parameter(const LogitSource& source, double value, at::ScalarType dtype) const {
  const auto heads = receiver_geometry().kv_heads, size = receiver_geometry().head_dim;
  switch (source.granularity) {
    case Granularity::kScalar:
      return constant_parameter({}, value, dtype);
    case Granularity::kToken:
      return constant_parameter({max_tokens_}, value, dtype);
    case Granularity::kHead:
    case Granularity::kHeadMerged:
      return constant_parameter({max_tokens_, heads}, value, dtype);
    case Granularity::kValue:
      break;
  }
  return constant_parameter({max_tokens_, heads, size}, value, dtype);
}

std::int64_t AllInOneProjector::generator_inputs(const LogitSource& source) const {
  const auto parts = source.features == "target_projected_both"                             ? 4
                     : source.features == "target_key" || source.features == "target_value" ? 1
                                                                                            : 2;
  const bool merged = source.granularity == Granularity::kToken || source.granularity == Granularity::kHeadMerged;
  return parts * receiver_geometry().head_dim * (merged ? receiver_geometry().kv_heads : 1);
}

std::int64_t AllInOneProjector::generator_outputs(const LogitSource& source) const {
  if (source.granularity == Granularity::kHeadMerged) return receiver_geometry().kv_heads;
  return source.granularity == Granularity::kValue ? receiver_geometry().head_dim : 1;
}

at::Tensor AllInOneProjector::generator_input(const LogitSource& source, const KvPair& receiver,
                                              const KvPair& projected) const {
  const std::string& features = source.features;
  at::Tensor input;
  if (features == "target_key")
    input = receiver.key;
  else if (features == "target_value")
    input = receiver.value;
  else if (features == "both")
    input = at::cat({receiver.key, receiver.value}, -1);
  else if (features == "target_projected_key")
    input = at::cat({receiver.key, projected.key}, -1);
  else if (features == "target_projected_value")
    input = at::cat({receiver.value, projected.value}, -1);
  else
    input = at::cat({receiver.key, receiver.value, projected.key, projected.value}, -1);
  switch (source.granularity) {
    case Granularity::kScalar:
      return input.to(dtype()).mean(at::IntArrayRef{1, 2});
    case Granularity::kToken:
    case Granularity::kHeadMerged:
      return flat_heads(input, dtype());
    default:
      return input.to(dtype());
  }
}

at::Tensor AllInOneProjector::spread_parameter(const at::Tensor& logit, Granularity granularity,
                                               std::int64_t tokens) const {
  if (granularity == Granularity::kScalar) return logit.view({1, 1, 1, 1});
  at::Tensor rows = logit.narrow(0, 0, std::min(tokens, max_tokens_));
  if (tokens > max_tokens_) {
    const at::Tensor index = at::arange(tokens, logit.options().dtype(at::kLong).requires_grad(false));
    rows = logit.index_select(0, index.clamp_max(max_tokens_ - 1));
  }
  if (granularity == Granularity::kToken) return rows.view({1, 1, tokens, 1});
  if (granularity == Granularity::kValue) return rows.transpose(0, 1).unsqueeze(0);
  return rows.transpose(0, 1).unsqueeze(0).unsqueeze(-1);
}

at::Tensor AllInOneProjector::spread_generated(const at::Tensor& logit, Granularity granularity) const {
  switch (granularity) {
    case Granularity::kScalar:  // (B, 1)
      return logit.view({-1, 1, 1, 1});
    case Granularity::kToken:  // (B, N, 1)
      return logit.unsqueeze(1);
    case Granularity::kHeadMerged:  // (B, N, Ht)
      return logit.permute({0, 2, 1}).unsqueeze(-1);
    default:  // (B, Ht, N, 1 or Dt)
      return logit;
  }
}

at::Tensor AllInOneProjector::project(const ModernMlp& network, const Linear& combiner, const at::Tensor& source,
                                      const at::Tensor& target, bool training) const {
  at::Tensor projected = network(flat_heads(source, dtype()), training);
  if (use_concat_) projected = combiner(at::cat({projected, flat_heads(target, dtype())}, -1));
  return unflat_heads(projected, receiver_geometry().kv_heads);
}

at::Tensor AllInOneProjector::gate(const at::Tensor& logit, const at::Tensor& like,
                                   const ProjectContext& context) const {
  if (!context.training || !use_gumbel_) return (logit > 0).to(at::kFloat);
  const at::Tensor u = draw_uniform(context.draws, like.sizes(), logit.options().requires_grad(false));
  return gumbel_sigmoid(logit, gate_temperature_, u);
}

KvPair AllInOneProjector::weight_logits(const KvPair& receiver, const KvPair& projected, bool training) const {
  const auto granularity = weight_source_.granularity;
  if (!weight_source_.from_input) {
    const auto tokens = receiver.key.size(2);
    return {spread_parameter(key_weight_, granularity, tokens), spread_parameter(value_weight_, granularity, tokens)};
  }
  const at::Tensor hidden = weight_hidden_(generator_input(weight_source_, receiver, projected), training);
  return {spread_generated(key_weight_head_(hidden), granularity),
          spread_generated(value_weight_head_(hidden), granularity)};
}

// An undefined `gate` is a shut one.
at::Tensor AllInOneProjector::combine(const at::Tensor& target, const at::Tensor& projected, const at::Tensor& gate,
                                      const at::Tensor& weight) const {
  at::Tensor self;
  if (add_self_) self = preserve_target_ ? (1 - weight) * target : target;
  if (!gate.defined()) return self.defined() ? self : at::zeros_like(target);
  const at::Tensor term = gate * weight * projected;
  return self.defined() ? self + term : term;
}

KvPair AllInOneProjector::forward(const KvPair& sharer, const KvPair& receiver, const ProjectContext& context) const {
  check_inputs(sharer, receiver);
  const bool shut = !context.training && gate_shut();
  if (shut && is_closed() && context.capture == nullptr) return receiver;
  KvPair projected;
  if (!shut || weight_source_.needs_projected())
    projected = {project(key_projection_, key_combiner_, sharer.key, receiver.key, context.training),
                 project(value_projection_, value_combiner_, sharer.value, receiver.value, context.training)};
  at::Tensor logit;
  if (!shut)
    logit =
        gate_source_.from_input
            ? spread_generated(gate_generator_(generator_input(gate_source_, receiver, projected), context.training),
                               gate_source_.granularity)
            : spread_parameter(gate_logit_, gate_source_.granularity, receiver.key.size(2));
  KvPair weight = weight_logits(receiver, projected, context.training);
  at::Tensor open;
  if (!shut) open = gate(logit, projected.key, context);
  weight = {at::sigmoid(weight.key / scalar_temperature_), at::sigmoid(weight.value / scalar_temperature_)};
  if (context.capture != nullptr) {
    context.capture->key_scalar = weight.key.detach();
    context.capture->value_scalar = weight.value.detach();
    const bool scalar = gate_logit_.defined() && gate_logit_.dim() == 0;
    context.capture->key_gate_logit = context.capture->value_gate_logit = scalar ? gate_logit_.item<double>() : 0.0;
  }
  return {combine(receiver.key, projected.key, open, weight.key),
          combine(receiver.value, projected.value, open, weight.value)};
}

bool AllInOneProjector::is_closed() const {
  return add_self_ && !preserve_target_ && gate_shut();
}

void AllInOneProjector::set_temperature_step(std::int64_t step) {
  const at::NoGradGuard no_grad;
  gate_temperature_.fill_(schedule_.at_step(step));
}

// State-dict order of the reference: own parameters, buffer, then children in construction order.
void AllInOneProjector::visit(const std::string& prefix, const ParameterVisitor& visitor) {
  const auto own = [&](const char* name, at::Tensor& tensor) {
    if (tensor.defined()) visitor({prefix + name, &tensor, false});
  };
  own("gate_logit", gate_logit_);
  own("key_weight", key_weight_);
  own("value_weight", value_weight_);
  visitor({prefix + "gate_temperature", &gate_temperature_, true});
  gate_state_.forget();
  key_projection_.visit(prefix + "key_projection.", visitor);
  value_projection_.visit(prefix + "value_projection.", visitor);
  gate_generator_.visit(prefix + "gate_generator.", visitor);
  weight_hidden_.visit(prefix + "weight_hidden.", visitor);
  const auto linear = [&](const char* name, Linear& layer) {
    if (layer.weight().defined()) layer.visit(prefix + name, visitor);
  };
  linear("key_weight_head.", key_weight_head_);
  linear("value_weight_head.", value_weight_head_);
  linear("key_combiner.", key_combiner_);
  linear("value_combiner.", value_combiner_);
}

}  // namespace c2c
