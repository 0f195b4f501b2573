// Everything beside the weights that a run needs to go on as if it had never stopped: optimizer.safetensors and
// trainer_state.json of a checkpoint.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "c2c/tensor/dist/process_group.h"
#include "c2c/train/trainer/adamw.h"
#include "c2c/train/trainer/schedule.h"

namespace c2c {

struct TrainState {
  std::int64_t step = 0;        // updates done
  std::int64_t epoch = 0;       // 0-based
  std::int64_t micro = 0;       // micro-batches of this epoch that are done
  std::int64_t epoch_seed = 0;  // of this epoch's order
  std::int64_t skipped = 0;     // updates left out for NaN or Inf
  std::int64_t skipped_in_a_row = 0;
  std::int64_t best_step = -1;  // -1: nothing was evaluated yet
  double best_loss = 0;
  double loss = 0;  // of the last update
  PlateauState plateau;
};

// What must be the same for a resumed run to be the same run.
struct RunIdentity {
  std::string recipe;  // text with overrides
  std::int64_t samples = 0, held_out = 0;
  int world_size = 1;
};

// Rank 0 writes; every rank takes part, since each one's generator is kept.
void save_train_state(const std::filesystem::path& folder, const TrainState& state, const RunIdentity& identity,
                      const AdamW& optimizer, const std::vector<std::string>& generators);
// Throws kInput for what is missing or damaged; warns where the identity differs (kUsage for another number of
// samples).
TrainState load_train_state(const std::filesystem::path& folder, const RunIdentity& identity, AdamW& optimizer,
                            int rank);

// at's default CPU generator of every rank, as bytes.
std::vector<std::string> gather_generators(ProcessGroup& group);

}  // namespace c2c
