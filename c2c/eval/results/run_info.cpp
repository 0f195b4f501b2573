#include "c2c/eval/results/run_info.h"

#include "c2c/base/error.h"
#include "c2c/eval/results/json_fields.h"

namespace c2c {

namespace {

constexpr char kFile[] = "run.json";

template <class T>
const T* find_named(const std::vector<T>& items, const std::string& name) {
  for (const T& item : items)
    if (item.name == name) return &item;
  return nullptr;
}

}  // namespace

const SystemInfo* RunInfo::find_system(const std::string& system) const {
  return find_named(systems, system);
}
const TaskInfo* RunInfo::find_task(const std::string& task) const {
  return find_named(tasks, task);
}

const SystemInfo* RunInfo::control(const std::string& system) const {
  for (const SystemInfo& info : systems)
    if (!system.empty() && info.control_of == system) return &info;
  return nullptr;
}

std::string RunInfo::baseline_name() const {
  if (!baseline.empty()) return baseline;
  return systems.empty() ? std::string() : systems.front().name;
}

nlohmann::json to_json(const RunInfo& info) {
  nlohmann::json systems = nlohmann::json::array(), tasks = nlohmann::json::array();
  for (const SystemInfo& system : info.systems)
    systems.push_back({{"name", system.name},
                       {"kind", system.kind},
                       {"model_name", system.model_name},
                       {"control_of", system.control_of},
                       {"details", system.details}});
  for (const TaskInfo& task : info.tasks)
    tasks.push_back({{"name", task.name}, {"dataset", task.dataset}, {"details", task.details}});
  return {{"name", info.name},          {"config_path", info.config_path},
          {"config", info.config_text}, {"command", info.command},
          {"started", info.started},    {"finished", info.finished},
          {"versions", info.versions},  {"hardware", info.hardware},
          {"seeds", info.seeds},        {"hashes", info.hashes},
          {"notes", info.notes},        {"systems", std::move(systems)},
          {"tasks", std::move(tasks)},  {"baseline", info.baseline}};
}

RunInfo run_info_from_json(const nlohmann::json& json, const std::string& where) {
  const results::FieldReader read(json, where);
  RunInfo info;
  read.text("name", info.name);
  read.text("config_path", info.config_path);
  read.text("config", info.config_text);
  read.text("command", info.command);
  read.text("started", info.started);
  read.text("finished", info.finished);
  read.text("baseline", info.baseline);
  read.json("versions", info.versions);
  read.json("hardware", info.hardware);
  read.json("seeds", info.seeds);
  read.json("hashes", info.hashes);
  read.json("notes", info.notes);
  const auto each = [&](const char* key, const auto& item) {
    const nlohmann::json* list = read.find(key);
    if (list == nullptr) return;
    if (!list->is_array()) read.fail(key, *list, "a list");
    for (const nlohmann::json& entry : *list) item(results::FieldReader(entry, where + ": " + key));
  };
  each("systems", [&](const results::FieldReader& entry) {
    SystemInfo& system = info.systems.emplace_back();
    entry.text("name", system.name, true);
    entry.text("kind", system.kind);
    entry.text("model_name", system.model_name);
    entry.text("control_of", system.control_of);
    entry.json("details", system.details);
  });
  each("tasks", [&](const results::FieldReader& entry) {
    TaskInfo& task = info.tasks.emplace_back();
    entry.text("name", task.name, true);
    entry.text("dataset", task.dataset);
    entry.json("details", task.details);
  });
  return info;
}

void write_run_info(const std::filesystem::path& folder, const RunInfo& info) {
  results::write_text(folder / kFile, results::dump(to_json(info), 1) + "\n");
}

RunInfo read_run_info(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / kFile;
  if (!std::filesystem::is_regular_file(path))
    fail_input(
        {.where = folder.string(), .found = "no run.json", .expected = "the folder of an evaluation (its output_dir)"});
  return run_info_from_json(results::parse_json(results::read_text(path), path.string()), path.string());
}

}  // namespace c2c
