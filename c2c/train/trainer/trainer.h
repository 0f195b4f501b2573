// The training loop (spec/training.md, sections 9 to 12, without their defects; docs/training.md).
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "c2c/tensor/dist/process_group.h"
#include "c2c/train/trainer/evaluate.h"
#include "c2c/train/trainer/run_folder.h"
#include "c2c/train/trainer/sample_draws.h"
#include "c2c/train/trainer/schedule.h"
#include "c2c/train/trainer/train_data.h"
#include "c2c/train/trainer/train_state.h"
#include "c2c/train/trainer/trainee.h"

namespace c2c {

struct StepReport {
  std::int64_t step = 0, total = 0;  // updates
  double epoch = 0, loss = 0, lr = 0, grad_norm = 0;
  double seconds = 0;                                // of this update
  std::int64_t samples = 0, tokens = 0, labels = 0;  // of this update, all ranks
  std::int64_t open_gates = -1, gates = 0, skipped = 0;
  bool was_skipped = false;
};

using HeldOutTable = std::map<std::string, HeldOutLoss>;  // receiver, fused, shuffled

struct TrainHooks {
  // Once what is resumed from is read, with its step (0: a new run): nothing was written before.
  std::function<void(std::int64_t step)> on_start;
  std::function<bool()> stop;                      // asked after every update; true: save and return
  std::function<void(const StepReport&)> on_step;  // rank 0
  std::function<void(std::int64_t step, const HeldOutTable&)> on_evaluation;
  std::function<void(const std::string&)> on_saved;
  ProgressFn progress;  // of evaluations
};

struct TrainResult {
  bool finished = false;  // false: stopped by the hook
  std::int64_t steps = 0, best_step = -1;
  double best_loss = 0;
  HeldOutTable held_out;  // of the last weights
};

class Trainer {
 public:
  Trainer(const TrainRecipe& recipe, Trainee& trainee, const TrainData& data, ProcessGroup& group, TrainHooks hooks);

  // Throws kInput after three updates in a row that are not finite, naming the first batch of them.
  TrainResult run(const std::filesystem::path& resume_from = {});
  // Receiver alone, fused, and the control, over the held-out set. Baselines: the model alone.
  HeldOutTable table();
  std::int64_t total_updates() const { return length_.updates; }

 private:
  struct Window;
  void seed_epoch();
  bool epoch();
  StepReport update(std::int64_t begin, std::int64_t end);
  void accumulate(Window& window, std::int64_t micro);
  bool apply(Window& window, StepReport& report);
  void after_update(StepReport& report);
  void evaluate_now();
  void save_checkpoint();
  std::vector<std::int64_t> batch_places(std::int64_t micro) const;
  RunIdentity identity() const;
  double agreed_sum(double value);
  void read_prefix();

  const TrainRecipe& recipe_;
  Trainee& trainee_;
  const TrainData& data_;
  ProcessGroup& group_;
  TrainHooks hooks_;
  RunFolder folder_;
  AdamW optimizer_;
  RunLength length_;
  Schedule schedule_;
  SampleDraws sample_draws_;
  TrainingDraws draws_;
  TrainState state_;
  std::int64_t saved_step_ = -1;     // of the newest checkpoint of this run
  std::vector<std::int64_t> order_;  // of the epoch; empty: as they stand
  PrefixCache prefix_;               // what all samples begin with, as the frozen models read it
  EvaluationSet held_out_;
};

}  // namespace c2c
