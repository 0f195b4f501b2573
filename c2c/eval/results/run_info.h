// Where a run's numbers come from: what eval/runs knows when it starts, kept as run.json beside the samples.
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace c2c {

struct SystemInfo {
  std::string name;        // SampleResult::system
  std::string kind;        // single, c2c, two_stage, two_stage_c2c, oracle_enrich, oracle_replace
  std::string model_name;  // the configuration's: names the reference's files
  std::string control_of;  // the system whose control this is (same fuser, another sample's cache); empty: none
  nlohmann::json details;  // models, fuser, hashes, generation settings
};

struct TaskInfo {
  std::string name;        // SampleResult::task
  std::string dataset;     // the benchmark's key: names the reference's files
  nlohmann::json details;  // prompts' hash, source files and their hashes, number of samples, shots, mode
};

struct RunInfo {
  std::string name;         // of the table and page
  std::string config_path;  // as the user said it
  std::string config_text;
  std::string command;
  std::string started;      // ISO 8601, UTC
  std::string finished;     // empty: not yet
  nlohmann::json versions;  // c2c, libtorch, compiler, ...
  nlohmann::json hardware;
  nlohmann::json seeds;
  nlohmann::json hashes;            // of everything that `details` do not name
  nlohmann::json notes;             // anything else that a reader must know, e.g. malformed rows: list of strings
  std::vector<SystemInfo> systems;  // in the order of tables; the first is the baseline unless `baseline` is said
  std::vector<TaskInfo> tasks;
  std::string baseline;  // a system's name

  // Of `systems`, by name; nullptr: not there.
  const SystemInfo* find_system(const std::string& system) const;
  const TaskInfo* find_task(const std::string& task) const;
  // The system that is `system`'s control; nullptr: none.
  const SystemInfo* control(const std::string& system) const;
  // Empty only when there are no systems.
  std::string baseline_name() const;
};

nlohmann::json to_json(const RunInfo& info);
// Unknown keys are kept out, missing ones take their defaults; throws kInput for other types, naming the key.
RunInfo run_info_from_json(const nlohmann::json& json, const std::string& where);

// run.json, written aside and renamed. Throws kInput.
void write_run_info(const std::filesystem::path& folder, const RunInfo& info);
RunInfo read_run_info(const std::filesystem::path& folder);

}  // namespace c2c
