#include "c2c/rosetta/oracle_ridge.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "c2c/base/error.h"
#include "c2c/model/families/rope_frequencies.h"
#include "c2c/rosetta/layout.h"
#include "c2c/rosetta/token_positions.h"

namespace c2c {
namespace {

std::vector<double> frequencies_of(const ModelConfig& config, std::int64_t layer) {
  const bool local = !config.layer_is_local.empty() && config.layer_is_local[static_cast<std::size_t>(layer)];
  const at::Tensor values = rope_frequencies(config, local).to(at::kDouble).contiguous();
  const double* data = values.const_data_ptr<double>();
  return {data, data + values.numel()};
}

// K and V of layers [0, layers) of everything that one model reads.
KvCache read_all(const CausalLm& model, const TokenBatch& tokens, std::int64_t layers) {
  KvCache cache = model.make_cache(tokens.ids_BL.size(0));
  ForwardInput input = input_columns(tokens, 0, tokens.ids_BL.size(1), cache);
  input.stop_layer = layers;
  input.kv_only_last = true;
  model.forward(input);
  return cache;
}

// (G, M): these tokens are no pads. Undefined: none is.
at::Tensor real_tokens(const at::Tensor& mask_BL, const TokenSelection& tokens) {
  if (!mask_BL.defined()) return {};
  return tokens.take(mask_BL.unsqueeze(1).unsqueeze(-1)).squeeze(-1).squeeze(1);
}

at::Tensor both(const at::Tensor& a, const at::Tensor& b) {
  if (!a.defined() || !b.defined()) return a.defined() ? a : b;
  return at::logical_and(a, b.to(a.device()));
}

}  // namespace

std::map<std::int64_t, RidgeLayer> ridge_layers(const ModelConfig& receiver, const ModelConfig& sharer,
                                                const std::map<std::int64_t, std::int64_t>& sources) {
  std::map<std::int64_t, RidgeLayer> layers;
  for (const auto& [mine, theirs] : sources) {
    C2C_CHECK(mine >= 0 && mine < receiver.layers && theirs >= 0 && theirs < sharer.layers,
              "ridge_layers: no such layer");
    layers[mine] = {theirs, frequencies_of(sharer, theirs), frequencies_of(receiver, mine)};
  }
  return layers;
}

OracleRidge::OracleRidge(std::shared_ptr<const CausalLm> receiver, std::shared_ptr<const CausalLm> sharer,
                         const std::map<std::int64_t, std::int64_t>& sources)
    : receiver_(std::move(receiver)),
      sharers_{{std::move(sharer), nullptr}},
      sources_(sources),
      fitter_(sharers_[0].model->kv_geometry(), receiver_->kv_geometry(),
              ridge_layers(receiver_->config(), sharers_[0].model->config(), sources)) {}

void OracleRidge::add(const std::vector<SectionPlan>& plans) {
  const at::NoGradGuard no_grad;
  if (sources_.empty()) return;
  const Layout layout = lay_out(plans, {.receiver = *receiver_, .sharers = sharers_, .heard = 1, .options = {}});
  const TokenBatch& heard = layout.sharers[0];
  if (heard.rows.empty()) return;
  std::int64_t deepest = 0;
  for (const auto& [mine, theirs] : sources_) deepest = std::max(deepest, theirs);
  const KvCache own = read_all(*receiver_, layout.receiver, sources_.rbegin()->first + 1);
  const KvCache sharer = read_all(*sharers_[0].model, heard, deepest + 1);
  const TokenPositions own_positions{layout.receiver.positions_BL}, sharer_positions{heard.positions_BL};
  const at::Device device = own.options().device();
  for (const Segment& segment : layout.segments)
    for (const FuseGroup& group : segment.fused) {
      const at::Tensor used =
          both(real_tokens(layout.receiver.mask_BL, group.receiver), real_tokens(heard.mask_BL, group.source));
      for (const auto& [mine, theirs] : sources_) {
        const KvPair a = sharer.layer(theirs), b = own.layer(mine);
        const KvPair from{group.source.take(a.key).to(device), group.source.take(a.value).to(device)};
        const KvPair to{group.receiver.take(b.key), group.receiver.take(b.value)};
        fitter_.add(mine, {from, to, sharer_positions.of(group.source, device),
                           own_positions.of(group.receiver, device), used});
      }
    }
}

}  // namespace c2c
