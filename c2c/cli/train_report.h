// What a training run shows and logs: a line that moves on a terminal, lines elsewhere, train_log.jsonl, TensorBoard.
#pragma once
#include <chrono>
#include <memory>
#include <string>

#include "c2c/cli/terminal.h"
#include "c2c/train/trainer/dry_run.h"
#include "c2c/train/trainer/metrics_log.h"
#include "c2c/train/trainer/tensorboard.h"
#include "c2c/train/trainer/trainer.h"

namespace c2c::cli {

class TrainReport {
 public:
  // `active`: this process writes and shows; the others do neither. Files are opened when the run starts.
  TrainReport(const TrainRecipe& recipe, bool active, ProgressBar& progress);
  TrainHooks hooks();
  // The closing table, on stdout and as heldout.json in the run's folder.
  void finish(const TrainResult& result, bool json);

 private:
  void open_files(std::int64_t first_step);
  void step(const StepReport& report);
  void evaluation(std::int64_t step, const HeldOutTable& table);
  void write(std::int64_t step, const nlohmann::ordered_json& line);  // of numbers
  void show(const StepReport& report);

  const TrainRecipe& recipe_;
  ProgressBar& progress_;
  bool active_;
  std::unique_ptr<MetricsLog> log_;
  std::unique_ptr<TensorBoardWriter> board_;
  std::chrono::steady_clock::time_point started_, last_shown_;
  std::int64_t first_step_ = 0;
  double mean_loss_ = 0;
  std::int64_t seen_ = 0;
  std::string held_out_text_;
};

nlohmann::ordered_json table_json(const HeldOutTable& table);
void print_table(const HeldOutTable& table, bool json);
void print_dry_run(const DryRun& run, const TrainData& data, bool json);

}  // namespace c2c::cli
