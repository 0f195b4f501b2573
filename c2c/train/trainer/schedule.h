// Learning-rate factors of transformers.get_scheduler (4.52.4, optimization.py), by its names.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace c2c {

const std::vector<std::string>& scheduler_names();

struct ScheduleOptions {
  std::string type = "linear";
  std::int64_t warmup = 0;  // updates
  std::int64_t total = 1;   // updates
  double base_lr = 0;       // the factor of polynomial is relative to it
  double min_lr = 0;        // cosine_with_min_lr; also the floor of reduce_lr_on_plateau
  double min_lr_rate = -1;  // cosine_with_min_lr: share of base_lr, where min_lr is not said; below 0: not said
  double cycles = -1;       // below 0: the type's own (cosine 0.5, restarts 1, warmup_stable_decay 0.5)
  double power = 1;         // polynomial
  double lr_end = 1e-7;     // polynomial
  std::int64_t decay = -1;  // warmup_stable_decay: updates of the decay; below 0: a tenth of what follows the warm-up
};

// torch's ReduceLROnPlateau with its defaults (mode min, factor 0.1, patience 10, relative threshold 1e-4, cooldown 0).
struct PlateauState {
  double best = 1e300;
  std::int64_t bad = 0;
  double factor = 1;
};

class Schedule {
 public:
  // Throws kUsage for an unknown name, naming the nearest.
  explicit Schedule(ScheduleOptions options);

  // Factor on the base learning rate for update number `done` + 1, after `done` updates.
  double factor(std::int64_t done) const;
  double lr(std::int64_t done) const { return options_.base_lr * factor(done); }
  bool watches_loss() const { return options_.type == "reduce_lr_on_plateau"; }
  void observe(double loss);  // a held-out loss, or an update's where nothing is held out

  const ScheduleOptions& options() const { return options_; }
  PlateauState& plateau() { return plateau_; }

 private:
  ScheduleOptions options_;
  PlateauState plateau_;
};

}  // namespace c2c
