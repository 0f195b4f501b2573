#include "c2c/fuser/ridge_fit.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <nlohmann/json.hpp>

#include "c2c/base/error.h"
#include "c2c/fuser/heads.h"
#include "c2c/fuser/ridge_projector.h"

namespace c2c {
namespace {

at::Tensor frequency_tensor(const std::vector<double>& values, at::Device device) {
  if (values.empty()) return {};
  return at::tensor(at::ArrayRef<double>(values)).to(device, at::kFloat);
}

// (rows, 2 H D): keys without RoPE, values; float64.
at::Tensor bare_rows(const KvPair& kv, const at::Tensor& positions, const std::vector<double>& frequencies,
                     const at::Tensor& used_BN) {
  const at::Tensor key =
      turn_heads(kv.key, positions, frequency_tensor(frequencies, kv.key.device()), /*back=*/true, at::kDouble);
  const at::Tensor rows = at::cat({flat_heads(key, at::kDouble), flat_heads(kv.value, at::kDouble)}, -1).flatten(0, 1);
  return used_BN.defined() ? rows.index({used_BN.to(rows.device(), at::kBool).flatten()}) : rows;
}

[[noreturn]] void fail_layer(std::int64_t layer, const std::string& found, const std::string& expected,
                             const std::string& hint) {
  fail_usage({.where = "ridge fit",
              .key = "receiver layer " + std::to_string(layer),
              .found = found,
              .expected = expected,
              .hint = hint});
}

void set_parameter(Projector& projector, const std::string& name, const at::Tensor& value) {
  projector.visit("", [&](const ParameterRef& ref) {
    if (ref.name == name) ref.tensor->copy_(value);
  });
}

}  // namespace

RidgeFitter::RidgeFitter(KvGeometry sharer, KvGeometry receiver, std::map<std::int64_t, RidgeLayer> layers)
    : sharer_(sharer), receiver_(receiver), layers_(std::move(layers)) {}

void RidgeFitter::add(std::int64_t receiver_layer, const RidgeTokens& tokens) {
  const auto found = layers_.find(receiver_layer);
  C2C_CHECK(found != layers_.end(), "RidgeFitter::add: a layer that was not announced");
  const at::NoGradGuard no_grad;
  const RidgeLayer& layer = found->second;
  at::Tensor x = bare_rows(tokens.sharer, tokens.sharer_positions_BN, layer.sharer_frequencies, tokens.used_BN);
  at::Tensor y = bare_rows(tokens.receiver, tokens.receiver_positions_BN, layer.receiver_frequencies, tokens.used_BN);
  C2C_CHECK(x.size(0) == y.size(0) && x.size(1) == 2 * sharer_.kv_heads * sharer_.head_dim &&
                y.size(1) == 2 * receiver_.kv_heads * receiver_.head_dim,
            "RidgeFitter::add: shapes");
  if (x.size(0) == 0) return;
  Sums& sums = sums_[receiver_layer];
  if (sums.rows == 0) {
    const auto F = x.size(1), O = y.size(1);
    sums = {.shift_x = x.mean(0),
            .shift_y = y.mean(0),
            .x = at::zeros({F}, x.options()),
            .y = at::zeros({O}, x.options()),
            .xx = at::zeros({F, F}, x.options()),
            .xy = at::zeros({F, O}, x.options())};
  }
  x = x - sums.shift_x;
  y = y.to(x.device()) - sums.shift_y;
  sums.rows += x.size(0);
  sums.x.add_(x.sum(0));
  sums.y.add_(y.sum(0));
  sums.xx.addmm_(x.t(), x);
  sums.xy.addmm_(x.t(), y);
}

std::int64_t RidgeFitter::tokens(std::int64_t receiver_layer) const {
  const auto found = sums_.find(receiver_layer);
  return found == sums_.end() ? 0 : found->second.rows;
}

std::shared_ptr<Projector> RidgeFitter::solve_layer(std::int64_t layer, double lambda, double alpha,
                                                    at::ScalarType dtype) const {
  if (tokens(layer) == 0)
    fail_layer(layer, "no tokens", "at least one",
               "give the fitter prompts with a section that the sharer is heard in");
  const Sums& sums = sums_.at(layer);
  const double rows = static_cast<double>(sums.rows);
  const at::Tensor mean_x = sums.x / rows, mean_y = sums.y / rows;
  const at::Tensor xx = sums.xx - rows * at::outer(mean_x, mean_x);
  const at::Tensor xy = sums.xy - rows * at::outer(mean_x, mean_y);
  if (!xx.isfinite().all().item<bool>() || !xy.isfinite().all().item<bool>())
    fail_input({.where = "ridge fit",
                .key = "receiver layer " + std::to_string(layer),
                .found = "keys or values that are not finite",
                .expected = "finite numbers"});
  const double scale = xx.diagonal().mean().item<double>();
  const auto [factor, info] = at::linalg_cholesky_ex(xx + lambda * scale * at::eye(xx.size(0), xx.options()));
  if (info.item<std::int64_t>() != 0)
    fail_layer(layer,
               "lambda " + std::to_string(lambda) + " for " + std::to_string(sums.rows) + " tokens of " +
                   std::to_string(xx.size(0)) + " features",
               "a system with one solution", "give more tokens, or a larger lambda");
  const at::Tensor weight = at::cholesky_solve(xy, factor);  // (F, O)
  const at::Tensor bias = mean_y + sums.shift_y - at::mv(weight.t(), mean_x + sums.shift_x);

  const RidgeLayer& spec = layers_.at(layer);
  nlohmann::ordered_json args = {{"source_dim", sharer_.head_dim},
                                 {"target_dim", receiver_.head_dim},
                                 {"source_num_heads", sharer_.kv_heads},
                                 {"target_num_heads", receiver_.kv_heads},
                                 {"source_frequencies", spec.sharer_frequencies},
                                 {"target_frequencies", spec.receiver_frequencies},
                                 {"alpha", alpha}};
  std::shared_ptr<Projector> projector = make_projector("RidgeProjector", args);
  const auto half = weight.size(1) / 2;
  projector->to(dtype, weight.device());
  set_parameter(*projector, "key_map.weight", weight.narrow(1, 0, half).t());
  set_parameter(*projector, "value_map.weight", weight.narrow(1, half, half).t());
  set_parameter(*projector, "key_map.bias", bias.narrow(0, 0, half));
  set_parameter(*projector, "value_map.bias", bias.narrow(0, half, half));
  return projector;
}

std::shared_ptr<Fuser> RidgeFitter::solve(double lambda, double alpha, at::ScalarType dtype) const {
  const at::NoGradGuard no_grad;
  if (!(lambda >= 0))
    fail_usage(
        {.where = "ridge fit", .key = "lambda", .found = std::to_string(lambda), .expected = "a number from 0 on"});
  auto fuser = std::make_shared<Fuser>();
  fuser->source = "ridge fit";
  for (const auto& [layer, spec] : layers_) {
    fuser->layers[layer] = {{spec.sharer_layer, static_cast<std::int64_t>(fuser->projectors.size())}};
    fuser->projectors.push_back(solve_layer(layer, lambda, alpha, dtype));
  }
  return fuser;
}

}  // namespace c2c
