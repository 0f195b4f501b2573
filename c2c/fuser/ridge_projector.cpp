#include "c2c/fuser/ridge_projector.h"

#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

#include "c2c/base/error.h"
#include "c2c/fuser/heads.h"
#include "c2c/fuser/parameters.h"
#include "c2c/tensor/ops/rope.h"

namespace c2c {
namespace {

at::Tensor read_frequencies(const InitArgs& args, std::string_view key, std::int64_t head_dim) {
  const std::vector<double> values = args.numbers(key);
  if (values.empty()) return {};
  if (head_dim % 2 != 0 || static_cast<std::int64_t>(values.size()) != head_dim / 2)
    args.fail(key, std::to_string(values.size()) + " numbers",
              "one for every two dimensions of a head (" + std::to_string(head_dim) + ")");
  return at::tensor(at::ArrayRef<double>(values)).to(at::kFloat);
}

void check_positions(const at::Tensor& positions, const at::Tensor& like_BHND, const char* name) {
  if (positions.defined() && positions.dim() == 2 && positions.size(1) == like_BHND.size(2) &&
      (positions.size(0) == like_BHND.size(0) || positions.size(0) == 1))
    return;
  fail_usage({.where = "RidgeProjector",
              .key = name,
              .found = positions.defined() ? "another shape" : "none",
              .expected = "the RoPE position of each token, (batch, tokens), in the ProjectContext"});
}

}  // namespace

at::Tensor turn_heads(const at::Tensor& x, const at::Tensor& positions, const at::Tensor& frequencies, bool back,
                      at::ScalarType dtype) {
  if (!frequencies.defined()) return x.to(dtype);
  const at::Tensor steps = positions.to(at::kFloat);
  const RopeAngles angles = rope_angles(back ? steps.neg() : steps, frequencies, dtype);
  return apply_rope(x.to(dtype).transpose(1, 2), angles).transpose(1, 2);
}

std::unique_ptr<Projector> RidgeProjector::create(const nlohmann::ordered_json& init_args) {
  const InitArgs args("RidgeProjector", init_args);
  std::unique_ptr<Projector> projector(new RidgeProjector(args));
  args.finish();
  return projector;
}

RidgeProjector::RidgeProjector(const InitArgs& args) : ProjectorBase(args) {
  const auto type = args.dtype();
  const KvGeometry sharer = sharer_geometry(), receiver = receiver_geometry();
  sharer_frequencies_ = read_frequencies(args, "source_frequencies", sharer.head_dim);
  receiver_frequencies_ = read_frequencies(args, "target_frequencies", receiver.head_dim);
  alpha_ = constant_parameter({}, args.number("alpha", 1.0), type);
  const auto in = sharer.kv_heads * sharer.head_dim, out = receiver.kv_heads * receiver.head_dim;
  key_map_ = draw_linear(2 * in, out, true, type);
  value_map_ = draw_linear(2 * in, out, true, type);
}

KvPair RidgeProjector::forward(const KvPair& sharer, const KvPair& receiver, const ProjectContext& context) const {
  check_inputs(sharer, receiver);
  if (!context.training && is_closed()) return receiver;
  if (sharer_frequencies_.defined()) check_positions(context.sharer_positions, sharer.key, "sharer_positions");
  if (receiver_frequencies_.defined()) check_positions(context.receiver_positions, receiver.key, "receiver_positions");
  const auto type = alpha_.scalar_type(), wide = at::promote_types(type, at::kFloat);
  const auto heads = receiver_geometry().kv_heads;
  const at::Tensor bare = turn_heads(sharer.key, context.sharer_positions, sharer_frequencies_, true, wide);
  const at::Tensor x = at::cat({flat_heads(bare, type), flat_heads(sharer.value, type)}, -1);
  const at::Tensor key =
      turn_heads(unflat_heads(key_map_(x), heads), context.receiver_positions, receiver_frequencies_, false, wide);
  const at::Tensor value = unflat_heads(value_map_(x), heads).to(wide), alpha = alpha_.to(wide);
  return {(1 - alpha) * receiver.key + alpha * key, (1 - alpha) * receiver.value + alpha * value};
}

void RidgeProjector::visit(const std::string& prefix, const ParameterVisitor& visitor) {
  visitor({prefix + "alpha", &alpha_, false});
  alpha_state_.forget();
  key_map_.visit(prefix + "key_map.", visitor);
  value_map_.visit(prefix + "value_map.", visitor);
}

// Frequencies are geometry, no parameters: they move, but keep their type.
void RidgeProjector::to(at::ScalarType dtype, at::Device device) {
  ProjectorBase::to(dtype, device);
  if (sharer_frequencies_.defined()) sharer_frequencies_ = sharer_frequencies_.to(device);
  if (receiver_frequencies_.defined()) receiver_frequencies_ = receiver_frequencies_.to(device);
}

}  // namespace c2c
