#include "c2c/eval/sweeps/points.h"

#include <algorithm>
#include <map>

#include "c2c/base/error.h"
#include "c2c/eval/results/output_names.h"
#include "c2c/eval/sweeps/placeholders.h"
#include "c2c/eval/sweeps/scalar.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr std::string_view kTrain = "train.", kEval = "eval.";

void put(SweepSettings& settings, const std::string& key, Json value) {
  for (auto& [known, old] : settings)
    if (known == key) {
      old = std::move(value);
      return;
    }
  settings.emplace_back(key, std::move(value));
}

// Does anything about the training depend on this axis?
bool is_of_training(const SweepFile& sweep, const SweepAxis& axis) {
  const auto trains = [](const std::string& key) { return key.starts_with(kTrain); };
  const auto any = [&](const SweepSettings& settings, const auto& holds) {
    return std::any_of(settings.begin(), settings.end(), holds);
  };
  const auto is_train = [&](const auto& entry) { return trains(entry.first); };
  const auto uses = [&](const auto& entry) { return trains(entry.first) && mentions(entry.second, axis.name); };
  if (std::any_of(axis.keys.begin(), axis.keys.end(), trains) || any(axis.set, is_train)) return true;
  if (any(sweep.train.set, [&](const auto& entry) { return mentions(entry.second, axis.name); })) return true;
  if (mentions(Json(sweep.train.folder), axis.name)) return true;
  for (const SweepValue& value : axis.values)
    if (any(value.set, is_train)) return true;
  for (const SweepAxis& other : sweep.axes) {
    if (any(other.set, uses)) return true;
    for (const SweepValue& value : other.values)
      if (any(value.set, uses)) return true;
  }
  return false;
}

class Expander {
 public:
  explicit Expander(const SweepFile& sweep) : sweep_(sweep) {
    for (const SweepAxis& axis : sweep.axes) of_training_.push_back(is_of_training(sweep, axis));
  }

  SweepGrid operator()() {
    grid_.folder = fs::absolute(sweep_.output_dir).lexically_normal();
    std::vector<std::size_t> values(sweep_.axes.size(), 0);
    do {
      if (is_wanted(values)) add(values);
    } while (advance(values));
    if (grid_.points.empty())
      fail_usage({.where = sweep_.path.string(),
                  .key = "include, exclude",
                  .found = "no point is left of the grid",
                  .expected = "at least one"});
    check_names();
    return std::move(grid_);
  }

 private:
  bool advance(std::vector<std::size_t>& values) const {
    for (std::size_t i = values.size(); i-- > 0;) {
      if (++values[i] < sweep_.axes[i].values.size()) return true;
      values[i] = 0;
    }
    return false;
  }
  bool agrees(const SweepRule& rule, const std::vector<std::size_t>& values) const {
    return std::all_of(rule.begin(), rule.end(), [&](const auto& entry) {
      for (std::size_t i = 0; i < sweep_.axes.size(); ++i)
        if (sweep_.axes[i].name == entry.first && !sweep_.axes[i].is_checkpoints)
          return std::count(entry.second.begin(), entry.second.end(), sweep_.axes[i].values[values[i]].name) > 0;
      return false;
    });
  }
  bool is_wanted(const std::vector<std::size_t>& values) const {
    const auto hit = [&](const std::vector<SweepRule>& rules) {
      return std::any_of(rules.begin(), rules.end(), [&](const SweepRule& rule) { return agrees(rule, values); });
    };
    return (sweep_.include.empty() || hit(sweep_.include)) && !hit(sweep_.exclude);
  }

  std::string name_of(const std::vector<std::size_t>& values, bool training_only) const {
    std::string name;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const SweepAxis& axis = sweep_.axes[i];
      if (axis.is_checkpoints || (training_only && !of_training_[i])) continue;
      name += (name.empty() ? "" : "_") + axis.name + "-" + results::file_name(axis.values[values[i]].name);
    }
    return name;
  }

  void add(const std::vector<std::size_t>& values);
  std::size_t training_of(const SweepPoint& point);
  void check_names() const;

  const SweepFile& sweep_;
  std::vector<bool> of_training_;
  SweepGrid grid_;
  std::map<std::string, std::size_t> trainings_;  // by settings
};

SweepWords words_of(const SweepFile& sweep, const SweepPoint& point) {
  SweepWords words{{"name", sweep.name}};
  for (std::size_t i = 0; i < sweep.axes.size(); ++i) {
    const SweepAxis& axis = sweep.axes[i];
    if (axis.is_checkpoints) continue;
    const SweepValue& value = axis.values[point.values[i]];
    words[axis.name] = value.value.is_null() ? Json(value.name) : value.value;
  }
  return words;
}

// What `section` ("train." or "eval.") becomes: the section's own keys, then each axis's.
SweepSettings settings_of(const SweepFile& sweep, const SweepPoint& point, std::string_view section,
                          const SweepWords& words) {
  SweepSettings all;
  const std::string file = sweep.path.string();
  for (const auto& [key, value] : section == kTrain ? sweep.train.set : sweep.eval.set)
    put(all, key, fill(value, words, {file, std::string(section) + "set." + key}));
  for (std::size_t i = 0; i < sweep.axes.size(); ++i) {
    const SweepAxis& axis = sweep.axes[i];
    if (axis.is_checkpoints) continue;
    const SweepValue& here = axis.values[point.values[i]];
    SweepWords with_value = words;
    with_value["value"] = words.at(axis.name);
    for (const std::string& key : axis.keys)
      if (key.starts_with(section)) put(all, key.substr(section.size()), here.value);
    for (const SweepSettings* set : {&axis.set, &here.set})
      for (const auto& [key, value] : *set)
        if (key.starts_with(section))
          put(all, key.substr(section.size()), fill(value, with_value, {file, "grid." + axis.name + ".set." + key}));
  }
  return all;
}

void Expander::add(const std::vector<std::size_t>& values) {
  SweepPoint point{.name = name_of(values, false), .values = values, .training = std::nullopt};
  if (sweep_.train.is_said()) point.training = training_of(point);
  grid_.points.push_back(std::move(point));
  if (sweep_.eval.is_said()) {
    const std::size_t last = grid_.points.size() - 1;
    eval_settings(sweep_, grid_, {.point = last, .name = "", .checkpoint = grid_.points[last].training ? "final" : ""});
  }
}

std::size_t Expander::training_of(const SweepPoint& point) {
  const SweepWords words = words_of(sweep_, point);
  SweepTraining training;
  std::string key;
  if (!sweep_.train.folder.empty()) {
    const Json folder = fill(Json(sweep_.train.folder), words, {sweep_.path.string(), "train.folder"});
    training = {.name = scalar_text(folder), .folder = fs::absolute(scalar_text(folder)).lexically_normal()};
    training.is_given = true;
    key = training.folder.string();
  } else {
    const std::string name = name_of(point.values, true);
    training.name = name.empty() ? "training" : name;
    training.folder = grid_.folder / "trainings" / training.name / "train";
    training.set = settings_of(sweep_, point, kTrain, words);
    for (const auto& [name_of_key, value] : training.set) key += setting_text(name_of_key, value) + "\n";
  }
  const auto [found, is_new] = trainings_.try_emplace(key, grid_.trainings.size());
  if (is_new) grid_.trainings.push_back(std::move(training));
  return found->second;
}

void Expander::check_names() const {
  std::map<std::string, int> points, trainings;
  std::string twice;
  for (const SweepPoint& point : grid_.points)
    if (++points[point.name] == 2) twice = point.name;
  for (const SweepTraining& training : grid_.trainings)
    if (++trainings[training.name] == 2) twice = training.name;
  for (const auto& [name, count] : points)
    if (name.size() > 200) twice = name;
  if (twice.empty()) return;
  fail_usage({.where = sweep_.path.string(),
              .key = "grid",
              .found = "a folder for two points, or a name that is too long: " + twice.substr(0, 220),
              .expected = "names of values that differ in letters, digits, -, + and ., and are short"});
}

}  // namespace

SweepGrid expand(const SweepFile& sweep) {
  return Expander(sweep)();
}

std::vector<SweepRun> runs_of(const SweepFile& sweep, const SweepGrid& grid, std::size_t point,
                              const std::vector<std::string>& checkpoints) {
  const std::string& name = grid.points[point].name;
  if (!grid.points[point].training) return {{.point = point, .name = name, .checkpoint = ""}};
  const bool named = !sweep.axes.empty() && sweep.axes.back().is_checkpoints;
  std::vector<SweepRun> runs;
  for (const std::string& checkpoint : checkpoints) {
    std::string own = name;
    if (named) own += (own.empty() ? "" : "_") + checkpoint;
    runs.push_back({.point = point, .name = own, .checkpoint = checkpoint});
  }
  return runs;
}

SweepSettings eval_settings(const SweepFile& sweep, const SweepGrid& grid, const SweepRun& run) {
  const SweepPoint& point = grid.points[run.point];
  SweepWords words = words_of(sweep, point);
  if (point.training) {
    const fs::path& folder = grid.trainings[*point.training].folder;
    words["train"] = folder.string();
    words["checkpoint"] = (folder / run.checkpoint).string();
  }
  return settings_of(sweep, point, kEval, words);
}

std::vector<std::string> value_names(const SweepFile& sweep, const SweepGrid& grid, const SweepRun& run) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < sweep.axes.size(); ++i)
    names.push_back(sweep.axes[i].is_checkpoints ? run.checkpoint
                                                 : sweep.axes[i].values[grid.points[run.point].values[i]].name);
  return names;
}

std::optional<double> number_on(const SweepFile& sweep, const SweepGrid& grid, const SweepRun& run, std::size_t axis) {
  if (!sweep.axes[axis].is_checkpoints) return sweep.axes[axis].values[grid.points[run.point].values[axis]].number;
  const std::size_t dash = run.checkpoint.find('-');
  if (dash == run.checkpoint.npos) return std::nullopt;
  return std::stod(run.checkpoint.substr(dash + 1));
}

bool mentions(const SweepFile& sweep, std::string_view word) {
  const auto in = [&](const SweepSettings& settings) {
    return std::any_of(settings.begin(), settings.end(), [&](const auto& one) { return mentions(one.second, word); });
  };
  if (in(sweep.train.set) || in(sweep.eval.set) || mentions(Json(sweep.train.folder), word)) return true;
  for (const SweepAxis& axis : sweep.axes) {
    if (in(axis.set)) return true;
    for (const SweepValue& value : axis.values)
      if (in(value.set)) return true;
  }
  return false;
}

}  // namespace c2c
