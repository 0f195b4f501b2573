#include "c2c/eval/sweeps/sweep_checks.h"

#include <algorithm>
#include <set>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/eval/sweeps/points.h"
#include "c2c/io/config/assign.h"

namespace c2c {
namespace {

class Checker {
 public:
  explicit Checker(const SweepFile& sweep) : sweep_(sweep), where_(sweep.path.string()) {}

  void operator()() const {
    require(!sweep_.output_dir.empty(), "output_dir", "nothing", "the sweep's folder");
    require(sweep_.train.is_said() || sweep_.eval.is_said(), "train, eval", "neither",
            "train: a recipe, eval: a configuration, or both");
    require(sweep_.train.recipe.empty() || sweep_.train.folder.empty(), "train", "recipe and folder", "one of them");
    require(sweep_.train.set.empty() || !sweep_.train.recipe.empty(), "train.set", "keys of no recipe", "train.recipe");
    require(sweep_.eval.set.empty() || sweep_.eval.is_said(), "eval.set", "keys of no evaluation", "eval.config");
    for (const auto& [key, value] : sweep_.train.set) check_key("train.set", "train." + key);
    for (const auto& [key, value] : sweep_.eval.set) check_key("eval.set", "eval." + key);
    std::size_t points = 1;
    for (std::size_t i = 0; i < sweep_.axes.size(); ++i) {
      check_axis(sweep_.axes[i], i + 1 == sweep_.axes.size());
      points *= std::max<std::size_t>(1, sweep_.axes[i].values.size());
      require(points <= kMostPoints, "grid", "more than " + std::to_string(kMostPoints) + " points", "fewer");
    }
    for (const auto& [rules, place] : {std::pair(&sweep_.include, "include"), std::pair(&sweep_.exclude, "exclude")})
      for (const SweepRule& rule : *rules) check_rule(rule, place);
  }

 private:
  void require(bool good, const std::string& key, const std::string& found, const std::string& expected,
               const std::string& hint = {}) const {
    if (!good) fail_usage({.where = where_, .key = key, .found = found, .expected = expected, .hint = hint});
  }

  // train.KEY or eval.KEY of something that is there.
  void check_key(const std::string& place, const std::string& key) const {
    const bool trains = key.starts_with("train."), evaluates = key.starts_with("eval.");
    const std::string rest = key.substr(key.find('.') == key.npos ? key.size() : key.find('.') + 1);
    require((trains || evaluates) && !rest.empty(), place, key, "train.KEY or eval.KEY");
    require(key.find('=') == key.npos && is_valid_utf8(key), place, key, "a key without =");
    require(!trains || !sweep_.train.recipe.empty(), place, key, "train.recipe, whose key that is");
    require(!evaluates || sweep_.eval.is_said(), place, key, "eval.config, whose key that is");
    require(rest != "output" && rest != "output.output_dir", place, key, "another key: folders are the sweep's",
            "output_dir says where the sweep's folders are");
  }

  void check_axis(const SweepAxis& axis, bool is_last) const {
    const std::string place = "grid." + axis.name;
    constexpr const char* kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    require(!axis.name.empty() && axis.name.find_first_not_of(kLetters) == axis.name.npos, place, axis.name,
            "a name of letters, digits, - and _");
    for (const char* word : {"train", "checkpoint", "name", "value"})
      require(axis.name != word || axis.is_checkpoints, place, axis.name,
              "another name: {" + axis.name + "} has a meaning already");
    for (const std::string& key : axis.keys) check_key(place + ".key", key);
    for (const auto& [key, value] : axis.set) check_key(place + ".set", key);
    if (axis.is_checkpoints) return check_checkpoints(axis, is_last);
    std::set<std::string> names;
    bool any = !axis.keys.empty() || !axis.set.empty();
    for (const SweepValue& value : axis.values) {
      require(names.insert(value.name).second, place, "two values named " + value.name, "a name of its own for each");
      require(is_valid_utf8(value.name), place, "a name that is no UTF-8", "text");
      require(!value.value.is_null() || axis.keys.empty(), place, value.name + " without a value",
              "value: what " + (axis.keys.empty() ? std::string() : axis.keys[0]) + " becomes");
      for (const auto& [key, what] : value.set) check_key(place + ", " + value.name, key);
      any = any || !value.set.empty();
    }
    require(any || mentions(sweep_, axis.name), place, "values that change nothing",
            "key: train.KEY or eval.KEY, set, or {" + axis.name + "} in a text");
  }
  void check_checkpoints(const SweepAxis& axis, bool is_last) const {
    const std::string place = "grid." + axis.name;
    require(is_last, place, "checkpoints before another axis", "the last axis");
    require(axis.keys.empty() && axis.set.empty(), place, "key or set", "{checkpoint} in a text of eval.set");
    require(sweep_.train.is_said() && sweep_.eval.is_said(), place, "no training, or no evaluation", "both");
    require(mentions(sweep_, "checkpoint"), place, "checkpoints that nothing uses",
            "{checkpoint} in a text of eval.set, such as model.rosetta_config.checkpoints_dir");
  }

  void check_rule(const SweepRule& rule, const std::string& place) const {
    for (const auto& [name, values] : rule) {
      std::vector<std::string> axes, known;
      for (const SweepAxis& axis : sweep_.axes) {
        axes.push_back(axis.name);
        if (axis.name == name)
          for (const SweepValue& value : axis.values) known.push_back(value.name);
      }
      check_known(place, name, axes, "an axis of the grid");
      for (const std::string& value : values) check_known(place + "." + name, value, known, "a value of that axis");
    }
  }
  void check_known(const std::string& place, const std::string& name, const std::vector<std::string>& known,
                   const std::string& expected) const {
    if (std::find(known.begin(), known.end(), name) != known.end()) return;
    const std::string near = nearest_name(name, known);
    require(false, place, name, expected, near.empty() ? "" : "did you mean " + near + "?");
  }

  const SweepFile& sweep_;
  std::string where_;
};

}  // namespace

void check_sweep(const SweepFile& sweep) {
  Checker{sweep}();
}

}  // namespace c2c
