#include "c2c/eval/tasks/eval_config.h"

#include <algorithm>
#include <charconv>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/io/config/assign.h"
#include "c2c/io/config/parse_text.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;

struct Output {
  std::string& folder;
  void visit_fields(const FieldVisitor& visit) const {
    visit({.key = "output_dir", .flags = "", .help = "the run's folder", .target = &folder});
  }
};

// A list each of whose entries starts from what `first` says.
template <class Config>
FieldList list_from(std::vector<Config>& entries, const Config& first, std::string shorthand) {
  return {[&entries] { entries.clear(); }, [&] { return fields_of(entries.emplace_back(first)); },
          [&entries] { return entries.size(); }, [&entries](std::size_t i) { return fields_of(entries[i]); },
          std::move(shorthand)};
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

// JSON; a list or a map may also be YAML ([a, b]); anything else is text.
Json override_value(const std::string& entry, const std::string& value) {
  Json parsed = Json::parse(value, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_discarded()) return parsed;
  const bool structured = value.starts_with('[') || value.starts_with('{');
  return structured ? parse_yaml_text("override " + entry, value) : Json(value);
}

// "eval.limit=20" over what the file says; a part that is a number goes into a list.
void apply_override(Json& tree, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == text.npos || equals == 0)
    fail_usage({.where = "override", .found = text, .expected = "section.key=value"});
  if (!is_valid_utf8(text)) fail_usage({.where = "override", .found = "bytes that are no UTF-8", .expected = "text"});
  Json* at = &tree;
  std::string rest = text.substr(0, equals) + ".";
  for (std::size_t dot = rest.find('.'); dot != rest.npos; dot = rest.find('.')) {
    const std::string part = rest.substr(0, dot);
    rest.erase(0, dot + 1);
    if (at->is_array()) {
      std::size_t index = 0;
      const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), index);
      if (error != std::errc() || end != part.data() + part.size() || index >= at->size())
        fail_usage({.where = "override",
                    .key = text,
                    .found = part,
                    .expected = "an index below " + std::to_string(at->size())});
      at = &(*at)[index];
    } else if (at->is_object() || at->is_null()) {
      at = &(*at)[part];
    } else {
      fail_usage({.where = "override", .key = text, .found = at->dump(), .expected = "a map of keys there"});
    }
  }
  *at = override_value(text, text.substr(equals + 1));
}

// teacher_model as a map of name to model: two lists in its order.
void split_teachers(Json& model) {
  if (!model.is_object() || !model.contains("rosetta_config")) return;
  Json& rosetta = model["rosetta_config"];
  if (!rosetta.is_object() || !rosetta.contains("teacher_model") || !rosetta["teacher_model"].is_object()) return;
  Json paths = Json::array(), names = Json::array();
  for (const auto& item : rosetta["teacher_model"].items()) {
    names.push_back(item.key());
    paths.push_back(item.value());
  }
  rosetta["teacher_model"] = paths;
  rosetta["teacher_names"] = names;
}

bool says_generation(const Json& model) {
  if (!model.is_object()) return false;
  const auto found = model.find("generation_config");
  return found != model.end() && found->is_object() && !found->empty();
}

// A key that is null is as if it were not there. (The parser bounds the depth.)
void drop_null(Json& tree) {
  if (tree.is_array())
    for (Json& item : tree) drop_null(item);
  if (!tree.is_object()) return;
  for (auto item = tree.begin(); item != tree.end();) {
    if (item->is_null()) {
      item = tree.erase(item);
      continue;
    }
    drop_null(*item);
    ++item;
  }
}

class Checker {
 public:
  explicit Checker(EvalConfig& config) : config_(config), where_(config.path.string()) {}

  void operator()() {
    if (config_.output_dir.empty()) missing("output.output_dir", "a folder for the results");
    for (std::size_t i = 0; i < config_.systems.size(); ++i) check_system(i);
    for (std::size_t i = 0; i < config_.tasks.size(); ++i) check_task(i);
    check_judge();
    check_names();
  }

 private:
  [[noreturn]] void missing(const std::string& key, const std::string& expected) const {
    fail_usage({.where = where_, .key = key, .found = "nothing", .expected = expected});
  }
  std::string system_key(std::size_t i, const char* key) const {
    return (systems_said_ ? "systems[" + std::to_string(i) + "]." : "model.") + key;
  }
  std::string task_key(std::size_t i, const char* key) const {
    return (tasks_said_ ? "tasks[" + std::to_string(i) + "]." : "eval.") + key;
  }

  void check_system(std::size_t i) {
    EvalSystem& system = config_.systems[i];
    if (system.model_name.empty() && system.run_file.empty())
      missing(system_key(i, "model_name"), "Rosetta, two_stage, two_stage_rosetta or a model (or run_file)");
    if (!system.mode.empty()) {
      if (system.run_file.empty()) missing(system_key(i, "run_file"), "the run file whose " + system.mode + " answers");
      if (system.mode == "control") system.control = "other_sample";
      if (system.name.empty()) system.name = system.mode;
    }
    const SystemKind kind = system.kind();
    if (kind == SystemKind::kC2C && system.run_file.empty()) check_rosetta(i, system.rosetta);
    if ((kind == SystemKind::kTwoStage || kind == SystemKind::kTwoStageC2C) && system.mode.empty())
      if (system.context_model_path.empty()) missing(system_key(i, "context_model_path"), "a model");
    if (kind == SystemKind::kTwoStage && system.mode.empty() && system.answer_model_path.empty())
      missing(system_key(i, "answer_model_path"), "a model");
    if (kind == SystemKind::kTwoStageC2C && system.rosetta_checkpoint_dir.empty() && system.run_file.empty())
      missing(system_key(i, "rosetta_checkpoint_dir"), "a folder with config.json");
    if (system.control != "none" && kind != SystemKind::kC2C)
      fail_usage({.where = where_,
                  .key = system_key(i, "control"),
                  .found = system.control + " without sharers",
                  .expected = "a system of C2C"});
    if (system.name.empty()) {
      const std::string& from = system.model_name.empty() ? system.run_file : system.model_name;
      system.name = std::filesystem::path(from).filename().string();
    }
  }
  void check_rosetta(std::size_t i, EvalRosetta& rosetta) {
    if (rosetta.base_model.empty()) missing(system_key(i, "rosetta_config.base_model"), "the receiver");
    if (rosetta.teacher_models.empty()) missing(system_key(i, "rosetta_config.teacher_model"), "a sharer");
    const std::size_t sharers = rosetta.teacher_models.size();
    if (rosetta.checkpoints.empty() && sharers == 1) rosetta.checkpoints = config_.eval.checkpoints;
    if (rosetta.checkpoints.empty())
      missing(system_key(i, "rosetta_config.checkpoints_dir"), "a folder of projectors for each sharer");
    if (rosetta.checkpoints.size() != sharers)
      fail_usage({.where = where_,
                  .key = system_key(i, "rosetta_config.checkpoints_dir"),
                  .found = std::to_string(rosetta.checkpoints.size()) + " folders",
                  .expected = "one for each of the " + std::to_string(sharers) + " sharers"});
  }

  void check_task(std::size_t i) {
    EvalTask& task = config_.tasks[i];
    if (task.answer_methods.empty())
      missing(task_key(i, "answer_method"), "generate, logits, loglikelihood or cross_entropy");
    task.mode = task.mode_name == "fixed" ? grading::Mode::kFixed : grading::Mode::kExact;
    task.limit = read_limit(task.limit_texts, task_key(i, "limit"));
  }
  void check_judge() const {
    const EvalJudge& judge = config_.judge;
    if (judge.endpoint.empty() != judge.model.empty())
      missing(judge.endpoint.empty() ? "judge.endpoint" : "judge.model",
              judge.endpoint.empty() ? "the service that has the model, https://host/v1" : "the model that judges");
    const auto generates = [](const EvalTask& task) {
      return std::find(task.answer_methods.begin(), task.answer_methods.end(), "generate") != task.answer_methods.end();
    };
    if (judge.is_said() && std::none_of(config_.tasks.begin(), config_.tasks.end(), generates))
      missing("eval.answer_method", "generate: a judge reads replies");
  }
  EvalLimit read_limit(const std::vector<std::string>& texts, const std::string& key) const {
    const auto number = [&](const std::string& text) -> std::optional<std::int64_t> {
      if (text.empty()) return std::nullopt;
      std::int64_t value = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error != std::errc() || end != text.data() + text.size())
        fail_usage({.where = where_, .key = key, .found = text, .expected = "a whole number, or [start, end]"});
      return value;
    };
    if (texts.empty()) return {};
    if (texts.size() > 2)
      fail_usage({.where = where_,
                  .key = key,
                  .found = std::to_string(texts.size()) + " numbers",
                  .expected = "a whole number, or [start, end]"});
    if (texts.size() == 2) return {.first = {}, .start = number(texts[0]), .end = number(texts[1])};
    const auto first = number(texts[0]);
    return {.first = first && *first > 0 ? first : std::nullopt, .start = {}, .end = {}};
  }

  void check_names() const {
    std::vector<std::string> names;
    for (const EvalSystem& system : config_.systems) {
      if (std::find(names.begin(), names.end(), system.name) != names.end())
        fail_usage({.where = where_,
                    .key = "systems",
                    .found = "two systems named " + system.name,
                    .expected = "a name of its own for each"});
      names.push_back(system.name);
    }
    names.clear();
    for (const EvalTask& task : config_.tasks) {
      if (std::find(names.begin(), names.end(), task.label()) != names.end())
        fail_usage({.where = where_,
                    .key = "tasks",
                    .found = "two tasks named " + task.label(),
                    .expected = "a name of its own for each"});
      names.push_back(task.label());
    }
  }

 public:
  bool systems_said_ = false, tasks_said_ = false;

 private:
  EvalConfig& config_;
  std::string where_;
};

}  // namespace

SystemKind EvalSystem::kind() const {
  if (mode == "receiver" || mode == "sharer") return SystemKind::kSingle;
  if (mode == "t2t") return SystemKind::kTwoStage;
  if (mode == "t2t_c2c") return SystemKind::kTwoStageC2C;
  if (!mode.empty()) return SystemKind::kC2C;
  // A plain name was made a path beside the file.
  const std::string name_text = lower(std::filesystem::path(model_name).filename().string());
  if (name_text == "two_stage_rosetta") return SystemKind::kTwoStageC2C;
  if (name_text == "two_stage") return SystemKind::kTwoStage;
  if (name_text.find("rosetta") != name_text.npos || (model_name.empty() && !run_file.empty())) return SystemKind::kC2C;
  return SystemKind::kSingle;
}

void EvalConfig::visit_fields(const FieldVisitor& visit) {
  visit({.key = "model", .flags = "", .help = "the system, or what systems share", .target = field_group(model)});
  visit({.key = "eval", .flags = "", .help = "the task, or what tasks share", .target = field_group(eval)});
  visit({.key = "output",
         .flags = "",
         .help = "where results go",
         .target = FieldGroup{[this](const FieldVisitor& inner) { Output{output_dir}.visit_fields(inner); }, {}}});
  visit({.key = "judge", .flags = "", .help = "a model that judges replies", .target = field_group(judge)});
  visit({.key = "systems", .flags = "", .help = "several systems", .target = list_from(systems, model, "mode")});
  visit({.key = "tasks", .flags = "", .help = "several tasks", .target = list_from(tasks, eval, "dataset")});
}

EvalConfig load_eval_config(const std::filesystem::path& path, const std::vector<std::string>& overrides) {
  return parse_eval_config(read_config_file(path), path, overrides);
}

EvalConfig parse_eval_config(const std::string& text, const std::filesystem::path& path,
                             const std::vector<std::string>& overrides) {
  EvalConfig config;
  config.path = path;
  config.text = text;
  const std::string where = path.string();
  Json tree = parse_config_text(where, text);
  if (!tree.is_object()) fail_usage({.where = where, .found = "no map", .expected = "sections model, eval and output"});
  for (const std::string& entry : overrides) apply_override(tree, entry);
  if (!overrides.empty()) config.text = tree.dump(1) + "\n";
  drop_null(tree);
  if (tree.contains("model")) split_teachers(tree["model"]);
  if (tree.contains("systems") && tree["systems"].is_array())
    for (Json& system : tree["systems"]) split_teachers(system);
  std::filesystem::path folder = path.parent_path();
  if (folder.empty()) folder = ".";
  assign_fields(fields_of(config), tree, {.name = where, .folder = folder});
  config.model.generation.said = tree.contains("model") && says_generation(tree["model"]);
  Checker check(config);
  check.systems_said_ = !config.systems.empty();
  check.tasks_said_ = !config.tasks.empty();
  for (std::size_t i = 0; i < config.systems.size(); ++i)
    config.systems[i].generation.said = config.model.generation.said || says_generation(tree["systems"][i]);
  if (config.systems.empty()) config.systems.push_back(config.model);
  if (config.tasks.empty()) config.tasks.push_back(config.eval);
  check();
  return config;
}

}  // namespace c2c
