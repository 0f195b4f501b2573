// Legend: H heads, M tokens of one event, D head size.
#include "c2c/infer/pipelines/fusion_report.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <map>

#include "c2c/base/error.h"
#include "c2c/fuser/fuser.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;

Json numbers(const at::Tensor& tensor) {
  const at::Tensor values = tensor.flatten().to(at::kFloat).contiguous();
  return std::vector<float>(values.const_data_ptr<float>(), values.const_data_ptr<float>() + values.numel());
}

// (1, H, M, D) -> (M): |x| of each token.
at::Tensor token_norms(const at::Tensor& x_BHMD) {
  return x_BHMD.to(at::kFloat).square().sum({0, 1, 3}).sqrt().cpu();
}

at::Tensor changes(const at::Tensor& before, const at::Tensor& after) {
  return token_norms(after.to(at::kFloat) - before.to(at::kFloat)) / token_norms(before).clamp_min(1e-30);
}

Json sharers_of(SharerMask mask) {
  Json list = Json::array();
  for (std::int64_t sharer = 1; mask != 0; ++sharer, mask >>= 1)
    if ((mask & 1) != 0) list.push_back(sharer);
  return list;
}

class Observation {
 public:
  Observation(const Rosetta& rosetta, const SectionPlan& plan)
      : rosetta_(rosetta),
        layers_(rosetta.receiver().kv_geometry().layers),
        key_(plan.ids.size(), std::vector<double>(static_cast<std::size_t>(layers_), 0.0)),
        value_(key_) {}

  void see(const FuseEvent& event) {
    const std::vector<std::int64_t>& columns = event.columns.at(0);
    const at::Tensor key_M = changes(event.before.key, event.after.key);
    const at::Tensor value_M = changes(event.before.value, event.after.value);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const auto token = static_cast<std::size_t>(columns[i]), layer = static_cast<std::size_t>(event.receiver_layer);
      const auto at = static_cast<std::int64_t>(i);
      key_.at(token).at(layer) += key_M[at].item<double>();
      value_.at(token).at(layer) += value_M[at].item<double>();
    }
    add_layer(event, key_M, value_M);
  }

  Json layers() const {
    Json list = Json::array();
    for (const auto& [place, layer] : by_layer_) {
      Json entry = layer.json;
      const auto count = static_cast<double>(layer.tokens);
      entry["key_change"] = layer.key_change / count;
      entry["value_change"] = layer.value_change / count;
      const auto mean = [&](const at::Tensor& sum_H) { return sum_H.defined() ? numbers(sum_H / count) : Json(); };
      entry["key_scalar_per_head"] = mean(layer.key_scalar_H);
      entry["value_scalar_per_head"] = mean(layer.value_scalar_H);
      list.push_back(std::move(entry));
    }
    return list;
  }
  void describe_token(std::size_t token, Json& json) const {
    const auto mean = [&](const std::vector<double>& all) {
      double sum = 0;
      for (const double one : all) sum += one;
      return sum / static_cast<double>(all.size());
    };
    json["key_change"] = mean(key_[token]);
    json["value_change"] = mean(value_[token]);
    json["key_change_per_layer"] = key_[token];
    json["value_change_per_layer"] = value_[token];
  }

 private:
  struct Layer {
    Json json;
    double key_change = 0, value_change = 0;  // sums over tokens
    std::int64_t tokens = 0;
    at::Tensor key_scalar_H, value_scalar_H;  // sums over tokens
  };

  // The projector runs once more, to say what it does not return. Those that turn with positions say no scalars.
  void add_layer(const FuseEvent& event, const at::Tensor& key_M, const at::Tensor& value_M) {
    const Fuser& fuser = *rosetta_.sharers()[event.sharer].fuser;
    const LayerLink& link = fuser.layers.at(event.receiver_layer).front();
    const Projector& projector = *fuser.projectors.at(static_cast<std::size_t>(link.projector));
    Layer& layer = by_layer_[{event.receiver_layer, event.sharer}];
    layer.tokens += key_M.size(0);
    layer.key_change += key_M.sum().item<double>();
    layer.value_change += value_M.sum().item<double>();
    layer.json["layer"] = event.receiver_layer;
    layer.json["sharer"] = event.sharer + 1;
    layer.json["sharer_layer"] = event.sharer_layer;
    layer.json["key_open"] = !event.after.key.is_same(event.before.key);
    layer.json["value_open"] = !event.after.value.is_same(event.before.value);
    layer.json["key_gate_logit"] = nullptr;
    layer.json["value_gate_logit"] = nullptr;
    if (projector.needs_positions()) return;
    ProjectContext::Capture capture;
    projector.forward(event.sharer_kv, event.before, {.capture = &capture});
    const auto add = [](at::Tensor& sum_H, const at::Tensor& scalar_BHM1) {
      if (!scalar_BHM1.defined()) return;
      const at::Tensor here_H = scalar_BHM1.to(at::kFloat).sum({0, 2, 3});
      sum_H = sum_H.defined() ? sum_H + here_H : here_H;
    };
    add(layer.key_scalar_H, capture.key_scalar);
    add(layer.value_scalar_H, capture.value_scalar);
    layer.json["key_gate_logit"] = capture.key_gate_logit;
    layer.json["value_gate_logit"] = capture.value_gate_logit;
  }

  const Rosetta& rosetta_;
  std::int64_t layers_;
  std::vector<std::vector<double>> key_, value_;  // [token][layer]
  std::map<std::pair<std::int64_t, std::size_t>, Layer> by_layer_;
};

}  // namespace

FusionInquiry::FusionInquiry(Session& session, const Request& request, std::int64_t max_tokens)
    : rosetta_(session.fused(request.overrides.fusion.value_or(""))),
      tokenizer_(session.receiver_text().tokenizer),
      plan_(session.plan(request)) {
  if (static_cast<std::int64_t>(plan_.ids.size()) > max_tokens)
    fail_usage({.where = "messages",
                .found = std::to_string(plan_.ids.size()) + " tokens",
                .expected = "at most " + std::to_string(max_tokens) + " to look into"});
}

Json FusionInquiry::run() const {
  const at::NoGradGuard no_grad;
  Observation seen(*rosetta_, plan_);
  const FuseObserver observer = [&](const FuseEvent& event) { seen.see(event); };
  RosettaState state;
  rosetta_->prefill({plan_}, state, 0, &observer);
  Json json = {{"sections", Json::array()}, {"tokens", Json::array()}};
  std::size_t token = 0;
  for (std::size_t s = 0; s < plan_.sections.size(); ++s) {
    const Section& section = plan_.sections[s];
    json["sections"].push_back({{"length", section.length}, {"sharers", sharers_of(section.mask)}});
    for (std::int64_t i = 0; i < section.length; ++i, ++token) {
      SharerMask heard = section.mask;
      for (std::size_t k = 0; k < plan_.sharers.size(); ++k)
        if (const auto& source = plan_.sharers[k].source; !source.empty() && source[token] < 0)
          heard &= ~(SharerMask{1} << k);
      Json entry = {{"id", plan_.ids[token]},
                    {"text", tokenizer_->decode({plan_.ids[token]})},
                    {"section", s},
                    {"sharers", sharers_of(heard)}};
      seen.describe_token(token, entry);
      json["tokens"].push_back(std::move(entry));
    }
  }
  json["layers"] = seen.layers();
  return json;
}

}  // namespace c2c
