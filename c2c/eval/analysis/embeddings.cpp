#include "c2c/eval/analysis/embeddings.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdio>

#include "c2c/base/error.h"
#include "c2c/eval/analysis/pca.h"
#include "c2c/eval/results/svg.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;

// Clouds that are mapped together.
struct Panel {
  const LayerClouds& layer;
  std::vector<const Cloud*> clouds;

  std::string title() const {
    std::string text = "layer " + std::to_string(layer.receiver_layer) + (layer.keys ? ", keys" : ", values");
    return clouds.front()->who == "receiver" ? text : text + ", " + clouds.front()->who;
  }
  std::size_t points() const { return clouds.size() * layer.tokens.size(); }
};

std::vector<Panel> panels_of(const LayerClouds& layer) {
  std::vector<Panel> panels = {{layer, {}}};
  const std::int64_t size = layer.clouds.front().points_ND.size(1);
  for (const Cloud& cloud : layer.clouds) {
    if (cloud.points_ND.size(1) == size)
      panels.front().clouds.push_back(&cloud);
    else
      panels.push_back({layer, {&cloud}});
  }
  return panels;
}

std::string percent(double part) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * part);
  return text;
}

struct Map {
  std::string method, x_label, y_label;
  std::vector<std::array<double, 2>> points;
};

Map pca_map(const at::Tensor& points_ND, Json& about) {
  const PrincipalComponents found = principal_components(points_ND, 2);
  about["explained"] = found.explained;
  Map map{"PCA", "first component, " + percent(found.explained[0]) + " of the variance", "", {}};
  if (found.explained.size() > 1) map.y_label = "second, " + percent(found.explained[1]);
  for (std::int64_t i = 0; i < points_ND.size(0); ++i) {
    const bool plane = found.coordinates_NK.size(1) > 1;
    map.points.push_back(
        {found.coordinates_NK[i][0].item<double>(), plane ? found.coordinates_NK[i][1].item<double>() : 0});
  }
  return map;
}

Map tsne_map(const at::Tensor& points_ND, TsneOptions options, Json& about) {
  options.perplexity = std::min(options.perplexity, static_cast<double>(points_ND.size(0) - 1));
  const at::Tensor rows_ND = points_ND.contiguous();
  const TsneMap found = tsne(std::span(rows_ND.const_data_ptr<float>(), static_cast<std::size_t>(rows_ND.numel())),
                             static_cast<std::size_t>(rows_ND.size(1)), options);
  about["perplexity"] = options.perplexity;
  about["divergence"] = found.divergence;
  return {"t-SNE", "", "", found.points};
}

// Receiver -> fused, receiver -> control, fused -> sharer, token by token.
std::vector<svg::Join> joins_of(const Panel& panel, const Map& map) {
  std::vector<svg::Join> joins;
  const std::size_t tokens = panel.layer.tokens.size();
  for (std::size_t c = 1; c < panel.clouds.size(); ++c) {
    const std::size_t from = panel.clouds[c]->who.starts_with("sharer") ? 1 : 0;
    for (std::size_t t = 0; t < tokens; ++t) {
      const auto &a = map.points[from * tokens + t], &b = map.points[c * tokens + t];
      joins.push_back({a[0], a[1], b[0], b[1], c});
    }
  }
  return joins;
}

std::string picture(const Panel& panel, const Map& map) {
  const std::size_t tokens = panel.layer.tokens.size();
  std::vector<svg::Series> series;
  for (std::size_t c = 0; c < panel.clouds.size(); ++c) {
    svg::Series one{.label = panel.clouds[c]->who, .x = {}, .y = {}, .intervals = {}};
    for (std::size_t t = 0; t < tokens; ++t) {
      one.x.push_back(map.points[c * tokens + t][0]);
      one.y.push_back(map.points[c * tokens + t][1]);
    }
    series.push_back(std::move(one));
  }
  return svg::scatter_chart(series,
                            {.title = map.method + ": " + panel.title(),
                             .x_label = map.x_label,
                             .y_label = map.y_label,
                             .width = 440,
                             .height = 400},
                            joins_of(panel, map));
}

void add_rows(const Panel& panel, const std::vector<Map>& maps, AnalysisTable& table) {
  const std::size_t tokens = panel.layer.tokens.size();
  for (std::size_t c = 0; c < panel.clouds.size(); ++c)
    for (std::size_t t = 0; t < tokens; ++t) {
      const CloudToken& token = panel.layer.tokens[t];
      std::vector<Json> row = {panel.layer.receiver_layer,
                               panel.layer.keys ? "key" : "value",
                               panel.clouds[c]->who,
                               token.question,
                               token.place < 0 ? Json() : Json(token.place),
                               token.text};
      for (std::size_t m = 0; m < 2; ++m)
        for (std::size_t d = 0; d < 2; ++d)
          row.push_back(m < maps.size() ? Json(maps[m].points[c * tokens + t][d]) : Json());
      table.rows.push_back(std::move(row));
    }
}

const Cloud* find(const LayerClouds& layer, const std::string& who) {
  for (const Cloud& cloud : layer.clouds)
    if (cloud.who == who) return &cloud;
  return nullptr;
}

// Mean over tokens of |b - a| / |a|: distances that no map bends.
double moved(const at::Tensor& a_ND, const at::Tensor& b_ND) {
  return ((b_ND - a_ND).norm(2, 1) / a_ND.norm(2, 1).clamp_min(1e-12)).mean().item<double>();
}

std::string note_of(const LayerClouds& layer, Json& about) {
  const Cloud &receiver = *find(layer, "receiver"), &fused = *find(layer, "fused");
  const Cloud* control = find(layer, "control");
  const std::string where =
      "Layer " + std::to_string(layer.receiver_layer) + (layer.keys ? ", keys" : ", values") + ": ";
  about["fused_moved"] = moved(receiver.points_ND, fused.points_ND);
  if (about["fused_moved"].get<double>() == 0) return where + "not changed, the gate is shut.";
  std::string text =
      where + "fusing moved a token by " + percent(about["fused_moved"].get<double>()) + " of its length";
  if (control == nullptr) return text + " (no control: one question).";
  about["control_moved"] = moved(receiver.points_ND, control->points_ND);
  about["control_from_fused"] = moved(fused.points_ND, control->points_ND);
  return text + ", the control by " + percent(about["control_moved"].get<double>()) + "; from each other they are " +
         percent(about["control_from_fused"].get<double>()) + " of a fused token's length apart.";
}

}  // namespace

Analysis embed(const std::vector<LayerClouds>& layers, const EmbeddingOptions& options, const ProgressFn& progress) {
  Analysis analysis{.name = "embeddings", .title = "Keys and values before and after fusing"};
  analysis.table.columns = {"receiver_layer", "part",  "cache", "question", "token",
                            "text",           "pca_x", "pca_y", "tsne_x",   "tsne_y"};
  analysis.page_rows = 200;
  analysis.json = Json::array();
  // Before anything is computed.
  for (const LayerClouds& layer : layers)
    for (const Panel& panel : panels_of(layer))
      if (options.with_tsne && (panel.points() > kMostTsnePoints || panel.points() < 3))
        fail_usage(
            {.where = "analyze embeddings",
             .found = std::to_string(panel.points()) + " points in " + panel.title(),
             .expected = "3 to " + std::to_string(kMostTsnePoints) + " for t-SNE",
             .hint = "--samples for other numbers of questions, --per sequence for one point each, or --no-tsne"});
  std::size_t done = 0;
  for (const LayerClouds& layer : layers) {
    Json about = {{"receiver_layer", layer.receiver_layer},
                  {"part", layer.keys ? "key" : "value"},
                  {"sharer_layers", layer.sharer_layers},
                  {"tokens", layer.tokens.size()}};
    analysis.notes.push_back(note_of(layer, about));
    for (const Panel& panel : panels_of(layer)) {
      std::vector<at::Tensor> parts;
      Json map_about = {{"caches", Json::array()}};
      for (const Cloud* cloud : panel.clouds) {
        parts.push_back(cloud->points_ND);
        map_about["caches"].push_back(cloud->who);
      }
      const at::Tensor points_ND = at::cat(parts);
      std::vector<Map> maps = {pca_map(points_ND, map_about)};
      if (options.with_tsne) maps.push_back(tsne_map(points_ND, options.tsne, map_about));
      for (const Map& map : maps) analysis.pictures.push_back(picture(panel, map));
      add_rows(panel, maps, analysis.table);
      about["maps"].push_back(std::move(map_about));
    }
    analysis.json.push_back(std::move(about));
    if (progress) progress("layers", static_cast<double>(++done), static_cast<double>(layers.size()));
  }
  analysis.notes.push_back(
      "Lines join what one token has in two caches. t-SNE keeps neighbours and bends distances: sizes of and gaps "
      "between its groups mean nothing; the lengths above are of the full space. The control reads the sharer cache of "
      "another question: what it shares with the fused cache is not what the sharer said.");
  return analysis;
}

Analysis embedding_analysis(Session& session, const std::vector<Question>& questions, const EmbeddingOptions& options,
                            const ProgressFn& progress) {
  return embed(token_clouds(session, questions, options.clouds, progress), options, progress);
}

}  // namespace c2c
