#include "c2c/eval/analysis/sensitivity.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <map>
#include <optional>

#include "c2c/base/error.h"
#include "c2c/eval/analysis/disturbed_sample.h"
#include "c2c/eval/results/statistics.h"
#include "c2c/eval/results/svg.h"
#include "c2c/eval/runs/contender.h"
#include "c2c/eval/runs/run_eval.h"

namespace c2c {
namespace {

std::string method_of(const EvalTask& task, const TaskData& data) {
  for (const std::string& method : task.answer_methods)
    if (method == "logits" || method == "loglikelihood") return method;
  const bool letters = !data.samples.empty() && data.samples.front().truth.kind == TruthKind::kLetter;
  return letters ? "logits" : "loglikelihood";
}

EvalConfig chosen(EvalConfig config, const std::vector<std::string>& wanted) {
  std::vector<EvalSystem> systems;
  std::string names;
  for (const EvalSystem& system : config.systems) names += (names.empty() ? "" : ", ") + system.name;
  for (const std::string& name : wanted) {
    const auto found = std::find_if(config.systems.begin(), config.systems.end(),
                                    [&](const EvalSystem& system) { return system.name == name; });
    if (found == config.systems.end())
      fail_usage({.where = "analyze sensitivity", .key = "--system", .found = name, .expected = "one of " + names});
    systems.push_back(*found);
  }
  if (systems.empty() && !config.systems.empty()) systems.push_back(config.systems.front());
  for (const EvalSystem& system : systems)
    if (system.oracle != "none" || system.kind() == SystemKind::kTwoStage || system.kind() == SystemKind::kTwoStageC2C)
      fail_usage({.where = "system " + system.name,
                  .found = "two stages or an oracle",
                  .expected = "a single model, or C2C: one cache that is disturbed"});
  config.systems = with_controls(systems);
  return config;
}

// Scores of one system, sample by sample: undisturbed, and by layer.
struct Scores {
  std::vector<double> clean;
  std::map<std::int64_t, std::vector<double>> layers;
};

class Sensitivity {
 public:
  Sensitivity(const EvalConfig& config, const SensitivityOptions& options, const ProgressFn& progress)
      : config_(chosen(config, options.systems)),
        options_(options),
        progress_(progress),
        task_(config_.tasks.front()) {}

  Analysis operator()() {
    data_ = load_task(task_);
    if (std::ssize(data_.samples) > options_.samples) data_.samples.resize(static_cast<std::size_t>(options_.samples));
    if (data_.samples.empty()) fail_input({.where = "task " + task_.label(), .found = "no sample", .expected = "some"});
    method_ = method_of(task_, data_);
    start();
    for (const Contender& contender : make_contenders(config_, progress_)) add(contender);
    finish();
    return std::move(analysis_);
  }

 private:
  void start() {
    analysis_.name = "sensitivity";
    analysis_.title = "What is lost where a layer's cache is disturbed";
    analysis_.table.columns = {"system", "layer", "samples",  "accuracy",  "low",
                               "high",   "lost",  "lost_low", "lost_high", "p_value"};
  }

  void add(const Contender& contender) {
    contender.prepare();
    const Assignment assignment{contender, task_, data_, method_, contender.answerer().session->engine()};
    check_assignment(assignment);
    const std::vector<std::int64_t> layers = layers_of(contender);
    const auto source = source_for(contender);
    Scores scores;
    std::string failure;
    for (std::size_t i = 0; i < data_.samples.size(); ++i) {
      const EvalSample& other = data_.samples[(i + data_.samples.size() - 1) % data_.samples.size()];
      try {
        DisturbedSample sample(assignment, data_.samples[i], other, options_.whole_prompt);
        ask(sample, layers, source.get(), i, scores);
      } catch (const Error& error) {
        if (error.kind() == ErrorKind::kInternal) throw;
        failure = "sample " + data_.samples[i].id + " of " + contender.name() + ": " + error.what();
        log_warning(failure);
        ++failed_;
      }
      if (progress_) progress_(contender.name(), static_cast<double>(i + 1), static_cast<double>(data_.samples.size()));
    }
    if (scores.clean.empty())
      fail_input({.where = "analyze sensitivity", .found = "no sample that can be asked: " + failure});
    add_rows(contender.name(), scores);
  }

  void ask(DisturbedSample& sample, const std::vector<std::int64_t>& layers, const Rosetta* source, std::size_t index,
           Scores& scores) {
    tokens_ += sample.end() - sample.begin();
    whole_ += sample.is_whole();
    ++asked_;
    const double clean = sample.score();
    std::vector<double> disturbed_scores;
    std::optional<RosettaState> foreign;
    if (source != nullptr) foreign = sample.read_by(*source);
    for (const std::int64_t layer : layers) {
      const KvPair own = sample.copy(layer);
      const std::uint64_t seed =
          options_.seed * 0x9E3779B97F4A7C15ULL + index * 1'000'003ULL + static_cast<std::uint64_t>(layer);
      sample.replace(layer, foreign ? foreign->receiver.slice(layer, sample.begin(), sample.end())
                                    : disturbed(own, options_, seed));
      disturbed_scores.push_back(sample.score());
      sample.replace(layer, own);
    }
    // A sample counts whole or not at all: comparisons are paired.
    scores.clean.push_back(clean);
    for (std::size_t i = 0; i < layers.size(); ++i) scores.layers[layers[i]].push_back(disturbed_scores[i]);
  }

  std::vector<std::int64_t> layers_of(const Contender& contender) const {
    const std::int64_t count = contender.answerer().speaker().rosetta->receiver().kv_geometry().layers;
    std::vector<std::int64_t> layers = options_.layers;
    for (const std::int64_t layer : layers)
      if (layer < 0 || layer >= count)
        fail_usage({.where = "analyze sensitivity",
                    .key = "--layers",
                    .found = std::to_string(layer),
                    .expected = "0 to " + std::to_string(count - 1) + ", of " + contender.name()});
    for (std::int64_t layer = 0; options_.layers.empty() && layer < count; ++layer) layers.push_back(layer);
    return layers;
  }

  std::shared_ptr<const Rosetta> source_for(const Contender& contender) {
    if (options_.source.empty()) return nullptr;
    RunConfig run;
    run.receiver.model = options_.source;
    run.dtype = contender.answerer().session->config().dtype;
    if (!source_) source_ = std::make_unique<Session>(run, progress_);
    require_same_cache(contender.answerer(), *source_);
    return source_->speaker("receiver").rosetta;
  }

  void add_rows(const std::string& system, const Scores& scores) {
    const auto row = [&](nlohmann::ordered_json layer, const std::vector<double>& values) {
      const PairedTest test = paired_test(scores.clean, values);
      const Interval range = bootstrap_mean(values);
      double sum = 0;
      for (const double value : values) sum += value;
      const double accuracy = sum / static_cast<double>(values.size());
      std::vector<nlohmann::ordered_json> cells = {system, layer, values.size(), accuracy, range.low, range.high};
      if (layer.is_null())
        cells.insert(cells.end(), 4, nullptr);
      else
        cells.insert(cells.end(), {test.difference, test.interval.low, test.interval.high, test.p_value});
      analysis_.table.rows.push_back(std::move(cells));
      if (layer.is_null()) return;
      lines_.back().x.push_back(layer.get<double>());
      lines_.back().y.push_back(test.difference);
      lines_.back().intervals.push_back(test.interval);
    };
    lines_.push_back({.label = system, .x = {}, .y = {}, .intervals = {}});
    row(nullptr, scores.clean);
    for (const auto& [layer, values] : scores.layers) row(layer, values);
  }

  std::string description() const {
    if (!options_.source.empty()) return "the keys and values of " + options_.source;
    const std::string unit = options_.absolute ? "" : " standard deviations of the layer's own";
    return "Gaussian noise of mean " + nlohmann::json(options_.mean).dump() + ", deviation " +
           nlohmann::json(options_.std).dump() + unit + ", seed " + std::to_string(options_.seed);
  }

  void finish() {
    analysis_.pictures.push_back(
        svg::line_chart(lines_, {.title = analysis_.title, .x_label = "receiver layer", .y_label = "accuracy lost"}));
    const double each = static_cast<double>(tokens_) / static_cast<double>(std::max<std::int64_t>(1, asked_));
    analysis_.notes = {
        task_.label() + " by " + method_ + ". Disturbed: " + description() + ", in keys and values of " +
            (options_.whole_prompt ? "the prompt" : "the question") + " (" +
            std::to_string(static_cast<std::int64_t>(each + 0.5)) + " tokens on average), one layer at a time.",
        "Tokens behind the disturbed ones are read again with the disturbed cache, but for those that are fused. "
        "Intervals are of " +
            std::to_string(data_.samples.size()) +
            " samples drawn again; p-values are of one layer "
            "each: of many layers some fall below 0.05 by chance.",
        "The control's sharers read another sample: what C2C and its control lose alike is the fuser's, not what the "
        "sharer said."};
    if (config_.systems.size() == 1) analysis_.notes.pop_back();
    if (whole_ > 0 && !options_.whole_prompt)
      analysis_.notes.push_back(std::to_string(whole_) +
                                " prompts do not hold their question's text as it is: of them "
                                "everything before the last token was disturbed.");
    if (failed_ > 0) analysis_.notes.push_back(std::to_string(failed_) + " samples could not be asked.");
  }

  EvalConfig config_;
  const SensitivityOptions& options_;
  const ProgressFn& progress_;
  EvalTask task_;
  TaskData data_;
  std::string method_;
  Analysis analysis_;
  std::vector<svg::Series> lines_;
  std::unique_ptr<Session> source_;
  std::int64_t tokens_ = 0, whole_ = 0, asked_ = 0, failed_ = 0;
};

at::Tensor noisy(const at::Tensor& clean, const SensitivityOptions& options, const at::Generator& generator) {
  const at::Tensor noise = at::randn(clean.sizes(), generator, at::TensorOptions(at::kFloat)).to(clean.device());
  const at::Tensor own = clean.to(at::kFloat);
  const double unit = options.absolute ? 1 : own.std(/*unbiased=*/false).item<double>();
  return (own + unit * (options.mean + options.std * noise)).to(clean.scalar_type());
}

}  // namespace

KvPair disturbed(const KvPair& clean, const SensitivityOptions& options, std::uint64_t seed) {
  const at::NoGradGuard no_grad;
  const at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  const at::Tensor key = noisy(clean.key, options, generator);
  return {key, noisy(clean.value, options, generator)};
}

Analysis sensitivity_analysis(const EvalConfig& config, const SensitivityOptions& options, const ProgressFn& progress) {
  return Sensitivity(config, options, progress)();
}

}  // namespace c2c
