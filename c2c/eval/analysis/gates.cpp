#include "c2c/eval/analysis/gates.h"

#include <ATen/ATen.h>

#include <cmath>
#include <optional>

#include "c2c/base/error.h"
#include "c2c/eval/results/svg.h"
#include "c2c/fuser/fuser.h"

namespace c2c {
namespace {

// Mean over elements (one, or one for each head).
std::optional<double> logit_of(Projector& projector, const std::string& name) {
  std::optional<double> found;
  projector.visit("", [&](const ParameterRef& ref) {
    if (ref.name.ends_with(name)) found = ref.tensor->to(at::kDouble).mean().item<double>();
  });
  return found;
}

svg::Series series_of(const std::string& label) {
  return {.label = label, .x = {}, .y = {}, .intervals = {}};
}

}  // namespace

Analysis gate_analysis(const std::filesystem::path& path, const std::string& subfolder) {
  const auto fusers = load_fusers(path, {.keep_dtype = true}, subfolder.empty() ? "final" : subfolder);
  Analysis analysis{.name = "gates", .title = "Gates of " + path.filename().string()};
  analysis.table.columns = {"sharer",           "receiver_layer", "sharer_layer", "projector", "key_gate_logit",
                            "value_gate_logit", "key_gate",       "value_gate",   "open"};
  std::vector<svg::Series> series;
  for (const auto& fuser : fusers) {
    const std::string of = fusers.size() > 1 ? " of sharer " + std::to_string(fuser->sharer_index) : "";
    svg::Series keys = series_of("keys" + of), values = series_of("values" + of);
    for (const auto& [layer, links] : fuser->layers)
      for (const auto& link : links) {
        Projector& projector = *fuser->projectors.at(static_cast<std::size_t>(link.projector));
        const auto key = logit_of(projector, "key_gate_logit"), value = logit_of(projector, "value_gate_logit");
        if (!key || !value) continue;
        const auto gate = [](double logit) { return 1 / (1 + std::exp(-logit)); };
        analysis.table.rows.push_back({fuser->sharer_index, layer, link.sharer_layer, link.projector, *key, *value,
                                       gate(*key), gate(*value), !projector.is_closed()});
        for (svg::Series* one : {&keys, &values}) one->x.push_back(static_cast<double>(layer));
        keys.y.push_back(gate(*key));
        values.y.push_back(gate(*value));
      }
    series.insert(series.end(), {std::move(keys), std::move(values)});
  }
  if (analysis.table.rows.empty())
    fail_usage({.where = path.string(), .found = "no gates", .expected = "a fuser whose projectors have them"});
  analysis.pictures.push_back(svg::line_chart(
      series, {.title = "Gates by layer", .x_label = "receiver layer", .y_label = "sigmoid of the logit"}));
  analysis.notes.push_back("In evaluation a gate is open where its logit is above 0 (sigmoid above 0.5), else shut.");
  return analysis;
}

}  // namespace c2c
