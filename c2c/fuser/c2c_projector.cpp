#include "c2c/fuser/c2c_projector.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <array>
#include <nlohmann/json.hpp>

#include "c2c/base/log.h"
#include "c2c/fuser/heads.h"
#include "c2c/fuser/parameters.h"

namespace c2c {

std::unique_ptr<Projector> C2CProjector::create(const nlohmann::ordered_json& init_args) {
  const InitArgs args("C2CProjector", init_args);
  std::unique_ptr<C2CProjector> projector(new C2CProjector(args, {}));
  if (args.boolean("zero_init", false)) {
    log_info("C2CProjector: output projections start at zero (zero_init)");
    zero_parameters(projector->key_.proj_out);
    zero_parameters(projector->value_.proj_out);
  }
  args.finish();
  return projector;
}

C2CProjector::C2CProjector(const InitArgs& args, C2CParts parts)
    : ProjectorBase(args), parts_(parts), gates_(args, {}, 0.0, args.dtype()) {
  draw(args);
}

// The order of the draws is the reference's.
void C2CProjector::draw(const InitArgs& args) {
  const auto dtype = args.dtype();
  const auto dropout = args.probability("dropout", 0.1);
  const auto hidden_dim = args.integer("hidden_dim", 1024), width = args.integer("intermediate_dim", 1024);
  const auto blocks = args.integer("num_layers", 3, {3, 1024}) - 2;
  const KvGeometry receiver = receiver_geometry();
  const auto out = receiver.kv_heads * receiver.head_dim;
  const auto in = sharer_geometry().kv_heads * sharer_geometry().head_dim + (parts_.target ? out : 0);
  const auto both = [this](const auto& make) {
    make(key_);
    make(value_);
  };
  both([&](Half& half) { half.in = draw_linear(in, hidden_dim, true, dtype); });
  both([&](Half& half) { half.mlp1 = FfnStack(1, hidden_dim, width, dropout, dtype); });
  if (parts_.scalars) {
    both([&](Half& half) { half.scalar_mlp2 = FfnStack(1, hidden_dim, hidden_dim, dropout, dtype); });
    both([&](Half& half) { half.scalar_head = draw_linear(hidden_dim, receiver.kv_heads, true, dtype); });
  }
  both([&](Half& half) { half.proj_mlp2 = FfnStack(blocks, hidden_dim, width, dropout, dtype); });
  both([&](Half& half) { half.proj_out = draw_linear(hidden_dim, out, true, dtype); });
}

at::Tensor C2CProjector::hidden(const Half& half, const at::Tensor& source, const at::Tensor& target,
                                bool training) const {
  const at::ScalarType dtype = half.in.bias().scalar_type();  // the weight may be packed
  return half.mlp1(half.in(parts_.target ? join_heads(source, target, dtype) : flat_heads(source, dtype)), training);
}

at::Tensor C2CProjector::projection(const Half& half, const at::Tensor& z, bool training) const {
  return unflat_heads(half.proj_out(half.proj_mlp2(z, training)), receiver_geometry().kv_heads);
}

at::Tensor C2CProjector::scalars(const Half& half, const at::Tensor& z, bool training) const {
  if (!parts_.scalars) return at::ones({z.size(0), receiver_geometry().kv_heads, z.size(1), 1}, z.options());
  return at::sigmoid(half.scalar_head(half.scalar_mlp2(z, training))).permute({0, 2, 1}).unsqueeze(-1);
}

at::Tensor C2CProjector::evaluate(const Half& half, const at::Tensor& source, const at::Tensor& target,
                                  at::Tensor* captured) const {
  const bool closed = shut(half);
  const auto closed_result = [&] { return parts_.target ? target : at::zeros_like(target); };
  if (closed && captured == nullptr) return closed_result();
  const at::Tensor z = hidden(half, source, target, false);
  at::Tensor w;
  if (parts_.scalars || captured != nullptr) w = scalars(half, z, false);
  if (captured != nullptr) *captured = w.detach();
  if (closed) return closed_result();
  at::Tensor term = projection(half, z, false);
  // The hard gate is a float32 one: what it multiplies and adds to is float32 from here on (float64 stays).
  if (parts_.gates) term = term.to(at::promote_types(term.scalar_type(), at::kFloat));
  if (w.defined() && parts_.scalars) term = w * term;
  return parts_.target ? target + term : term;
}

KvPair C2CProjector::train(const KvPair& sharer, const KvPair& receiver, const ProjectContext& context) const {
  const at::Tensor key_z = hidden(key_, sharer.key, receiver.key, true);
  const at::Tensor value_z = hidden(value_, sharer.value, receiver.value, true);
  at::Tensor key_term = projection(key_, key_z, true);
  at::Tensor value_term = projection(value_, value_z, true);
  at::Tensor key_w = scalars(key_, key_z, true);
  at::Tensor value_w = scalars(value_, value_z, true);
  if (context.capture != nullptr) {
    context.capture->key_scalar = key_w.detach();
    context.capture->value_scalar = value_w.detach();
  }
  if (parts_.gates) {
    const KvPair gate = gates_.sample({key_w.size(0), key_w.size(1), key_w.size(2)}, context.draws);
    key_w = gate.key * key_w;
    value_w = gate.value * value_w;
  }
  key_term = key_w * key_term;
  value_term = value_w * value_term;
  if (!parts_.target) return {key_term, value_term};
  return {receiver.key + key_term, receiver.value + value_term};
}

KvPair C2CProjector::forward(const KvPair& sharer, const KvPair& receiver, const ProjectContext& context) const {
  check_inputs(sharer, receiver);
  auto* const capture = context.capture;
  if (capture != nullptr && parts_.gates) gates_.capture_logits(*capture);
  if (context.training) return train(sharer, receiver, context);
  return {evaluate(key_, sharer.key, receiver.key, capture == nullptr ? nullptr : &capture->key_scalar),
          evaluate(value_, sharer.value, receiver.value, capture == nullptr ? nullptr : &capture->value_scalar)};
}

bool C2CProjector::is_closed() const {
  return parts_.target && shut(key_) && shut(value_);
}

void C2CProjector::set_temperature_step(std::int64_t step) {
  if (parts_.gates) gates_.set_temperature_step(step);
}

// State-dict order of the reference: own parameters, own buffers, then children in construction order.
void C2CProjector::visit(const std::string& prefix, const ParameterVisitor& visitor) {
  const auto both = [&](const std::string& name, auto member) {
    (key_.*member).visit(prefix + "key_" + name + ".", visitor);
    (value_.*member).visit(prefix + "value_" + name + ".", visitor);
  };
  if (parts_.gates) gates_.visit(prefix, visitor);
  both("in", &Half::in);
  both("mlp1", &Half::mlp1);
  if (parts_.scalars) {
    both("scalar_mlp2", &Half::scalar_mlp2);
    both("scalar_head", &Half::scalar_head);
  }
  both("proj_mlp2", &Half::proj_mlp2);
  both("proj_out", &Half::proj_out);
}

// The scalar heads are a few numbers wide: not worth packing.
void C2CProjector::visit_linears(const std::string& prefix, const LinearVisitor& visitor) {
  for (auto& [name, half] : {std::pair<std::string, Half*>{"key_", &key_}, {"value_", &value_}}) {
    visitor(prefix + name + "in", half->in);
    half->mlp1.visit_linears(prefix + name + "mlp1.", visitor);
    if (parts_.scalars) half->scalar_mlp2.visit_linears(prefix + name + "scalar_mlp2.", visitor);
    half->proj_mlp2.visit_linears(prefix + name + "proj_mlp2.", visitor);
    visitor(prefix + name + "proj_out", half->proj_out);
  }
}

}  // namespace c2c
