#include "c2c/fuser/replace_projector.h"

#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

#include "c2c/fuser/heads.h"

namespace c2c {

std::unique_ptr<Projector> ReplaceProjector::create(const nlohmann::ordered_json& init_args) {
  const InitArgs args("ReplaceProjector", init_args);
  std::unique_ptr<Projector> projector(new ReplaceProjector(args));
  args.finish();
  return projector;
}

ReplaceProjector::ReplaceProjector(const InitArgs& args)
    : ProjectorBase(args), gates_(args, {.anneal_steps = 1160}, args.number("init_weight", 0.0), args.dtype()) {
  const KvGeometry sharer = sharer_geometry(), receiver = receiver_geometry();
  ModernMlpConfig network{.in = sharer.kv_heads * sharer.head_dim,
                          .out = receiver.kv_heads * receiver.head_dim,
                          .hidden = args.integer("hidden_dim", 1024),
                          .layers = args.integer("num_layers", 3, {1, 1024})};
  network.activation = args.choice("activation", "gelu", {"gelu", "relu", "silu"});
  network.layer_norm = args.boolean("use_layer_norm", true);
  network.residual = false;
  network.dropout = args.probability("dropout", 0.1);
  key_projection_ = ModernMlp(network, gates_.dtype());
  value_projection_ = ModernMlp(network, gates_.dtype());
}

at::Tensor ReplaceProjector::project(const ModernMlp& network, const at::Tensor& source, bool training) const {
  return unflat_heads(network(flat_heads(source, gates_.dtype()), training), receiver_geometry().kv_heads);
}

KvPair ReplaceProjector::forward(const KvPair& sharer, const KvPair& receiver, const ProjectContext& context) const {
  check_inputs(sharer, receiver);
  if (context.capture != nullptr) gates_.capture_logits(*context.capture);
  if (!context.training)
    return {gates_.key_open() ? project(key_projection_, sharer.key, false) : receiver.key,
            gates_.value_open() ? project(value_projection_, sharer.value, false) : receiver.value};
  const at::Tensor key = project(key_projection_, sharer.key, true);
  const at::Tensor value = project(value_projection_, sharer.value, true);
  const KvPair gate = gates_.sample({key.size(0), key.size(1), key.size(2)}, context.draws);
  return {gate.key * key, gate.value * value};
}

void ReplaceProjector::visit(const std::string& prefix, const ParameterVisitor& visitor) {
  gates_.visit(prefix, visitor);
  key_projection_.visit(prefix + "key_projection.", visitor);
  value_projection_.visit(prefix + "value_projection.", visitor);
}

}  // namespace c2c
