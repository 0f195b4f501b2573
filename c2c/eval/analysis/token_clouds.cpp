#include "c2c/eval/analysis/token_clouds.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <map>
#include <set>

#include "c2c/base/error.h"
#include "c2c/model/cache/kv_cache.h"
#include "c2c/rosetta/oracle.h"
#include "c2c/rosetta/rosetta.h"

namespace c2c {
namespace {

// (1, H, N, D) -> (N, H D)
at::Tensor side_by_side(const at::Tensor& x_BHND) {
  return x_BHND[0].transpose(0, 1).flatten(1).to(at::kCPU, at::kFloat);
}
const at::Tensor& part(const KvPair& pair, bool keys) {
  return keys ? pair.key : pair.value;
}

// What a fused forward shows of one layer: who wrote which columns, and from what.
struct Heard {
  std::map<std::size_t, std::vector<std::int64_t>> columns;  // by sharer
  std::map<std::size_t, std::vector<KvPair>> from;
  std::map<std::size_t, std::int64_t> sharer_layer;
  bool keys_changed = false, values_changed = false;
  bool changed(bool keys) const { return keys ? keys_changed : values_changed; }
};
using HeardLayers = std::map<std::int64_t, Heard>;

HeardLayers listen(const Rosetta& rosetta, const SectionPlan& plan, RosettaState& state) {
  HeardLayers heard;
  const FuseObserver observer = [&](const FuseEvent& event) {
    Heard& own = heard[event.receiver_layer];
    auto& columns = own.columns[event.sharer];
    columns.insert(columns.end(), event.columns.front().begin(), event.columns.front().end());
    own.from[event.sharer].push_back({event.sharer_kv.key.clone(), event.sharer_kv.value.clone()});
    own.sharer_layer[event.sharer] = event.sharer_layer;
    // A shut gate hands back the receiver's own tensor.
    own.keys_changed |= !event.after.key.is_same(event.before.key);
    own.values_changed |= !event.after.value.is_same(event.before.value);
  };
  rosetta.forward({plan}, state, {.whole_last_section = false, .observer = &observer});
  return heard;
}

std::vector<std::int64_t> shared_columns(const Heard& heard, const SectionPlan& plan) {
  std::vector<std::int64_t> shared;
  for (const auto& [sharer, columns] : heard.columns) {
    const std::set<std::int64_t> own(columns.begin(), columns.end());
    std::vector<std::int64_t> both;
    for (const std::int64_t column : own)
      if (&columns == &heard.columns.begin()->second || std::binary_search(shared.begin(), shared.end(), column))
        both.push_back(column);
    shared = std::move(both);
  }
  std::erase_if(shared, [&](std::int64_t c) {
    const auto at = static_cast<std::size_t>(c);
    return at >= plan.ids.size() || (!plan.padding.empty() && plan.padding[at]);
  });
  return shared;
}

class Clouds {
 public:
  Clouds(Session& session, const CloudOptions& options)
      : session_(session), rosetta_(session.rosetta()), options_(options) {}

  void add(std::size_t question, const SectionPlan& plan, const SectionPlan* control) {
    RosettaState alone, fused, other;
    const HeardLayers heard = listen(rosetta_, plan, fused);
    if (heard.empty())
      fail_usage({.where = "analyze embeddings",
                  .found = "nothing that is fused",
                  .expected = "a fuser with an open gate, and a sharer that is heard"});
    if (!has_chosen_) choose_layers(heard);
    has_chosen_ = true;
    read_alone(rosetta_, {plan}, alone);
    if (control != nullptr) listen(rosetta_, *control, other);
    for (LayerClouds& layer : layers_) {
      const auto found = heard.find(layer.receiver_layer);
      if (found == heard.end()) continue;
      const std::vector<std::int64_t> columns = shared_columns(found->second, plan);
      if (columns.empty()) continue;
      add_tokens(layer, question, plan, columns);
      std::size_t next = 0;
      const auto put_own = [&](const KvCache& cache) {
        const at::Tensor all_NC = side_by_side(part(cache.layer(layer.receiver_layer), layer.keys));
        put(layer.clouds[next++], all_NC.index_select(0, at::tensor(columns, at::kLong)));
      };
      put_own(alone.receiver);
      put_own(fused.receiver);
      if (control != nullptr) put_own(other.receiver);
      for (const auto& [sharer, pairs] : found->second.from)
        put(layer.clouds[next++], sharer_points(pairs, layer.keys, found->second.columns.at(sharer), columns));
    }
  }

  std::vector<LayerClouds> take() {
    std::erase_if(layers_, [](const LayerClouds& layer) { return layer.tokens.empty(); });
    if (layers_.empty())
      fail_usage({.where = "analyze embeddings",
                  .found = "nothing that fusing changes",
                  .expected = "questions with tokens that are fused, and open gates (--values: of values too)"});
    return std::move(layers_);
  }

 private:
  void choose_layers(const HeardLayers& heard) {
    for (const bool keys : {true, false})
      if (keys ? options_.keys : options_.values)
        for (const std::int64_t layer : options_.layers.empty() ? some_changed(heard, keys) : asked_for(heard))
          layers_.push_back(empty_layer(layer, keys, heard.at(layer)));
    std::stable_sort(layers_.begin(), layers_.end(),
                     [](const LayerClouds& a, const LayerClouds& b) { return a.receiver_layer < b.receiver_layer; });
  }

  // The first, the middle and the last.
  static std::vector<std::int64_t> some_changed(const HeardLayers& heard, bool keys) {
    std::vector<std::int64_t> changed;
    for (const auto& [layer, own] : heard)
      if (own.changed(keys)) changed.push_back(layer);
    if (changed.size() < 4) return changed;
    return {changed.front(), changed[changed.size() / 2], changed.back()};
  }

  std::vector<std::int64_t> asked_for(const HeardLayers& heard) const {
    std::vector<std::int64_t> wanted = options_.layers;
    std::sort(wanted.begin(), wanted.end());
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    std::string names;
    for (const auto& [layer, own] : heard) names += (names.empty() ? "" : ", ") + std::to_string(layer);
    for (const std::int64_t layer : wanted)
      if (!heard.contains(layer))
        fail_usage({.where = "analyze embeddings",
                    .key = "--layers",
                    .found = std::to_string(layer),
                    .expected = "receiver layers that are fused: " + names});
    return wanted;
  }

  LayerClouds empty_layer(std::int64_t layer, bool keys, const Heard& heard) const {
    LayerClouds made{.receiver_layer = layer, .keys = keys, .sharer_layers = {}, .tokens = {}, .clouds = {}};
    made.clouds = {{"receiver", {}}, {"fused", {}}};
    if (options_.control) made.clouds.push_back({"control", {}});
    for (const auto& [sharer, from] : heard.sharer_layer) {
      made.clouds.push_back({"sharer " + std::to_string(sharer + 1), {}});
      made.sharer_layers.push_back(from);
    }
    return made;
  }

  void add_tokens(LayerClouds& layer, std::size_t question, const SectionPlan& plan,
                  const std::vector<std::int64_t>& columns) {
    if (options_.means) {
      layer.tokens.push_back({question, -1, ""});
      return;
    }
    for (const std::int64_t column : columns)
      layer.tokens.push_back(
          {question, column,
           session_.receiver_text().tokenizer->decode({plan.ids[static_cast<std::size_t>(column)]}, false)});
  }

  void put(Cloud& cloud, at::Tensor points_ND) const {
    if (options_.means) points_ND = points_ND.mean(0, true);
    cloud.points_ND = cloud.points_ND.defined() ? at::cat({cloud.points_ND, points_ND}) : points_ND;
  }

  static at::Tensor sharer_points(const std::vector<KvPair>& pairs, bool keys, const std::vector<std::int64_t>& own,
                                  const std::vector<std::int64_t>& wanted) {
    std::vector<at::Tensor> parts;
    for (const KvPair& pair : pairs) parts.push_back(side_by_side(part(pair, keys)));
    std::map<std::int64_t, std::int64_t> row_of;
    for (std::size_t i = 0; i < own.size(); ++i) row_of[own[i]] = static_cast<std::int64_t>(i);
    std::vector<std::int64_t> rows;
    for (const std::int64_t column : wanted) rows.push_back(row_of.at(column));
    return at::cat(parts).index_select(0, at::tensor(rows, at::kLong));
  }

  Session& session_;
  const Rosetta& rosetta_;
  const CloudOptions& options_;
  std::vector<LayerClouds> layers_;
  bool has_chosen_ = false;
};

}  // namespace

std::vector<LayerClouds> token_clouds(Session& session, const std::vector<Question>& questions,
                                      const CloudOptions& options, const ProgressFn& progress) {
  const at::NoGradGuard no_grad;
  CloudOptions chosen = options;
  chosen.control = options.control && questions.size() > 1;
  std::vector<SectionPlan> plans;
  for (const Question& question : questions)
    plans.push_back(session.plan({.messages = question.messages, .mode = "c2c"}));
  Clouds clouds(session, chosen);
  for (std::size_t q = 0; q < plans.size(); ++q) {
    SectionPlan control;
    if (chosen.control) control = with_foreign_sharer(plans[q], plans[(q + plans.size() - 1) % plans.size()]);
    clouds.add(q, plans[q], chosen.control ? &control : nullptr);
    if (progress) progress("questions", static_cast<double>(q + 1), static_cast<double>(plans.size()));
  }
  return clouds.take();
}

}  // namespace c2c
