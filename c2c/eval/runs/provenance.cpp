#include "c2c/eval/runs/provenance.h"

#include <chrono>
#include <ctime>

#include "c2c/base/error.h"
#include "c2c/io/config/print.h"
#include "c2c/io/formats/sha256.h"

namespace c2c {
namespace {

using Json = nlohmann::json;

// As it comes back from a file: what is not a number is null.
Json plain(const nlohmann::ordered_json& tree) {
  return Json::parse(tree.dump());
}

Json system_key(const EvalSystem& system) {
  EvalSystem copy = system;
  Json key = plain(fields_to_json(fields_of(copy)));
  if (!system.run_file.empty()) key["run_file_sha256"] = sha256_of_file(system.run_file);
  return key;
}

Json task_key(const EvalTask& task, const TaskData& data) {
  EvalTask copy = task;
  Json key = plain(fields_to_json(fields_of(copy)));
  for (const char* name : {"batch_size", "debug_dump_bad_samples", "cuda_launch_blocking", "answer_method", "jieba"})
    key.erase(name);
  if (data.jieba.words != nullptr) key["jieba_sha256"] = data.jieba.sha256;
  key["samples_sha256"] = data.fingerprint;
  key["prompts_sha256"] = data.prompts.sha256;
  return key;
}

std::string kind_name(const EvalSystem& system) {
  if (system.oracle != "none") return "oracle_" + system.oracle;
  switch (system.kind()) {
    case SystemKind::kSingle:
      return "single";
    case SystemKind::kC2C:
      return "c2c";
    case SystemKind::kTwoStage:
      return "two_stage";
    case SystemKind::kTwoStageC2C:
      return "two_stage_c2c";
  }
  return "";
}

bool is_control_of(const EvalSystem& control, const EvalSystem& system) {
  if (control.control != "other_sample" || system.control != "none" || system.kind() != SystemKind::kC2C) return false;
  const auto bare = [](EvalSystem one) {
    one.name = one.mode = one.model_name = "";
    one.control = "none";
    return system_key(one);
  };
  return bare(control) == bare(system);
}

TaskInfo describe_task(const EvalTask& task, const TaskData& data) {
  TaskInfo info{.name = task.label(), .dataset = task.dataset, .details = {}};
  info.details = {{"samples", data.samples.size()},
                  {"rows", data.rows},
                  {"files", data.files},
                  {"left_out", data.left_out},
                  {"malformed", data.bad.size()},
                  {"samples_sha256", data.fingerprint},
                  {"prompts", data.prompts.name},
                  {"prompts_sha256", data.prompts.sha256},
                  {"mode", task.mode_name},
                  {"shots", task.shots}};
  if (data.jieba.words != nullptr) info.details["jieba_sha256"] = data.jieba.sha256;
  return info;
}

// What LongBench's Chinese scores count, where it is not what LongBench counts.
std::string chinese_note(const EvalTask& task, const TaskData& data) {
  std::string names;
  for (const std::string& name : data.chinese_tasks) names += (names.empty() ? "" : ", ") + name;
  return task.label() + " (" + names +
         "): Chinese is counted by characters, not by jieba's words as LongBench counts it; these scores cannot be "
         "laid beside published ones (eval.jieba)";
}

}  // namespace

Json run_key(const EvalConfig& config, const std::vector<TaskData>& tasks) {
  Json key;
  for (const EvalSystem& system : config.systems) key["systems"][system.name] = system_key(system);
  for (std::size_t i = 0; i < config.tasks.size(); ++i)
    key["tasks"][config.tasks[i].label()] = task_key(config.tasks[i], tasks[i]);
  return key;
}

RunInfo describe_run(const EvalConfig& config, const std::vector<TaskData>& tasks,
                     const std::vector<Contender>& contenders) {
  RunInfo info;
  info.name = config.path.stem().string();
  info.config_path = config.path.string();
  info.config_text = config.text;
  info.started = utc_now();
  info.notes = Json::array();
  for (const Contender& contender : contenders) {
    const EvalSystem& system = contender.system();
    SystemInfo& one = info.systems.emplace_back();
    one.name = system.name;
    one.kind = kind_name(system);
    one.model_name = system.model_name.empty() ? system.name : system.model_name;
    one.details = {{"config", system_key(system)}};
    for (const EvalSystem& other : config.systems)
      if (is_control_of(system, other)) one.control_of = other.name;
    if (info.baseline.empty() && one.kind == "single") info.baseline = one.name;
  }
  for (std::size_t i = 0; i < config.tasks.size(); ++i) {
    info.tasks.push_back(describe_task(config.tasks[i], tasks[i]));
    for (const BadRow& bad : tasks[i].bad) info.notes.push_back("malformed row left out: " + bad.text());
    if (!tasks[i].chinese_tasks.empty() && tasks[i].jieba.words == nullptr)
      info.notes.push_back(chinese_note(config.tasks[i], tasks[i]));
    info.seeds[config.tasks[i].label()] = config.tasks[i].seed;
  }
  return info;
}

void note_models(const Contender& contender, SystemInfo& info) {
  const std::string hash = contender.fingerprint();
  const std::string before = info.details.value("models_sha256", "");
  if (!before.empty() && before != hash)
    fail_usage({.where = "system " + info.name,
                .key = "models and fusers",
                .found = "other bytes than the run's folder was made with",
                .expected = before,
                .hint = "another output_dir, or the files of before"});
  info.details["models_sha256"] = hash;
  info.details["session"] = plain(contender.answerer().session->provenance());
  info.details["speaks"] = contender.answerer().mode;
  const TextSide& text = contender.answerer().text();
  if (text.chat != nullptr) info.details["chat_template_sha256"] = sha256_of(text.chat->source());
}

std::string utc_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace c2c
