#include <ATen/ATen.h>

#include <map>

#include "c2c/base/error.h"
#include "c2c/cli/inspect.h"
#include "c2c/cli/tensor_check.h"
#include "c2c/fuser/fuser.h"

namespace c2c::cli {
namespace {

using Json = nlohmann::ordered_json;

Json numbers(const at::Tensor& tensor) {
  const at::Tensor values = tensor.detach().flatten().to(at::kFloat).contiguous();
  if (values.numel() == 1) return values.item<double>();
  return std::vector<float>(values.data_ptr<float>(), values.data_ptr<float>() + values.numel());
}

// A gate's logit or a learned mixing weight: small, and what people look for.
bool is_switch(const std::string& name) {
  return name.ends_with("gate_logit") || name == "key_weight" || name == "value_weight";
}

Json projector_json(Projector& projector, std::int64_t& bytes, std::int64_t& bad) {
  Json json;
  json["class"] = projector.class_name();
  json["closed"] = projector.is_closed();
  std::int64_t parameters = 0;
  projector.visit("", [&](const ParameterRef& ref) {
    const TensorStats stats = tensor_stats(*ref.tensor);
    bytes += static_cast<std::int64_t>(ref.tensor->nbytes());
    if (!ref.is_buffer) parameters += stats.elements;
    bad += stats.not_finite;
    if (stats.not_finite > 0) json["not_finite"][ref.name] = stats.not_finite;
    if (is_switch(ref.name) && stats.elements <= 4096) json[ref.name] = numbers(*ref.tensor);
  });
  json["parameters"] = parameters;
  return json;
}

// Change of one layer, summed over the fuses that touched it.
struct Change {
  at::Tensor before, delta;  // (heads) sums of squares, K then V
};

at::Tensor squares_per_head(const at::Tensor& tensor_BHND) {
  return tensor_BHND.to(at::kFloat).square().sum({0, 2, 3}).to(at::kDouble);
}

Json ratios(const at::Tensor& delta, const at::Tensor& before) {
  return numbers((delta / before.clamp_min(1e-30)).sqrt());
}

}  // namespace

Json inspect_fuser(const std::filesystem::path& path, const std::string& subfolder) {
  const auto fusers = load_fusers(path, {.keep_dtype = true}, subfolder.empty() ? "final" : subfolder);
  Json json;
  json["path"] = path.string();
  std::int64_t bytes = 0, bad = 0, closed = 0;
  json["projectors"] = Json::array();
  for (const auto& projector : fusers.at(0)->projectors) {
    json["projectors"].push_back(projector_json(*projector, bytes, bad));
    closed += projector->is_closed() ? 1 : 0;
  }
  json["sharers"] = Json::array();
  for (const auto& fuser : fusers) {
    Json entry;
    entry["sharer_index"] = fuser->sharer_index;
    entry["receiver"] = fuser->recipe.receiver;
    entry["sharer"] = fuser->recipe.sharer;
    entry["align"] = !fuser->recipe.align.value_or(false) ? "off" : fuser->recipe.alignment_strategy.value_or("first");
    entry["fusion"] = fuser->recipe.fusion_mode.value_or("sequential");
    entry["include_response"] = fuser->recipe.include_response.value_or(false);
    entry["sharer_layers_needed"] = fuser->sharer_layers_needed();
    entry["layers"] = Json::object();
    for (const auto& [layer, links] : fuser->layers)
      if (!links.empty())
        entry["layers"][std::to_string(layer)] = {{"sharer_layer", links[0].sharer_layer},
                                                  {"projector", links[0].projector}};
    json["sharers"].push_back(std::move(entry));
  }
  json["closed_projectors"] = closed;
  json["weight_bytes"] = bytes;
  json["not_finite"] = bad;
  json["ok"] = bad == 0;
  return json;
}

Json inspect_fusion(Session& session, const Request& request) {
  std::map<std::pair<std::size_t, std::int64_t>, std::array<Change, 2>> changes;
  const FuseObserver observer = [&](const FuseEvent& event) {
    auto& parts = changes[{event.sharer, event.receiver_layer}];
    const auto add = [](Change& change, const at::Tensor& before, const at::Tensor& after) {
      const at::Tensor old = squares_per_head(before);
      const at::Tensor delta = squares_per_head(after.to(at::kFloat) - before.to(at::kFloat));
      change.before = change.before.defined() ? change.before + old : old;
      change.delta = change.delta.defined() ? change.delta + delta : delta;
    };
    add(parts[0], event.before.key, event.after.key);
    add(parts[1], event.before.value, event.after.value);
  };
  RosettaState state;
  const SectionPlan plan = session.plan(request);
  session.rosetta().prefill({plan}, state, 0, &observer);
  Json json = Json::array();
  for (const auto& [place, parts] : changes)
    json.push_back({{"sharer", place.first + 1},
                    {"layer", place.second},
                    {"key_change", ratios(parts[0].delta.sum(), parts[0].before.sum())},
                    {"value_change", ratios(parts[1].delta.sum(), parts[1].before.sum())},
                    {"key_change_per_head", ratios(parts[0].delta, parts[0].before)},
                    {"value_change_per_head", ratios(parts[1].delta, parts[1].before)}});
  return json;
}

}  // namespace c2c::cli
