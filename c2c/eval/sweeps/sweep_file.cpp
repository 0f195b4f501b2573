#include "c2c/eval/sweeps/sweep_file.h"

#include <cmath>
#include <limits>

#include "c2c/base/error.h"
#include "c2c/eval/sweeps/scalar.h"
#include "c2c/eval/sweeps/sweep_checks.h"
#include "c2c/io/config/assign.h"
#include "c2c/io/config/parse_text.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;

Field field(const char* key, FieldTarget target, const char* help) {
  return {.key = key, .flags = "", .help = help, .target = std::move(target)};
}

// Of what Reader takes out: known, and shown in the help.
Field by_hand(const char* key, const char* help) {
  return field(key, FieldGroup{[](const FieldVisitor&) {}, {}}, help);
}

// Maps whose keys are the user's are read by hand; the visitor reads the rest.
class Reader {
 public:
  Reader(SweepFile& sweep, const AssignSource& source) : sweep_(sweep), source_(source) {}

  void operator()(Json tree) {
    for (auto [section, set] : {std::pair("train", &sweep_.train.set), std::pair("eval", &sweep_.eval.set)})
      if (tree.contains(section) && tree[section].is_object()) *set = settings(take(tree[section], "set"), section);
    const Json grid = take(tree, "grid");
    sweep_.include = rules(take(tree, "include"), "include");
    sweep_.exclude = rules(take(tree, "exclude"), "exclude");
    assign_fields(fields_of(sweep_), tree, source_);
    if (!grid.is_object() || grid.empty()) fail("grid", grid, "a map of axes, each with values");
    for (const auto& item : grid.items()) sweep_.axes.push_back(axis(item.key(), item.value()));
  }

 private:
  [[noreturn]] void fail(const std::string& key, const Json& found, const std::string& expected,
                         const std::string& hint = {}) const {
    fail_usage({.where = source_.name,
                .key = key,
                .found = found.is_null() ? "nothing" : shown(found),
                .expected = expected,
                .hint = hint});
  }
  static Json take(Json& tree, const char* key) {
    if (!tree.is_object() || !tree.contains(key)) return nullptr;
    Json value = std::move(tree[key]);
    tree.erase(key);
    return value;
  }

  SweepSettings settings(const Json& map, const std::string& place) const {
    SweepSettings all;
    if (map.is_null()) return all;
    if (!map.is_object()) fail(place + ".set", map, "a map of keys and what they become");
    for (const auto& item : map.items()) all.emplace_back(item.key(), item.value());
    return all;
  }

  std::vector<SweepRule> rules(const Json& list, const std::string& place) const {
    std::vector<SweepRule> all;
    if (list.is_null()) return all;
    if (!list.is_array()) fail(place, list, "a list of maps {axis: value, or a list of values}");
    for (const Json& entry : list) {
      if (!entry.is_object() || entry.empty()) fail(place, entry, "a map {axis: value, or a list of values}");
      SweepRule& rule = all.emplace_back();
      for (const auto& item : entry.items()) {
        std::vector<std::string>& names = rule.emplace_back(item.key(), std::vector<std::string>()).second;
        for (const Json& name : item.value().is_array() ? item.value() : Json::array({item.value()})) {
          if (!is_scalar(name)) fail(place + "." + item.key(), name, "the name of a value");
          names.push_back(scalar_text(name));
        }
      }
    }
    return all;
  }

  SweepAxis axis(const std::string& name, Json entry) const {
    const std::string place = "grid." + name;
    SweepAxis axis{.name = name, .keys = {}, .set = {}, .values = {}, .chosen = {}};
    if (entry.is_array()) entry = Json{{"values", entry}};
    if (!entry.is_object()) fail(place, entry, "a map with key and values, or a list of values");
    axis.set = settings(take(entry, "set"), place);
    const Json values = take(entry, "values"), checkpoints = take(entry, "checkpoints");
    assign_under(fields_of(axis), entry, place);
    if (!checkpoints.is_null()) {
      if (!values.is_null()) fail(place, "values and checkpoints", "one of them");
      read_checkpoints(axis, checkpoints, place + ".checkpoints");
      return axis;
    }
    if (!values.is_array() || values.empty()) fail(place + ".values", values, "a list of values");
    for (std::size_t i = 0; i < values.size(); ++i)
      axis.values.push_back(value(values[i], place + ".values[" + std::to_string(i) + "]"));
    return axis;
  }

  SweepValue value(const Json& entry, const std::string& place) const {
    SweepValue value;
    Json rest = Json::object();
    if (entry.is_object()) {
      rest = entry;
      value.set = settings(take(rest, "set"), place);
      value.value = take(rest, "value");
    } else {
      value.value = entry;
    }
    if (!value.value.is_null() && !is_scalar(value.value))
      fail(place, value.value, "a text, a number, true or false",
           "a list or map goes into set: {name: ..., set: {eval.KEY: [...]}}");
    if (value.value.is_null() && !entry.is_object()) fail(place, entry, "a text, a number, true or false");
    double number = std::numeric_limits<double>::quiet_NaN();
    const auto visit_fields = [&](const FieldVisitor& visit) {
      visit(field("name", &value.name, "in tables and names of folders"));
      visit(field("number", &number, "where it stands in a curve"));
    };
    assign_under(visit_fields, rest, place);
    if (value.name.empty() && !value.value.is_null()) value.name = scalar_text(value.value);
    if (value.name.empty()) fail(place, entry, "a name or a value");
    if (!std::isnan(number))
      value.number = number;
    else if (value.value.is_number())
      value.number = value.value.get<double>();
    return value;
  }

  void read_checkpoints(SweepAxis& axis, const Json& said, const std::string& place) const {
    axis.is_checkpoints = true;
    for (const Json& one : said.is_array() ? said : Json::array({said})) {
      if (!is_scalar(one)) fail(place, one, "all, last, or a list of checkpoint-N, best, final");
      const std::string name = scalar_text(one);
      if (name == "all" && said.is_string()) return;
      const bool is_number = !name.empty() && name.find_first_not_of("0123456789") == name.npos;
      axis.chosen.push_back(name == "last" ? "final" : is_number ? "checkpoint-" + name : name);
      if (!is_checkpoint_name(axis.chosen.back()))
        fail(place, one, "all, last, or a list of checkpoint-N, best, final");
    }
    if (axis.chosen.empty()) fail(place, said, "all, last, or a list of checkpoint-N, best, final");
  }

  // The visitor names keys from where it starts: here they are deeper in the file.
  void assign_under(const FieldsOf& fields, const Json& tree, const std::string& place) const {
    assign_fields(fields, tree, {.name = source_.name + ": " + place, .folder = source_.folder});
  }

  SweepFile& sweep_;
  const AssignSource& source_;
};

}  // namespace

void SweepTrain::visit_fields(const FieldVisitor& visit) {
  Field path = field("recipe", &recipe, "what c2c train is given");
  path.is_path = true;
  visit(path);
  visit(field("folder", &folder, "instead of a recipe: the folder of a training that is done"));
  visit(by_hand("set", "keys of the recipe and what they become"));
}

void SweepEval::visit_fields(const FieldVisitor& visit) {
  Field path = field("config", &config, "what c2c eval is given");
  path.is_path = true;
  visit(path);
  visit(by_hand("set", "keys of the evaluation and what they become"));
}

void SweepAxis::visit_fields(const FieldVisitor& visit) {
  visit(field("key", &keys, "train.KEY or eval.KEY that becomes the value; one or several"));
  visit(by_hand("values", "list of scalars, or of {name, value, number, set}"));
  visit(by_hand("checkpoints", "instead of values: all, last, or a list of checkpoint-N, best, final"));
  visit(by_hand("set", "more keys, with {value} inside texts"));
  visit(field("log", &log, "curves have a logarithmic axis"));
}

void SweepFile::visit_fields(const FieldVisitor& visit) {
  visit(field("name", &name, "of the sweep, in titles"));
  visit(field("output_dir", &output_dir, "the sweep's folder"));
  visit(field("train", field_group(train, "recipe"), "what is trained at every point"));
  visit(field("eval", field_group(eval, "config"), "what is evaluated at every point"));
  visit(by_hand("grid", "axes: a map of name to {key, values}"));
  visit(by_hand("include", "only points that one of these agrees with: maps {axis: value or values}"));
  visit(by_hand("exclude", "no point that one of these agrees with"));
  visit(field("launcher", &launcher, "words before c2c train, such as torchrun and its flags"));
  visit(field("eval_launcher", &eval_launcher, "words before c2c eval"));
}

SweepFile load_sweep(const std::filesystem::path& path) {
  return parse_sweep(read_config_file(path), path);
}

SweepFile parse_sweep(const std::string& text, const std::filesystem::path& path) {
  SweepFile sweep;
  sweep.path = path;
  Json tree = parse_config_text(path.string(), text);
  if (!tree.is_object())
    fail_usage({.where = path.string(), .found = "no map", .expected = "name, train, eval, grid, output_dir"});
  std::filesystem::path folder = path.parent_path();
  if (folder.empty()) folder = ".";
  const AssignSource source{.name = path.string(), .folder = folder};
  Reader(sweep, source)(std::move(tree));
  if (sweep.name.empty()) sweep.name = path.stem().string();
  for (std::string* place : {&sweep.output_dir, &sweep.train.folder})
    *place = expand_environment(*place, source, place == &sweep.output_dir ? "output_dir" : "train.folder");
  check_sweep(sweep);
  return sweep;
}

}  // namespace c2c
