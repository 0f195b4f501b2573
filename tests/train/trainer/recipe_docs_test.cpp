// docs/training.md names every key of a recipe with the default that the code has, and recipes/ are recipes.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "c2c/train/data/dataset.h"
#include "c2c/train/trainer/recipe.h"
#include "tests/testing/golden.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

std::string text_of(double number) {
  std::ostringstream out;
  out << number;
  return out.str();
}

// As the documentation writes it.
std::string default_of(const FieldTarget& target) {
  return std::visit(Overloaded{[](bool* value) { return std::string(*value ? "true" : "false"); },
                               [](std::int64_t* value) { return std::to_string(*value); },
                               [](double* value) { return text_of(*value); }, [](std::string* value) { return *value; },
                               [](const auto&) { return std::string(); }},
                    target);
}

struct Key {
  std::string section, name, value;  // value: the default; empty: none to compare
};

void collect(const std::string& section, const FieldsOf& fields, std::vector<Key>& keys) {
  fields([&](const Field& field) {
    keys.push_back({section, field.key, default_of(field.target)});
    // Models have keys of their own, which are not the recipe's.
    const bool is_model = field.key.ends_with("_model");
    if (const auto* group = std::get_if<FieldGroup>(&field.target); group != nullptr && !is_model)
      collect(section.empty() ? field.key : section + "." + field.key, group->fields, keys);
  });
}

std::vector<Key> keys_of_recipes() {
  static TrainRecipe recipe;
  std::vector<Key> keys;
  collect("", fields_of(recipe), keys);
  return keys;
}

std::string documentation(const std::string& name) {
  std::ifstream file(fs::path(C2C_SOURCE_DIR) / "docs" / name);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Lines of the form "| `key` | default | ..." below "### section".
std::string row_of(const std::string& text, const std::string& section, const std::string& key) {
  std::istringstream lines(text);
  std::string heading;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("### ")) heading = line.substr(4);
    if (heading == section && line.starts_with("| `" + key + "` |")) return line;
  }
  return "";
}

TEST(TrainingDocs, NameEveryKeyWithItsDefault) {
  const std::string text = documentation("training.md");
  int count = 0;
  for (const Key& key : keys_of_recipes()) {
    if (key.section.empty()) {
      EXPECT_NE(text.find("\n### " + key.name + "\n"), std::string::npos) << "no section " << key.name;
      continue;
    }
    const std::string section = key.section.substr(0, key.section.find('.'));
    const std::string inner = key.section == section ? "" : key.section.substr(section.size() + 1) + ".";
    const std::string row = row_of(text, section, inner + key.name);
    ++count;
    if (row.empty()) {
      ADD_FAILURE() << "docs/training.md has no row for " << key.section << "." << key.name;
      continue;
    }
    if (!key.value.empty()) {
      const std::size_t begin = row.find('|', 1) + 1;
      const std::string cell = row.substr(begin, row.find('|', begin) - begin);
      EXPECT_EQ(cell, " " + key.value + " ") << row;
    }
  }
  EXPECT_GT(count, 40);
}

// The other way: no row for a key that is gone.
TEST(TrainingDocs, NameNoKeyThatIsNotThere) {
  std::istringstream lines(documentation("training.md"));
  const std::vector<std::string> own = {"type", "kwargs", "eval", "projector.params"};  // free-form: not fields
  std::string heading;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("## ")) heading.clear();
    if (line.starts_with("### ")) heading = line.substr(4);
    if (!line.starts_with("| `") || heading.find_first_not_of("abcdefghijklmnopqrstuvwxyz") != std::string::npos)
      continue;
    const std::string name = line.substr(3, line.find('`', 3) - 3);
    bool known = heading.empty() || std::find(own.begin(), own.end(), name) != own.end();
    for (const Key& key : keys_of_recipes()) known |= key.section + "." + key.name == heading + "." + name;
    EXPECT_TRUE(known) << heading << "." << name;
  }
}

TEST(Recipes, AreRecipes) {
  const fs::path folder = fs::path(C2C_SOURCE_DIR) / "recipes";
  int count = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory()) continue;  // eval/: of evaluations
    SCOPED_TRACE(entry.path().filename());
    const TrainRecipe recipe = load_recipe(entry.path());
    const auto types = dataset_types();
    EXPECT_NE(std::find(types.begin(), types.end(), recipe.data.train.type), types.end());
    ++count;
  }
  EXPECT_GE(count, 10);
}

// What the parity fuser was trained with, key by key.
TEST(Recipes, TheParityRecipeIsTheFirstFusersOwn) {
  const TrainRecipe ours = load_recipe(fs::path(C2C_SOURCE_DIR) / "recipes/wordnet-parity.yaml");
  const fs::path file = fs::path(C2C_SOURCE_DIR) / "tests/parity_fuser/manifest.json";
  const auto theirs = nlohmann::ordered_json::parse(std::ifstream(file)).at("recipe");
  EXPECT_EQ(ours.model.align, theirs["model"]["is_do_alignment"]);
  EXPECT_EQ(ours.model.alignment_strategy, theirs["model"]["alignment_strategy"]);
  EXPECT_EQ(ours.model.mapping, theirs["model"]["mapping"]);
  EXPECT_EQ(ours.model.projector.type, theirs["model"]["projector"]["type"]);
  EXPECT_EQ(ours.model.projector.params, theirs["model"]["projector"]["params"]);
  const auto& training = theirs["training"];
  EXPECT_EQ(ours.training.learning_rate, training["learning_rate"]);
  EXPECT_EQ(ours.training.weight_decay, training["weight_decay"]);
  EXPECT_EQ(ours.training.num_epochs, training["num_epochs"]);
  EXPECT_EQ(ours.training.max_length, training["max_length"]);
  EXPECT_EQ(ours.training.scheduler_type, training["scheduler_type"]);
  EXPECT_EQ(ours.training.warmup_ratio, training["warmup_ratio"]);
  EXPECT_EQ(ours.training.max_grad_norm, training["max_grad_norm"]);
  EXPECT_EQ(ours.training.accumulation, training["gradient_accumulation_steps"]);
  EXPECT_EQ(ours.training.batch_size, training["per_device_train_batch_size"]);
  EXPECT_EQ(ours.training.seed, training["seed"]);
  EXPECT_EQ(ours.training.freeze, training["freeze"].get<std::vector<std::string>>());
  EXPECT_EQ(ours.data.train.kwargs["num_samples"], theirs["data"]["kwargs"]["num_samples"]);
  EXPECT_FALSE(ours.data.shuffle);
  EXPECT_EQ(ours.training.dtype, "f32");
}

}  // namespace
}  // namespace c2c
