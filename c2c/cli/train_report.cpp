#include "c2c/cli/train_report.h"

#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "c2c/base/error.h"
#include "c2c/io/formats/source.h"

namespace c2c::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

double seconds_between(Clock::time_point a, Clock::time_point b) {
  return std::chrono::duration<double>(b - a).count();
}

std::string duration(double seconds) {
  char text[32];
  const auto whole = static_cast<long>(seconds + 0.5);
  if (whole >= 3600)
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
  else
    std::snprintf(text, sizeof text, "%ld:%02ld", whole / 60, whole % 60);
  return text;
}

double mib(std::int64_t bytes) {
  return static_cast<double>(bytes) / 1048576.0;
}

}  // namespace

TrainReport::TrainReport(const TrainRecipe& recipe, bool active, ProgressBar& progress)
    : recipe_(recipe), progress_(progress), active_(active) {}

// Not before the checkpoint is known to be good: a log is shortened to where it was when that was saved.
void TrainReport::open_files(std::int64_t first_step) {
  started_ = last_shown_ = Clock::now();
  first_step_ = first_step;
  const fs::path folder = recipe_.output.dir;
  const auto resumed = first_step_ > 0 ? std::optional(first_step_) : std::nullopt;
  write_file_atomically(folder / "config.json", recipe_.text);
  log_ = std::make_unique<MetricsLog>(folder / "train_log.jsonl", resumed);
  if (!recipe_.output.tensorboard) return;
  board_ = std::make_unique<TensorBoardWriter>(folder / "tensorboard",
                                               resumed ? std::optional(first_step_ + 1) : std::nullopt);
  if (!resumed) board_->add_text(0, "recipe", "```\n" + recipe_.text + "\n```");
}

TrainHooks TrainReport::hooks() {
  TrainHooks hooks;
  if (!active_) return hooks;
  hooks.on_start = [this](std::int64_t first_step) { open_files(first_step); };
  hooks.on_step = [this](const StepReport& report) { step(report); };
  hooks.on_evaluation = [this](std::int64_t at, const HeldOutTable& table) { evaluation(at, table); };
  hooks.on_saved = [this](const std::string& folder) {
    progress_.finish();
    std::fprintf(stderr, "%ssaved %s\n", is_terminal(STDERR_FILENO) ? "\r\033[K" : "", folder.c_str());
  };
  return hooks;
}

void TrainReport::step(const StepReport& r) {
  mean_loss_ += (r.loss - mean_loss_) / static_cast<double>(++seen_);
  const double speed = static_cast<double>(r.tokens) / r.seconds;
  if (r.step % recipe_.output.logging_steps == 0 || r.step == r.total || r.was_skipped) {
    Json line = {{"train/loss", r.loss},
                 {"train/lr", r.lr},
                 {"train/grad_norm", r.grad_norm},
                 {"train/epoch", r.epoch},
                 {"tokens_per_second", speed},
                 {"samples_per_second", static_cast<double>(r.samples) / r.seconds},
                 {"samples", r.samples},
                 {"tokens", r.tokens},
                 {"labels", r.labels},
                 {"seconds", r.seconds}};
    if (r.gates > 0) line["open_gates"] = r.open_gates;
    if (r.skipped > 0) line["skipped_updates"] = r.skipped;
    write(r.step, line);
  }
  show(r);
}

void TrainReport::write(std::int64_t step, const nlohmann::ordered_json& line) {
  log_->write(step, line);
  if (!board_) return;
  std::vector<std::pair<std::string, double>> scalars;
  for (const auto& item : line.items()) scalars.emplace_back(item.key(), item.value().get<double>());
  board_->add_scalars(step, scalars);
}

void TrainReport::show(const StepReport& r) {
  const bool terminal = is_terminal(STDERR_FILENO);
  const auto now = Clock::now();
  const bool last = r.step == r.total;
  if (!last && seconds_between(last_shown_, now) < (terminal ? 0.2 : 10.0) && r.step > first_step_ + 1) return;
  last_shown_ = now;
  const double per_update = seconds_between(started_, now) / static_cast<double>(r.step - first_step_);
  char gates[32] = "";
  if (r.gates > 0)
    std::snprintf(gates, sizeof gates, "  gates %ld/%ld", static_cast<long>(r.open_gates), static_cast<long>(r.gates));
  std::fprintf(stderr, "%sepoch %.2f  %ld/%ld  loss %.4f (mean %.4f)  lr %.2e  norm %.2f  %.0f tok/s%s%s  left %s%s",
               terminal ? "\r\033[K" : "", r.epoch, static_cast<long>(r.step), static_cast<long>(r.total), r.loss,
               mean_loss_, r.lr, r.grad_norm, static_cast<double>(r.tokens) / r.seconds, gates, held_out_text_.c_str(),
               duration(per_update * static_cast<double>(r.total - r.step)).c_str(), terminal && !last ? "" : "\n");
  std::fflush(stderr);
}

void TrainReport::evaluation(std::int64_t step, const HeldOutTable& table) {
  Json line = Json::object();
  for (const auto& [name, loss] : table) {
    line[name == "fused" ? "eval/loss" : "eval/loss_" + name] = loss.batch_mean;
    line[name == "fused" ? "eval/token_loss" : "eval/token_loss_" + name] = loss.token_mean;
    char text[48];
    std::snprintf(text, sizeof text, "  held-out %.4f", loss.batch_mean);
    if (name == "fused") held_out_text_ = text;
  }
  write(step, line);
}

void TrainReport::finish(const TrainResult& result, bool json) {
  if (!active_) return;
  if (!result.finished) {
    std::fprintf(stderr, "stopped after update %ld; go on with --resume-from-checkpoint latest\n",
                 static_cast<long>(result.steps));
    return;
  }
  Json out = {{"steps", result.steps}, {"held_out", table_json(result.held_out)}};
  if (result.best_step >= 0) out["best"] = {{"step", result.best_step}, {"loss", result.best_loss}};
  write_file_atomically(fs::path(recipe_.output.dir) / "heldout.json", out.dump(1) + "\n");
  if (json) {
    std::cout << out.dump() << '\n';
    return;
  }
  print_table(result.held_out, false);
  if (result.best_step >= 0)
    std::printf("lowest held-out loss on the way: %.4f after update %ld, kept in %s\n", result.best_loss,
                static_cast<long>(result.best_step), (fs::path(recipe_.output.dir) / "best").c_str());
}

nlohmann::ordered_json table_json(const HeldOutTable& table) {
  Json json = Json::object();
  for (const char* name : {"receiver", "fused", "shuffled"}) {
    const auto found = table.find(name);
    if (found == table.end()) continue;
    const HeldOutLoss& loss = found->second;
    json[name] = {
        {"loss", loss.batch_mean}, {"token_loss", loss.token_mean}, {"tokens", loss.tokens}, {"batches", loss.batches}};
  }
  return json;
}

void print_table(const HeldOutTable& table, bool json) {
  if (json) {
    std::cout << table_json(table).dump() << '\n';
    return;
  }
  if (table.empty()) return;
  std::printf("\n  held out, nats per token               loss   per token\n");
  const auto row = [&](const char* name, const char* title) {
    const auto found = table.find(name);
    if (found != table.end())
      std::printf("  %-34s %8.4f  %10.4f\n", title, found->second.batch_mean, found->second.token_mean);
  };
  const bool pair = table.contains("shuffled");
  row("receiver", pair ? "receiver alone" : "the model");
  if (!pair) return;
  row("fused", "fused");
  row("shuffled", "fused with another sample's sharer");
  const double gain = table.at("receiver").batch_mean - table.at("fused").batch_mean;
  const double said = table.at("shuffled").batch_mean - table.at("fused").batch_mean;
  if (gain <= 0)
    std::printf("  no gain: the fused receiver loses %.4f against the receiver alone\n", -gain);
  else if (said <= 0)
    std::printf("  the control gains as much (%.4f of %.4f): nothing of it is what the sharer said\n", gain - said,
                gain);
  else
    std::printf("  of the gain of %.4f the control shares %.4f (the task's format); %.4f is what the sharer said\n",
                gain, gain - said, said);
}

void print_dry_run(const DryRun& run, const TrainData& data, bool json) {
  if (json) {
    std::cout << Json{{"parameters", run.parameters},
                      {"trainable_parameters", run.trainable},
                      {"samples", data.size()},
                      {"held_out", data.held_out().size},
                      {"updates", run.updates},
                      {"samples_per_update", run.samples_per_update},
                      {"tokens_per_update", run.tokens_per_update},
                      {"bytes",
                       {{"models", run.model_bytes},
                        {"fuser", run.fuser_bytes},
                        {"gradients", run.gradient_bytes},
                        {"optimizer", run.optimizer_bytes},
                        {"activations", run.activation_bytes}}},
                      {"peak_bytes", run.peak_bytes()},
                      {"flops_per_update", run.flops_per_update},
                      {"flops_per_second", run.flops_per_second},
                      {"seconds", run.seconds_per_update * static_cast<double>(run.updates)}}
                     .dump()
              << '\n';
    return;
  }
  std::printf("parameters        %.1f M, trained %.3f M\n", static_cast<double>(run.parameters) / 1e6,
              static_cast<double>(run.trainable) / 1e6);
  std::printf("samples           %ld trained on, %ld held out (%s)\n", static_cast<long>(data.size()),
              static_cast<long>(data.held_out().size), describe(data.counts()).c_str());
  std::printf("updates           %ld of %ld samples, %.0f tokens each\n", static_cast<long>(run.updates),
              static_cast<long>(run.samples_per_update), run.tokens_per_update);
  std::printf(
      "memory, MiB       models %.0f, fuser %.0f, gradients %.0f, optimizer %.0f, activations about %.0f: peak about "
      "%.0f\n",
      mib(run.model_bytes), mib(run.fuser_bytes), mib(run.gradient_bytes), mib(run.optimizer_bytes),
      mib(run.activation_bytes), mib(run.peak_bytes()));
  std::printf("arithmetic        %.0f GFLOP an update; a matrix product runs at %.0f GFLOP/s here\n",
              run.flops_per_update / 1e9, run.flops_per_second / 1e9);
  std::printf("time              at least %s, %.2f s an update\n",
              duration(run.seconds_per_update * static_cast<double>(run.updates)).c_str(), run.seconds_per_update);
}

}  // namespace c2c::cli
