#include "c2c/rosetta/fuse.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "c2c/base/error.h"

namespace c2c {
namespace {

const Projector& projector_of(const Fuser& fuser, const LayerLink& link) {
  return *fuser.projectors[static_cast<std::size_t>(link.projector)];
}

// (B, H, N, D) of zeros except for the change of a group's tokens.
at::Tensor spread(const TokenSelection& tokens, const at::Tensor& window, const at::Tensor& change,
                  std::int64_t origin) {
  return tokens.put(at::zeros(window.sizes(), change.options()), change, origin);
}

class ColumnFuser {
 public:
  ColumnFuser(const FuseTask& task, const KvCache& cache, std::int64_t begin, std::int64_t end)
      : task_(task), cache_(cache), begin_(begin), end_(end) {}

  void apply(const FuseGroup& group) {
    const Fuser& fuser = *task_.sharers[group.sharer].fuser;
    for (const auto& [layer, links] : fuser.layers) {
      if (links.empty()) continue;
      const LayerLink& link = links.front();  // the reference computes every pair and uses the first
      const Projector& projector = projector_of(fuser, link);
      if (task_.project.training || !projector.is_closed()) apply(group, layer, link.sharer_layer, projector);
    }
  }

  FusedLayers finish() {
    for (auto& [layer, change] : changes_) {  // parallel: what each sharer changed, added to the receiver's own
      KvPair own = clean(layer);
      if (change.key.defined()) own.key = rounded(own.key + change.key);
      if (change.value.defined()) own.value = rounded(own.value + change.value);
      fused_[layer] = own;
    }
    return std::move(fused_);
  }

 private:
  void apply(const FuseGroup& group, std::int64_t layer, std::int64_t sharer_layer, const Projector& projector) {
    const bool parallel = task_.mode == FusionMode::kParallel;
    const KvPair window = parallel || !fused_.contains(layer) ? clean(layer) : fused_.at(layer);
    const at::ScalarType dtype = task_.dtypes[group.sharer];
    const KvPair mine{group.receiver.take(window.key, begin_).to(dtype),
                      group.receiver.take(window.value, begin_).to(dtype)};
    const KvPair stored = task_.heard[group.sharer].cache.layer(sharer_layer);
    const KvPair theirs{group.source.take(stored.key).to(cache_.options().dtype(dtype)),
                        group.source.take(stored.value).to(cache_.options().dtype(dtype))};
    if (const TrainingDraws* draws = task_.project.draws; draws != nullptr && draws->at_site)
      draws->at_site(site(group, layer));
    const KvPair projected = projector.forward(theirs, mine, context_for(group, projector));
    if (task_.observer != nullptr)
      (*task_.observer)({group.sharer, layer, sharer_layer, group.receiver.rows(), group.receiver.columns(), theirs,
                         mine, projected});
    // A shut gate hands back the receiver's own tensor.
    const bool key = !projected.key.is_same(mine.key), value = !projected.value.is_same(mine.value);
    if (parallel) {
      KvPair& change = changes_[layer];
      if (key) add(change.key, spread(group.receiver, window.key, projected.key - mine.key, begin_));
      if (value) add(change.value, spread(group.receiver, window.value, projected.value - mine.value, begin_));
    } else {
      KvPair& written = fused_[layer] = window;
      if (key) written.key = group.receiver.put(window.key, rounded(projected.key), begin_);
      if (value) written.value = group.receiver.put(window.value, rounded(projected.value), begin_);
    }
  }

  ProjectContext context_for(const FuseGroup& group, const Projector& projector) const {
    ProjectContext context = task_.project;
    if (!projector.needs_positions()) return context;
    const at::Device device = cache_.options().device();
    context.receiver_positions = task_.positions.receiver.of(group.receiver, device);
    context.sharer_positions = task_.positions.sharers[group.sharer].of(group.source, device);
    return context;
  }

  DrawSite site(const FuseGroup& group, std::int64_t layer) const {
    C2C_CHECK(task_.placed != nullptr, "draws are for prompts");
    DrawSite site{group.sharer, layer, group.receiver.rows(), group.receiver.columns()};
    for (std::size_t g = 0; g < site.rows.size(); ++g)
      for (std::int64_t& column : site.tokens[g]) column = task_.placed->token(site.rows[g], column);
    return site;
  }

  static void add(at::Tensor& sum, const at::Tensor& change) { sum = sum.defined() ? sum + change : change; }

  // The receiver's own K and V. In parallel fusion the reference takes a detached copy of them.
  KvPair clean(std::int64_t layer) const {
    KvPair own = cache_.slice(layer, begin_, end_);
    if (task_.mode == FusionMode::kParallel) own = {own.key.detach(), own.value.detach()};
    return own;
  }

  // Evaluation computes in float32 and rounds once, when the cache is written (spec/projectors.md, section 8).
  at::Tensor rounded(const at::Tensor& x) const { return x.to(cache_.options()); }

  const FuseTask& task_;
  const KvCache& cache_;
  std::int64_t begin_, end_;
  FusedLayers fused_;
  std::map<std::int64_t, KvPair> changes_;
};

}  // namespace

FusedLayers fuse_columns(const FuseTask& task, const std::vector<FuseGroup>& groups, const KvCache& cache,
                         std::int64_t begin, std::int64_t end) {
  ColumnFuser fuser(task, cache, begin, end);
  for (const FuseGroup& group : groups) fuser.apply(group);
  return fuser.finish();
}

std::int64_t sharer_layers_needed(const Fuser& fuser, bool training) {
  std::int64_t needed = 0;
  for (const auto& [layer, links] : fuser.layers)
    if (!links.empty() && (training || !projector_of(fuser, links.front()).is_closed()))
      needed = std::max(needed, links.front().sharer_layer + 1);
  return needed;
}

bool changes_anything(const Fuser& fuser, bool training) {
  return sharer_layers_needed(fuser, training) > 0;
}

}  // namespace c2c
