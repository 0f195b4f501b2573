#include "c2c/fuser/bottleneck_projector.h"

#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

#include "c2c/fuser/heads.h"
#include "c2c/fuser/parameters.h"

namespace c2c {

std::unique_ptr<Projector> BottleneckProjector::create(const nlohmann::ordered_json& init_args) {
  const InitArgs args("BottleneckProjector", init_args);
  std::unique_ptr<Projector> projector(new BottleneckProjector(args));
  args.finish();
  return projector;
}

BottleneckProjector::BottleneckProjector(const InitArgs& args)
    : ProjectorBase(args), gates_(args, {}, args.number("gate_init_value", 0.0), args.dtype()) {
  const auto type = gates_.dtype();
  const auto hidden = args.integer("hidden_dim", 128, {2, 1 << 20});
  if (hidden % 2 != 0)
    args.fail("hidden_dim", std::to_string(hidden),
              "an even number: half of the latent is the keys', half the values'");
  const auto width = args.integer("intermediate_dim", 4 * hidden, {1, 1 << 22});
  const auto blocks = args.integer("num_layers", 2, {1, 1024});
  const auto dropout = args.probability("dropout", 0.1);
  const KvGeometry sharer = sharer_geometry(), receiver = receiver_geometry();
  const auto in = sharer.kv_heads * sharer.head_dim, out = receiver.kv_heads * receiver.head_dim;
  down_ = draw_linear(2 * (in + out), hidden, true, type);
  mlp_ = FfnStack(blocks, hidden, width, dropout, type);
  key_scalar_head_ = draw_linear(hidden, receiver.kv_heads, true, type);
  value_scalar_head_ = draw_linear(hidden, receiver.kv_heads, true, type);
  key_up_ = draw_linear(hidden / 2, out, true, type);
  value_up_ = draw_linear(hidden / 2, out, true, type);
}

at::Tensor BottleneckProjector::latent(const KvPair& sharer, const KvPair& receiver, bool training) const {
  const auto type = gates_.dtype();
  return mlp_(down_(at::cat({flat_heads(sharer.key, type), flat_heads(sharer.value, type),
                             flat_heads(receiver.key, type), flat_heads(receiver.value, type)},
                            -1)),
              training);
}

at::Tensor BottleneckProjector::weight(const Linear& head, const at::Tensor& z) const {
  return at::sigmoid(head(z)).permute({0, 2, 1}).unsqueeze(-1);
}

at::Tensor BottleneckProjector::update(const Linear& up, const at::Tensor& z_part) const {
  return unflat_heads(up(z_part), receiver_geometry().kv_heads);
}

KvPair BottleneckProjector::forward(const KvPair& sharer, const KvPair& receiver, const ProjectContext& context) const {
  check_inputs(sharer, receiver);
  if (context.capture != nullptr) gates_.capture_logits(*context.capture);
  if (!context.training && context.capture == nullptr && is_closed()) return receiver;
  const at::Tensor z = latent(sharer, receiver, context.training);
  const auto half = z.size(-1) / 2;
  KvPair w{weight(key_scalar_head_, z), weight(value_scalar_head_, z)};
  if (context.capture != nullptr) {
    context.capture->key_scalar = w.key.detach();
    context.capture->value_scalar = w.value.detach();
  }
  if (context.training) {
    const KvPair gate = gates_.sample({w.key.size(0), w.key.size(1), w.key.size(2)}, context.draws);
    return {receiver.key + gate.key * w.key * update(key_up_, z.narrow(-1, 0, half)),
            receiver.value + gate.value * w.value * update(value_up_, z.narrow(-1, half, half))};
  }
  // An open hard gate is a float32 one: c2c_projector.h.
  const auto open = [&](const at::Tensor& target, const at::Tensor& a, const at::Tensor& term) {
    return target + a * term.to(at::promote_types(term.scalar_type(), at::kFloat));
  };
  return {gates_.key_open() ? open(receiver.key, w.key, update(key_up_, z.narrow(-1, 0, half))) : receiver.key,
          gates_.value_open() ? open(receiver.value, w.value, update(value_up_, z.narrow(-1, half, half)))
                              : receiver.value};
}

void BottleneckProjector::visit(const std::string& prefix, const ParameterVisitor& visitor) {
  gates_.visit(prefix, visitor);
  down_.visit(prefix + "down.", visitor);
  mlp_.visit(prefix + "mlp.", visitor);
  key_scalar_head_.visit(prefix + "key_scalar_head.", visitor);
  value_scalar_head_.visit(prefix + "value_scalar_head.", visitor);
  key_up_.visit(prefix + "key_up.", visitor);
  value_up_.visit(prefix + "value_up.", visitor);
}

}  // namespace c2c
