#include "c2c/eval/results/cell_summary.h"

#include <algorithm>
#include <numeric>

namespace c2c::results {

namespace {

// What cross-entropy is divided by: tokens of the reply for the table, bytes of it between systems.
double tokens_of(const SampleResult& sample) {
  return static_cast<double>(sample.new_tokens);
}
double bytes_of(const SampleResult& sample) {
  return static_cast<double>(sample.truth.size());
}

Estimate mean_of(const std::vector<double>& values, const BootstrapOptions& options) {
  if (values.empty()) return {};
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  return {sum / static_cast<double>(values.size()), bootstrap_mean(values, options)};
}

Estimate ratio_of(const Samples& samples, double (*denominator)(const SampleResult&), const BootstrapOptions& options) {
  std::vector<double> above, below;
  for (const SampleResult* sample : samples) {
    if (!sample->error.empty()) continue;
    above.push_back(sample->score);
    below.push_back(denominator(*sample));
  }
  const double total = std::accumulate(below.begin(), below.end(), 0.0);
  if (total <= 0) return {};
  return {std::accumulate(above.begin(), above.end(), 0.0) / total, bootstrap_ratio(above, below, options)};
}

std::vector<double> scores_of(const Samples& samples) {
  std::vector<double> scores;
  for (const SampleResult* sample : samples) scores.push_back(sample->error.empty() ? sample->score : 0);
  return scores;
}

Estimate score_of(const Samples& samples, const BootstrapOptions& options) {
  if (!samples.empty() && samples.front()->is_cross_entropy()) return ratio_of(samples, tokens_of, options);
  return mean_of(scores_of(samples), options);
}

std::int64_t errors_of(const Samples& samples) {
  return std::count_if(samples.begin(), samples.end(), [](const SampleResult* s) { return !s->error.empty(); });
}

std::vector<GroupSummary> groups_of(const Samples& samples, std::string SampleResult::* name,
                                    const BootstrapOptions& options) {
  std::map<std::string, Samples> groups;
  for (const SampleResult* sample : samples)
    if (!(sample->*name).empty()) groups[sample->*name].push_back(sample);
  std::vector<GroupSummary> summaries;
  for (const auto& [group, members] : groups)
    summaries.push_back({.name = group,
                         .count = static_cast<std::int64_t>(members.size()),
                         .errors = errors_of(members),
                         .score = score_of(members, options)});
  return summaries;
}

template <class Field>
Distribution distribution_of(const Samples& samples, Field SampleResult::* field) {
  std::vector<double> values;
  for (const SampleResult* sample : samples)
    if (sample->error.empty()) values.push_back(static_cast<double>(sample->*field));
  return distribution(values);
}

void add_distributions(CellSummary& cell, const Samples& samples) {
  cell.prompt_tokens = distribution_of(samples, &SampleResult::prompt_tokens);
  cell.sharer_tokens = distribution_of(samples, &SampleResult::sharer_tokens);
  cell.new_tokens = distribution_of(samples, &SampleResult::new_tokens);
  cell.context_tokens = distribution_of(samples, &SampleResult::context_tokens);
  cell.prefill_ms = distribution_of(samples, &SampleResult::prefill_ms);
  cell.fuse_ms = distribution_of(samples, &SampleResult::fuse_ms);
  cell.decode_ms = distribution_of(samples, &SampleResult::decode_ms);
  cell.total_ms = distribution_of(samples, &SampleResult::total_ms);
}

void add_accuracy(CellSummary& cell, const Samples& samples, const BootstrapOptions& options) {
  const std::vector<double> scores = scores_of(samples);
  if (std::all_of(scores.begin(), scores.end(), [](double s) { return s == 0 || s == 1; }))
    cell.wilson = wilson_interval(std::count(scores.begin(), scores.end(), 1.0), cell.count, options.level);
  std::vector<double> norms;
  double guesses = 0;
  bool options_known = true, norms_known = false;
  for (const SampleResult* sample : samples) {
    norms_known = norms_known || sample->score_norm.has_value();
    norms.push_back(sample->error.empty() ? sample->score_norm.value_or(0) : 0);
    options_known = options_known && !sample->options.empty();
    if (options_known) guesses += 1.0 / static_cast<double>(sample->options.size());
    if (sample->method == "generate" && sample->error.empty() && !sample->predicted) ++cell.unanswered;
  }
  if (norms_known) cell.score_norm = mean_of(norms, options);
  if (options_known) cell.chance = guesses / static_cast<double>(samples.size());
}

}  // namespace

CellSummary summarize_cell(const Samples& samples, const BootstrapOptions& options) {
  CellSummary cell;
  if (samples.empty()) return cell;
  cell.system = samples.front()->system;
  cell.task = samples.front()->task;
  cell.method = samples.front()->method;
  cell.count = static_cast<std::int64_t>(samples.size());
  cell.errors = errors_of(samples);
  cell.score = score_of(samples, options);
  if (cell.is_cross_entropy())
    cell.nats_per_byte = ratio_of(samples, bytes_of, options);
  else
    add_accuracy(cell, samples, options);
  cell.subjects = groups_of(samples, &SampleResult::subject, options);
  cell.subcategories = groups_of(samples, &SampleResult::subcategory, options);
  cell.categories = groups_of(samples, &SampleResult::category, options);
  add_distributions(cell, samples);
  return cell;
}

PairedTest compare(const Samples& first, const Samples& second, const BootstrapOptions& options) {
  std::map<std::string, const SampleResult*> others;
  for (const SampleResult* sample : second) others[sample->id] = sample;
  std::vector<double> ours, theirs;
  for (const SampleResult* sample : first) {
    const auto other = others.find(sample->id);
    if (other == others.end()) continue;
    if (!sample->is_cross_entropy()) {
      ours.push_back(sample->error.empty() ? sample->score : 0);
      theirs.push_back(other->second->error.empty() ? other->second->score : 0);
    } else if (sample->error.empty() && other->second->error.empty()) {
      const double bytes = std::max(1.0, bytes_of(*sample));
      ours.push_back(sample->score / bytes);
      theirs.push_back(other->second->score / bytes);
    }
  }
  return paired_test(ours, theirs, options);
}

}  // namespace c2c::results
