// The points of a sweep's grid, and the trainings that they need: what is the same for several points is one training.
#pragma once
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "c2c/eval/sweeps/sweep_file.h"

namespace c2c {

struct SweepTraining {
  std::string name;              // of its folder; of a given one: the folder itself
  std::filesystem::path folder;  // absolute: checkpoint-N, best, final
  SweepSettings set;             // placeholders filled
  bool is_given = false;         // trained already, by someone else
};

// One value of every axis but checkpoints.
struct SweepPoint {
  std::string name;                 // without the checkpoint's
  std::vector<std::size_t> values;  // of each axis, an index
  std::optional<std::size_t> training;
};

// One evaluation: a point, and a checkpoint where there is a training.
struct SweepRun {
  std::size_t point = 0;
  std::string name;        // of its folder
  std::string checkpoint;  // checkpoint-N, best, final; empty: there is no training
};

struct SweepGrid {
  std::filesystem::path folder;  // absolute, of the sweep
  std::vector<SweepTraining> trainings;
  std::vector<SweepPoint> points;  // in the order of the file, the last axis runs fastest
};

// Throws kUsage for unknown placeholders, a grid whose every point is excluded, and points whose folders would have the
// same name.
SweepGrid expand(const SweepFile& sweep);

// Of one point at these checkpoints (of its training).
std::vector<SweepRun> runs_of(const SweepFile& sweep, const SweepGrid& grid, std::size_t point,
                              const std::vector<std::string>& checkpoints);
// The evaluation's keys at that point and checkpoint.
SweepSettings eval_settings(const SweepFile& sweep, const SweepGrid& grid, const SweepRun& run);

// One for each axis: the name of its value there, and where that stands in a curve.
std::vector<std::string> value_names(const SweepFile& sweep, const SweepGrid& grid, const SweepRun& run);
std::optional<double> number_on(const SweepFile& sweep, const SweepGrid& grid, const SweepRun& run, std::size_t axis);

// Is {word} anywhere in the sweep's texts?
bool mentions(const SweepFile& sweep, std::string_view word);

}  // namespace c2c
