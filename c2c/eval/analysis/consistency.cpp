#include "c2c/eval/analysis/consistency.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "c2c/base/error.h"
#include "c2c/eval/analysis/consistency_samples.h"
#include "c2c/eval/results/statistics.h"
#include "c2c/eval/results/svg.h"
#include "c2c/rosetta/oracle.h"
#include "c2c/rosetta/rosetta.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;

// What `rosetta` predicts for the last `count` tokens of a plan, whose last section begins before them.
std::vector<std::int64_t> predict(const Rosetta& rosetta, const SectionPlan& plan, std::int64_t count) {
  const at::NoGradGuard no_grad;
  RosettaState state;
  const at::Tensor hidden_BNC = rosetta.forward({plan}, state).hidden_BNC;
  const at::Tensor before_NC = hidden_BNC[0].slice(0, hidden_BNC.size(1) - 1 - count, hidden_BNC.size(1) - 1);
  const at::Tensor ids_N = rosetta.receiver().logits(before_NC).argmax(-1).to(at::kCPU, at::kLong).contiguous();
  return {ids_N.const_data_ptr<std::int64_t>(), ids_N.const_data_ptr<std::int64_t>() + ids_N.numel()};
}

// -1: no checkpoint of training.
std::int64_t step_of(const std::string& name) {
  constexpr std::string_view kPrefix = "checkpoint-";
  std::int64_t step = -1;
  if (!name.starts_with(kPrefix)) return -1;
  const auto [end, error] = std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), step);
  return error == std::errc() && end == name.data() + name.size() ? step : -1;
}

class Consistency {
 public:
  Consistency(const ConsistencyConfig& config, const ProgressFn& progress)
      : config_(config), progress_(progress), models_(config) {}

  Analysis operator()(const std::vector<std::filesystem::path>& checkpoints) {
    models_.require_shared_vocabulary();
    samples_ = models_.samples(config_);
    start();
    if (checkpoints.empty()) {
      add("", models_.fuser());
    } else {
      for (const auto& path : checkpoints) add(path.filename().string(), models_.load(path));
    }
    finish(checkpoints.size() > 1);
    return std::move(analysis_);
  }

 private:
  // Receiver and sharer say the same whatever the fuser.
  void start() {
    const Rosetta receiver = models_.alone(false), sharer = models_.alone(true);
    for (std::size_t i = 0; i < samples_.size(); ++i) {
      const SectionPlan plan = without_sharers(samples_[i].plan);
      const std::int64_t count = samples_[i].label_count();
      predictions_.push_back({predict(sharer, plan, count), predict(receiver, plan, count), {}, {}});
      if (progress_) progress_("models alone", static_cast<double>(i + 1), static_cast<double>(samples_.size()));
    }
    analysis_.name = "consistency";
    analysis_.title = "Predictions that are the sharer's";
    analysis_.table.columns = {
        "checkpoint",       "samples",          "tokens",       "c2c",  "c2c_low",      "c2c_high",      "receiver",
        "control",          "control_low",      "control_high", "wins", "control_wins", "over_receiver", "over_control",
        "over_control_low", "over_control_high"};
  }

  void add(const std::string& name, const std::shared_ptr<const Fuser>& fuser) {
    const Rosetta rosetta = models_.pair(fuser);
    const bool has_control = samples_.size() > 1;
    std::vector<double> c2c, control, tokens, gain;
    ConsistencyCounts all;
    for (std::size_t i = 0; i < samples_.size(); ++i) {
      const std::int64_t count = samples_[i].label_count();
      Predictions& own = predictions_[i];
      own.c2c = predict(rosetta, samples_[i].plan, count);
      const SectionPlan& other = samples_[(i + samples_.size() - 1) % samples_.size()].plan;
      own.control = has_control ? predict(rosetta, with_foreign_sharer(samples_[i].plan, other), count) : own.c2c;
      const ConsistencyCounts one = count_consistency(own);
      all.tokens += one.tokens;
      all.c2c += one.c2c;
      all.receiver += one.receiver;
      all.control += one.control;
      all.wins += one.wins;
      all.control_wins += one.control_wins;
      c2c.push_back(static_cast<double>(one.c2c));
      control.push_back(static_cast<double>(one.control));
      gain.push_back(static_cast<double>(one.c2c - one.control));
      tokens.push_back(static_cast<double>(one.tokens));
      if (progress_)
        progress_(name.empty() ? "C2C and control" : name, static_cast<double>(i + 1),
                  static_cast<double>(samples_.size()));
      if ((static_cast<std::int64_t>(i) + 1) % config_.print_every == 0) say(i + 1, all);
    }
    const auto share = [&](std::int64_t count) { return static_cast<double>(count) / static_cast<double>(all.tokens); };
    const Interval c2c_range = bootstrap_ratio(c2c, tokens), control_range = bootstrap_ratio(control, tokens),
                   gain_range = bootstrap_ratio(gain, tokens);
    const auto of_control = [&](const Json& value) { return has_control ? value : Json(); };
    analysis_.table.rows.push_back({name, samples_.size(), all.tokens, share(all.c2c), c2c_range.low, c2c_range.high,
                                    share(all.receiver), of_control(share(all.control)), of_control(control_range.low),
                                    of_control(control_range.high), all.wins, of_control(all.control_wins),
                                    share(all.c2c - all.receiver), of_control(share(all.c2c - all.control)),
                                    of_control(gain_range.low), of_control(gain_range.high)});
    if (config_.debug) describe_samples(name);
    c2c_.push_back(share(all.c2c));
    c2c_ranges_.push_back(c2c_range);
    control_.push_back(share(all.control));
    control_ranges_.push_back(control_range);
    receiver_ = share(all.receiver);
    names_.push_back(name);
  }

  void say(std::size_t samples, const ConsistencyCounts& all) const {
    const double tokens = static_cast<double>(all.tokens);
    log_info("consistency: " + std::to_string(samples) + " samples, C2C " +
             std::to_string(static_cast<double>(all.c2c) / tokens) + ", control " +
             std::to_string(static_cast<double>(all.control) / tokens) + ", receiver " +
             std::to_string(static_cast<double>(all.receiver) / tokens));
  }

  // The reference's table of the first samples, token by token.
  void describe_samples(const std::string& name) {
    const Tokenizer& tokenizer = *models_.receiver_text().tokenizer;
    const auto text = [&](std::int64_t id) { return tokenizer.decode({static_cast<TokenId>(id)}, false); };
    const std::size_t wanted = std::min(samples_.size(), static_cast<std::size_t>(config_.debug_samples));
    for (std::size_t i = 0; i < wanted; ++i) {
      const Predictions& own = predictions_[i];
      Json rows = Json::array();
      const std::size_t begin = samples_[i].plan.ids.size() - own.c2c.size();
      for (std::size_t t = 0; t < own.c2c.size(); ++t)
        rows.push_back({{"label", text(samples_[i].plan.ids[begin + t])},
                        {"c2c", text(own.c2c[t])},
                        {"control", text(own.control[t])},
                        {"receiver", text(own.receiver[t])},
                        {"sharer", text(own.sharer[t])}});
      analysis_.json[name.empty() ? "samples" : name].push_back(std::move(rows));
    }
  }

  void finish(bool is_curve) {
    const bool has_control = samples_.size() > 1;
    const std::string y = "share of the sharer's predictions";
    std::vector<svg::Series> series = {{.label = "receiver", .x = {}, .y = {}, .intervals = {}},
                                       {.label = "C2C", .x = {}, .y = c2c_, .intervals = c2c_ranges_}};
    if (has_control) series.push_back({.label = "control", .x = {}, .y = control_, .intervals = control_ranges_});
    double last = 0, gap = 1;
    for (const std::string& name : names_) {
      const double at = step_of(name) >= 0 ? static_cast<double>(step_of(name)) : last + gap;
      gap = std::max(1.0, at - last);
      last = at;
      for (svg::Series& one : series) one.x.push_back(at);
      series.front().y.push_back(receiver_);
    }
    if (is_curve) {
      analysis_.pictures.push_back(svg::line_chart(
          series, {.title = analysis_.title,
                   .x_label = names_.back() == "final" ? "training step; the last point is final" : "training step",
                   .y_label = y}));
    } else {
      std::vector<svg::Bar> bars;
      for (std::size_t s = 0; s < series.size(); ++s)
        bars.push_back({.label = series[s].label,
                        .value = series[s].y.front(),
                        .interval = series[s].intervals.empty() ? std::optional<Interval>() : series[s].intervals[0],
                        .group = static_cast<int>(s),
                        .text = ""});
      analysis_.pictures.push_back(svg::bar_chart(bars, {.title = analysis_.title, .x_label = y, .y_label = ""}));
    }
    analysis_.notes = {
        "Every model reads the same ids, the reply's own tokens included, and says what it would write next. Wins: "
        "tokens where C2C says what the sharer says and the receiver does not. Intervals draw samples.",
        has_control ? "The control is the same fuser reading the sharer cache of the sample before. Only what C2C has "
                      "over it (over_control) comes from what the sharer read."
                    : "One sample: there is no control, so no gain is claimed."};
    if (models_.skipped() > 0)
      analysis_.notes.push_back(std::to_string(models_.skipped()) + " rows gave no sample (no reply, or too long).");
  }

  const ConsistencyConfig& config_;
  const ProgressFn& progress_;
  ConsistencyModels models_;
  std::vector<Sample> samples_;
  std::vector<Predictions> predictions_;
  Analysis analysis_;
  std::vector<std::string> names_;
  std::vector<double> c2c_, control_;
  std::vector<Interval> c2c_ranges_, control_ranges_;
  double receiver_ = 0;
};

}  // namespace

ConsistencyCounts count_consistency(const Predictions& predictions) {
  const auto& sharer = predictions.sharer;
  C2C_CHECK(predictions.receiver.size() == sharer.size() && predictions.c2c.size() == sharer.size() &&
                predictions.control.size() == sharer.size(),
            "count_consistency: a prediction of each for every token");
  ConsistencyCounts counts;
  for (std::size_t i = 0; i < sharer.size(); ++i) {
    const bool receiver = predictions.receiver[i] == sharer[i], c2c = predictions.c2c[i] == sharer[i],
               control = predictions.control[i] == sharer[i];
    ++counts.tokens;
    counts.receiver += receiver;
    counts.c2c += c2c;
    counts.control += control;
    counts.wins += c2c && !receiver;
    counts.control_wins += control && !receiver;
  }
  return counts;
}

std::vector<std::filesystem::path> consistency_checkpoints(const std::filesystem::path& folder) {
  std::vector<std::pair<std::int64_t, std::filesystem::path>> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (const std::int64_t step = step_of(entry.path().filename().string()); step >= 0 && entry.is_directory())
      found.emplace_back(step, entry.path());
  std::sort(found.begin(), found.end());
  std::vector<std::filesystem::path> paths;
  for (auto& [step, path] : found) paths.push_back(std::move(path));
  if (std::filesystem::is_directory(folder / "final")) paths.push_back(folder / "final");
  if (paths.empty())
    fail_input({.where = folder.string(),
                .key = "--checkpoints",
                .found = error ? error.message() : "neither",
                .expected = "folders checkpoint-<n> or final"});
  return paths;
}

Analysis consistency_analysis(const ConsistencyConfig& config, const std::vector<std::filesystem::path>& checkpoints,
                              const ProgressFn& progress) {
  return Consistency(config, progress)(checkpoints);
}

}  // namespace c2c
