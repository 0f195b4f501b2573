#include "c2c/train/trainer/recipe.h"

#include <algorithm>

#include "c2c/base/error.h"
#include "c2c/io/config/assign.h"
#include "c2c/io/config/parse_text.h"
#include "c2c/train/data/dataset.h"
#include "c2c/train/trainer/schedule.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;

// Free-form maps have no fields of ours: they are taken out of the tree before it is assigned.
std::optional<Json> take(Json& tree, std::initializer_list<const char*> keys, const std::string& where) {
  Json* at = &tree;
  std::string place;
  const char* last = nullptr;
  Json* parent = nullptr;
  for (const char* key : keys) {
    if (!at->is_object() || !at->contains(key)) return std::nullopt;
    parent = at;
    last = key;
    at = &(*at)[key];
    if (!place.empty()) place += '.';
    place += key;
  }
  Json value = std::move(*at);
  parent->erase(last);
  if (value.is_null()) return std::nullopt;
  if (!value.is_object()) fail_usage({.where = where, .key = place, .found = value.dump(), .expected = "a map"});
  return value;
}

// "training.learning_rate=1e-3" over what the file says; the value is JSON, or else text.
void apply_override(Json& tree, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == text.npos || equals == 0)
    fail_usage({.where = "override", .found = text, .expected = "section.key=value"});
  Json* at = &tree;
  std::string path = text.substr(0, equals);
  for (std::size_t dot = path.find('.'); dot != path.npos; dot = path.find('.')) {
    at = &(*at)[path.substr(0, dot)];
    if (!at->is_object() && !at->is_null())
      fail_usage({.where = "override", .key = text, .found = at->dump(), .expected = "a map of keys there"});
    path.erase(0, dot + 1);
  }
  const std::string value = text.substr(equals + 1);
  const Json parsed = Json::parse(value, nullptr, /*allow_exceptions=*/false);
  (*at)[path] = parsed.is_discarded() ? Json(value) : parsed;
}

// A value or a list of values: FieldList wants the list.
void wrap_in_list(Json& tree, const char* section, const char* key) {
  if (!tree.contains(section) || !tree[section].is_object() || !tree[section].contains(key)) return;
  Json& value = tree[section][key];
  if (!value.is_array() && !value.is_null()) value = Json::array({value});
}

RecipeDataset dataset_of(Json& data, const char* key, const std::string& where) {
  RecipeDataset out;
  Json* at = key == nullptr ? &data : data.contains(key) ? &data[key] : nullptr;
  if (at == nullptr || at->is_null()) return out;
  if (!at->is_object())
    fail_usage({.where = where, .key = "data." + std::string(key), .expected = "a map with type and kwargs"});
  if (auto kwargs = take(*at, {"kwargs"}, where)) out.kwargs = *kwargs;
  if (at->contains("type") && (*at)["type"].is_string()) out.type = (*at)["type"].get<std::string>();
  out.said = !out.type.empty();
  if (key == nullptr) {
    at->erase("type");
    return out;
  }
  at->erase("type");
  if (!at->empty())
    fail_usage({.where = where,
                .key = "data." + std::string(key) + "." + at->begin().key(),
                .found = "an unknown key",
                .expected = "type, kwargs"});
  data.erase(key);
  return out;
}

// Maps with free-form members are checked here: the fields know only the others.
void check_keys(const Json& tree, std::initializer_list<const char*> place, std::vector<std::string> known,
                const std::string& where) {
  const Json* at = &tree;
  std::string path;
  for (const char* key : place) {
    if (!at->is_object() || !at->contains(key)) return;
    at = &(*at)[key];
    path.append(key).append(".");
  }
  if (!at->is_object()) return;
  for (const auto& item : at->items()) {
    if (std::find(known.begin(), known.end(), item.key()) != known.end()) continue;
    std::string all;
    for (const std::string& name : known) all.append(all.empty() ? "one of " : ", ").append(name);
    const std::string near = nearest_name(item.key(), known);
    fail_usage({.where = where,
                .key = path + item.key(),
                .found = "an unknown key",
                .expected = all,
                .hint = near.empty() ? "" : "did you mean " + near + "?"});
  }
}

std::vector<std::string> data_keys() {
  std::vector<std::string> keys = {"type", "kwargs", "eval"};
  RecipeData().visit_fields([&](const Field& field) { keys.push_back(field.key); });
  return keys;
}

// cpu, cuda, cuda:N
bool is_device(const std::string& name) {
  if (name == "cpu" || name == "cuda") return true;
  constexpr std::string_view kIndexed = "cuda:";
  if (!name.starts_with(kIndexed) || name.size() == kIndexed.size() || name.size() > kIndexed.size() + 3) return false;
  return name.find_first_not_of("0123456789", kIndexed.size()) == name.npos;
}

void check(const TrainRecipe& recipe) {
  const std::string where = recipe.path.string();
  const auto require = [&](bool good, const char* key, const std::string& expected) {
    if (!good) fail_usage({.where = where, .key = key, .found = "nothing", .expected = expected});
  };
  require(!recipe.model.base.model.empty() || !recipe.model.baseline.model.empty(), "model",
          "base_model and teacher_model (a fuser is trained), or baseline_model (one model is)");
  if (!recipe.is_baseline())
    require(!recipe.model.teachers.empty(), "model.teacher_model", "the sharer, or a list of sharers");
  if (!recipe.data.train.said) {
    std::string names;
    for (const std::string& name : dataset_types()) names += (names.empty() ? "one of " : ", ") + name;
    require(false, "data.type", names);
  }
  require(!recipe.output.dir.empty(), "output.output_dir", "the run's folder (or --output)");
  if (!is_device(recipe.training.device))
    fail_usage(
        {.where = where, .key = "training.device", .found = recipe.training.device, .expected = "cpu, cuda or cuda:N"});
  Schedule({.type = recipe.training.scheduler_type});
}

}  // namespace

RunLength run_length(const TrainRecipe& recipe, std::int64_t samples, int ranks) {
  const RecipeTraining& training = recipe.training;
  const auto ceil_div = [](std::int64_t a, std::int64_t b) { return (a + b - 1) / b; };
  const std::int64_t micros = ceil_div(ceil_div(samples, ranks), training.batch_size);
  return {micros,
          training.max_steps > 0 ? training.max_steps : ceil_div(micros, training.accumulation) * training.num_epochs};
}

TrainRecipe load_recipe(const std::filesystem::path& path, const std::vector<std::string>& overrides) {
  return parse_train_recipe(read_config_file(path), path, overrides);
}

TrainRecipe parse_train_recipe(const std::string& text, const std::filesystem::path& path,
                               const std::vector<std::string>& overrides) {
  TrainRecipe recipe;
  recipe.path = path;
  recipe.text = text;
  const std::string where = path.string();
  Json tree = parse_config_text(where, text);
  if (!tree.is_object())
    fail_usage({.where = where, .found = "no map", .expected = "sections model, training, output, data"});
  for (const std::string& entry : overrides) apply_override(tree, entry);
  if (!overrides.empty()) recipe.text = tree.dump(1) + "\n";  // what the run's folder keeps
  check_keys(tree, {"model", "projector"}, {"type", "params"}, where);
  check_keys(tree, {"data"}, data_keys(), where);
  if (auto params = take(tree, {"model", "projector", "params"}, where)) recipe.model.projector.params = *params;
  const auto says = [&](const char* key) {
    const auto training = tree.find("training");
    return training != tree.end() && training->is_object() && training->contains(key) && !(*training)[key].is_null();
  };
  recipe.training.has_lora = says("lora");
  recipe.training.has_partial = says("partial_training");
  if (tree.contains("data") && tree["data"].is_object()) {
    recipe.data.eval = dataset_of(tree["data"], "eval", where);
    recipe.data.train = dataset_of(tree["data"], nullptr, where);
  }
  wrap_in_list(tree, "model", "teacher_model");
  std::filesystem::path folder = path.parent_path();
  if (folder.empty()) folder = ".";
  assign_fields(fields_of(recipe), tree, {.name = where, .folder = folder});
  check(recipe);
  return recipe;
}

}  // namespace c2c
