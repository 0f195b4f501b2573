// A sweep as a YAML or JSON file: a training and an evaluation, and the axes along which their keys change
// (docs/sweeps.md).
#pragma once
#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "c2c/io/config/field.h"

namespace c2c {

// Keys and what they become, in the file's order. Texts in the values may hold {placeholders}.
using SweepSettings = std::vector<std::pair<std::string, nlohmann::ordered_json>>;

struct SweepTrain {
  std::string recipe;  // of `c2c train`
  std::string folder;  // instead: what was trained already; may hold {axes}
  SweepSettings set;   // keys of the recipe
  bool is_said() const { return !recipe.empty() || !folder.empty(); }
  void visit_fields(const FieldVisitor& visit);
};

struct SweepEval {
  std::string config;  // of `c2c eval`
  SweepSettings set;   // its keys
  bool is_said() const { return !config.empty(); }
  void visit_fields(const FieldVisitor& visit);
};

// One place on an axis.
struct SweepValue {
  std::string name;              // in tables and names of folders
  nlohmann::ordered_json value;  // a scalar; null: none, `set` says it all
  std::optional<double> number;  // where it stands in a curve
  SweepSettings set;             // more keys, as train.KEY and eval.KEY
};

struct SweepAxis {
  std::string name;
  std::vector<std::string> keys;    // that become the value: train.KEY, eval.KEY
  SweepSettings set;                // the same with {value} inside a text, for all values
  std::vector<SweepValue> values;   // none: `checkpoints`
  std::vector<std::string> chosen;  // checkpoints: names; empty: all that the training left
  bool is_checkpoints = false;
  bool log = false;  // its curves have a logarithmic axis
  void visit_fields(const FieldVisitor& visit);
};

// Names of axes and, of each, names of values: a point is meant when it agrees with all of them.
using SweepRule = std::vector<std::pair<std::string, std::vector<std::string>>>;

struct SweepFile {
  std::string name;
  std::string output_dir;
  SweepTrain train;
  SweepEval eval;
  std::vector<SweepAxis> axes;  // checkpoints, if there is one, is the last
  std::vector<SweepRule> include, exclude;
  std::vector<std::string> launcher;  // words before `c2c train`, e.g. torchrun and its flags
  std::vector<std::string> eval_launcher;
  std::filesystem::path path;
  void visit_fields(const FieldVisitor& visit);
};

// Points that the axes may span, the checkpoints' not counted.
inline constexpr std::size_t kMostPoints = 1'000;

// Throws kUsage naming file and key for unknown keys (with the nearest known one), values that are no scalars, empty
// grids and what cannot be; kInput for a file that cannot be read or parsed. Paths are relative to the file;
// `output_dir` and `train.folder` to where the program runs, as a recipe's output_dir.
SweepFile load_sweep(const std::filesystem::path& path);
SweepFile parse_sweep(const std::string& text, const std::filesystem::path& path);

}  // namespace c2c
