#include "c2c/rosetta/prefix.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "c2c/base/error.h"
#include "c2c/rosetta/fuse.h"
#include "c2c/rosetta/rosetta.h"

namespace c2c {
namespace {

PrefixTokens read(const CausalLm& model, const std::vector<std::int32_t>& ids,
                  const std::vector<std::int64_t>& positions, const std::vector<bool>& padding, std::int64_t count,
                  std::int64_t layers) {
  PrefixTokens out{.cache = model.make_cache(1)};
  for (std::int64_t i = 0; i < count; ++i) {
    const auto t = static_cast<std::size_t>(i);
    out.ids.push_back(ids[t]);
    out.positions.push_back(positions.empty() ? i : positions[t]);
    out.real.push_back(padding.empty() || !padding[t]);
  }
  if (count == 0 || layers == 0) return out;
  const std::vector<std::int64_t> wide(out.ids.begin(), out.ids.end());
  const at::Device device = model.options().device();
  std::vector<std::int64_t> real(out.real.begin(), out.real.end());
  model.forward({.ids_BN = at::tensor(wide, at::kLong).unsqueeze(0).to(device),
                 .positions_BN = at::tensor(out.positions, at::kLong).unsqueeze(0).to(device),
                 .mask_BT = at::tensor(real, at::kLong).to(at::kBool).unsqueeze(0).to(device),
                 .cache = &out.cache,
                 .stop_layer = layers,
                 .kv_only_last = true,
                 .training = true});
  return out;
}

}  // namespace

void seed(KvCache& cache, const KvCache& read, std::int64_t begin, std::int64_t end) {
  if (begin == end) return;
  C2C_CHECK(cache.length() == begin, "seed: tokens come behind those that are there");
  for (std::int64_t layer = 0; layer < read.geometry().layers; ++layer) {
    if (read.length(layer) == 0) continue;
    const KvPair tokens = read.slice(layer, begin, end);
    cache.append(layer, tokens.key.expand({cache.batch(), -1, -1, -1}),
                 tokens.value.expand({cache.batch(), -1, -1, -1}));
  }
}

PrefixCache Rosetta::read_prefix(const SectionPlan& plan, std::int64_t receiver_tokens,
                                 const std::vector<std::int64_t>& sharer_tokens) const {
  const at::NoGradGuard no_grad;
  PrefixCache out;
  const auto at_most = [](std::int64_t count, const std::vector<std::int32_t>& ids) {
    return std::clamp<std::int64_t>(count, 0, static_cast<std::int64_t>(ids.size()));
  };
  out.receiver = read(*receiver_, plan.ids, plan.positions, plan.padding, at_most(receiver_tokens, plan.ids),
                      receiver_->kv_geometry().layers);
  C2C_CHECK(sharer_tokens.size() == sharers_.size() && plan.sharers.size() == sharers_.size(),
            "read_prefix: one length and one plan for each sharer");
  for (std::size_t s = 0; s < sharers_.size(); ++s) {
    const SharerPlan& own = plan.sharers[s];
    out.sharers.push_back(read(*sharers_[s].model, own.ids, own.positions, own.padding,
                               at_most(sharer_tokens[s], own.ids), sharer_layers_needed(*sharers_[s].fuser, true)));
  }
  return out;
}

}  // namespace c2c
