#include "c2c/eval/analysis/run_analyses.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <map>

#include "c2c/base/error.h"
#include "c2c/eval/results/result_store.h"
#include "c2c/eval/results/summary.h"
#include "c2c/eval/results/svg.h"
#include "c2c/eval/results/venn.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;

SampleChoice resolved(const AnalysedRun& run, const SampleChoice& choice) {
  for (const SampleResult& sample : run.samples)
    if ((choice.task.empty() || sample.task == choice.task) &&
        (choice.method.empty() || sample.method == choice.method) && !sample.is_cross_entropy())
      return {sample.task, sample.method};
  fail_usage({.where = run.name,
              .key = "task " + choice.task + ", method " + choice.method,
              .found = "no such samples",
              .expected = "what the run's table names"});
}

bool is_of(const SampleResult& sample, const SampleChoice& choice) {
  return sample.task == choice.task && sample.method == choice.method;
}

// Samples of one system by id.
std::map<std::string, const SampleResult*> of_system(const AnalysedRun& run, const std::string& system,
                                                     const SampleChoice& choice) {
  std::map<std::string, const SampleResult*> found;
  for (const SampleResult& sample : run.samples)
    if (sample.system == system && is_of(sample, choice)) found[sample.id] = &sample;
  return found;
}

double ratio_of(const SampleResult& sample) {
  return static_cast<double>(sample.new_tokens) / static_cast<double>(std::max<std::int64_t>(1, sample.prompt_tokens));
}

struct Bin {
  double low = 0, high = 0;
  std::vector<std::string> ids;
};

std::vector<Bin> ratio_bins(const std::map<std::string, const SampleResult*>& fused, std::int64_t least) {
  constexpr std::size_t kBins = 20;
  std::vector<std::pair<double, std::string>> sorted;
  for (const auto& [id, sample] : fused) sorted.emplace_back(ratio_of(*sample), id);
  std::sort(sorted.begin(), sorted.end());
  if (sorted.empty()) return {};
  const auto at = [&](double part) {
    return sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))].first;
  };
  const double low = at(0.025), high = at(0.975), width = std::max(1e-9, (high - low) / kBins);
  std::vector<Bin> bins;
  for (std::size_t i = 0; i < kBins; ++i) {
    const auto place = static_cast<double>(i);
    bins.push_back({low + place * width, low + (place + 1) * width, {}});
  }
  for (const auto& [ratio, id] : sorted) {
    if (ratio < low || ratio > high) continue;
    bins[std::min(kBins - 1, static_cast<std::size_t>((ratio - low) / width))].ids.push_back(id);
  }
  std::vector<Bin> merged;
  for (Bin& bin : bins) {
    if (!merged.empty() && std::ssize(merged.back().ids) < least) {
      merged.back().high = bin.high;
      merged.back().ids.insert(merged.back().ids.end(), bin.ids.begin(), bin.ids.end());
    } else {
      merged.push_back(std::move(bin));
    }
  }
  if (merged.size() > 1 && std::ssize(merged.back().ids) < least) {
    const Bin last = std::move(merged.back());
    merged.pop_back();
    merged.back().high = last.high;
    merged.back().ids.insert(merged.back().ids.end(), last.ids.begin(), last.ids.end());
  }
  return merged;
}

// The number that the run stands at.
double place_of(const AnalysedRun& run, const std::string& key) {
  const auto refuse = [&](const std::string& found) {
    fail_usage({.where = run.name,
                .key = key,
                .found = found,
                .expected = "a number",
                .hint = key.empty() ? "--key section.key, or folders that end in numbers" : ""});
  };
  if (key.empty()) {
    std::size_t begin = run.name.size();
    while (begin > 0 &&
           (std::isdigit(static_cast<unsigned char>(run.name[begin - 1])) != 0 || run.name[begin - 1] == '.'))
      --begin;
    const std::string digits = run.name.substr(begin);
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (digits.empty() || error != std::errc()) refuse("a folder's name without a number at its end");
    return value;
  }
  // In what every system or task was run with.
  const std::size_t dot = key.find('.');
  const std::string section = key.substr(0, dot), name = dot == key.npos ? "" : key.substr(dot + 1);
  for (const SystemInfo& system : run.info.systems) {
    const nlohmann::json* at = &system.details["config"];
    std::string rest = name;
    while (!rest.empty() && at->is_object()) {
      const std::size_t next = rest.find('.');
      const auto found = at->find(rest.substr(0, next));
      if (found == at->end()) break;
      at = &*found;
      rest = next == rest.npos ? "" : rest.substr(next + 1);
    }
    if (section == "model" && rest.empty() && at->is_number()) return at->get<double>();
  }
  refuse("no such number in its systems");
  return 0;
}

}  // namespace

AnalysedRun read_run(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder.has_filename() ? folder : folder.parent_path();
  return {path.filename().string(), read_run_info(path), ResultStore::read(path)};
}

Analysis venn_analysis(const AnalysedRun& run, const std::array<std::string, 3>& systems, const SampleChoice& wanted,
                       bool reference_labels) {
  const SampleChoice choice = resolved(run, wanted);
  const Venn venn = make_venn(run.samples, systems, choice.task, choice.method);
  std::array<std::string, 3> labels = systems;
  if (reference_labels)
    for (std::size_t i = 0; i < 3; ++i) labels[i] = std::string(kReferenceVennLabels[i]);
  Analysis analysis{.name = "venn", .title = "Who answers what: " + choice.task + ", " + choice.method};
  analysis.table.columns = {"region", "samples"};
  std::array<std::int64_t, 8> counts{};
  for (unsigned mask = 0; mask < 8; ++mask) {
    counts[mask] = std::ssize(venn.regions[mask]);
    analysis.table.rows.push_back({venn_region_name(mask, labels), counts[mask]});
  }
  analysis.pictures.push_back(svg::venn_chart(systems, counts, analysis.title));
  analysis.json = to_json(venn, labels);
  return analysis;
}

Analysis length_analysis(const AnalysedRun& run, const std::string& fused, const SampleChoice& wanted,
                         std::int64_t least) {
  const SampleChoice choice = resolved(run, {wanted.task, wanted.method.empty() ? "generate" : wanted.method});
  const auto reference = of_system(run, fused, choice);
  if (reference.empty())
    fail_usage({.where = run.name, .key = "system", .found = fused, .expected = "a system of the run's table"});
  Analysis analysis{.name = "lengths", .title = "Accuracy by length of " + fused + "'s replies: " + choice.task};
  analysis.table.columns = {"ratio_from", "ratio_to", "samples"};
  for (const SystemInfo& system : run.info.systems) analysis.table.columns.push_back(system.name);
  const std::vector<Bin> bins = ratio_bins(reference, least);
  std::vector<svg::Series> series(run.info.systems.size());
  for (const Bin& bin : bins) analysis.table.rows.push_back({bin.low, bin.high, bin.ids.size()});
  for (std::size_t s = 0; s < series.size(); ++s) {
    series[s].label = run.info.systems[s].name;
    const auto samples = of_system(run, series[s].label, choice);
    for (std::size_t b = 0; b < bins.size(); ++b) {
      double sum = 0;
      std::int64_t count = 0;
      for (const std::string& id : bins[b].ids)
        if (const auto found = samples.find(id); found != samples.end()) sum += found->second->score, ++count;
      if (count == 0) {
        analysis.table.rows[b].push_back(nullptr);
        continue;
      }
      analysis.table.rows[b].push_back(sum / static_cast<double>(count));
      series[s].x.push_back((bins[b].low + bins[b].high) / 2);
      series[s].y.push_back(sum / static_cast<double>(count));
    }
  }
  analysis.pictures.push_back(svg::line_chart(
      series, {.title = analysis.title, .x_label = "new tokens / prompt tokens", .y_label = "accuracy"}));
  if (!bins.empty() && std::ssize(bins.back().ids) < least)
    analysis.notes.push_back("fewer than " + std::to_string(least) + " samples in a bin: the run is small");
  return analysis;
}

Analysis curve_analysis(std::span<const AnalysedRun> runs, const std::string& key, const SampleChoice& wanted) {
  Analysis analysis{.name = "curve", .title = "Score by " + (key.empty() ? std::string("run") : key)};
  analysis.table.columns = {"x", "run", "system", "task", "method", "samples", "score", "low", "high"};
  std::vector<std::pair<double, const AnalysedRun*>> placed;
  for (const AnalysedRun& run : runs) placed.emplace_back(place_of(run, key), &run);
  std::stable_sort(placed.begin(), placed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::map<std::string, svg::Series> series;
  std::vector<std::string> order;
  for (const auto& [x, run] : placed) {
    const Summary summary = summarize(run->samples, run->info);
    const SampleChoice choice = resolved(*run, wanted);
    for (const std::string& system : summary.systems) {
      const CellSummary* cell = summary.find(system, {choice.task, choice.method});
      if (cell == nullptr) continue;
      const Estimate& score = cell->score;
      analysis.table.rows.push_back({x, run->name, system, choice.task, choice.method, cell->count, score.value,
                                     score.interval.low, score.interval.high});
      if (!series.contains(system)) order.push_back(system);
      svg::Series& one = series[system];
      one.label = system;
      one.x.push_back(x);
      one.y.push_back(score.value);
      one.intervals.push_back(score.interval);
    }
  }
  std::vector<svg::Series> lines;
  for (const std::string& system : order) lines.push_back(series[system]);
  analysis.pictures.push_back(
      svg::line_chart(lines, {.title = analysis.title, .x_label = key.empty() ? "run" : key, .y_label = "score"}));
  return analysis;
}

Analysis distance_analysis(const AnalysedRun& run) {
  const std::vector<std::string> names = {"key_relative", "value_relative", "key_cosine", "value_cosine"};
  std::map<std::string, std::vector<double>> sums;
  double count = 0;
  for (const SampleResult& sample : run.samples) {
    if (!sample.extra.is_object() || !sample.extra.contains("oracle_distance")) continue;
    ++count;
    for (const std::string& name : names) {
      const auto values = sample.extra["oracle_distance"].at(name).get<std::vector<double>>();
      auto& sum = sums[name];
      sum.resize(std::max(sum.size(), values.size()));
      for (std::size_t i = 0; i < values.size(); ++i) sum[i] += values[i];
    }
  }
  if (count == 0)
    fail_usage({.where = run.name, .found = "no distances", .expected = "a run of a system with oracle: replace"});
  Analysis analysis{.name = "distances", .title = "Fused K and V against the other model's, by receiver layer"};
  analysis.table.columns = {"layer"};
  std::vector<svg::Series> series;
  const std::size_t layers = sums.begin()->second.size();
  for (std::size_t layer = 0; layer < layers; ++layer) analysis.table.rows.push_back({layer});
  for (const std::string& name : names) {
    analysis.table.columns.push_back(name);
    svg::Series one{.label = name, .x = {}, .y = {}, .intervals = {}};
    for (std::size_t layer = 0; layer < layers; ++layer) {
      const double mean = sums[name][layer] / count;
      analysis.table.rows[layer].push_back(mean);
      one.x.push_back(static_cast<double>(layer));
      one.y.push_back(mean);
    }
    series.push_back(std::move(one));
  }
  analysis.notes.push_back("mean over " + std::to_string(static_cast<std::int64_t>(count)) + " samples");
  analysis.pictures.push_back(
      svg::line_chart(series, {.title = analysis.title, .x_label = "receiver layer", .y_label = "distance, cosine"}));
  return analysis;
}

}  // namespace c2c
