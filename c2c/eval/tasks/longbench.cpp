#include "c2c/eval/tasks/longbench.h"

#include "c2c/base/error.h"
#include "c2c/eval/tasks/benchmark.h"
#include "c2c/eval/tasks/embedded.h"
#include "c2c/io/config/parse_text.h"
#include "c2c/io/formats/sha256.h"
#include "c2c/train/data/longbench_templates.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;
constexpr const char* kSettings = "longbench.yaml";

const Json& settings() {
  static const Json tree = parse_yaml_text(kSettings, embedded_file(kSettings));
  return tree;
}

std::string without_e(std::string task) {
  if (task.ends_with("_e")) task.resize(task.size() - 2);
  return task;
}

Json read_map(const std::string& path) {
  Json tree = parse_config_text(path, read_config_file(path));
  if (!tree.is_object()) fail_usage({.where = path, .found = "no map", .expected = "a map of task to value"});
  return tree;
}

}  // namespace

LongBenchSettings longbench_settings(const std::string& task) {
  const auto found = settings().find(task);
  if (found == settings().end())
    fail_usage({.where = "longbench", .found = task, .expected = "one of LongBench's 21 tasks"});
  return {.max_new_tokens = found->at("max_new_tokens").get<std::int64_t>(), .chat = found->at("chat").get<bool>()};
}

bool is_longbench_eval_id(std::string_view id) {
  const char digit = sha256_of(id).back();
  return (digit <= '9' ? digit - '0' : digit - 'a' + 10) % 4 == 1;
}

std::string format_row(std::string_view prompt, const Row& row) {
  const RowFields fields(row);
  std::string text;
  for (std::size_t i = 0; i < prompt.size(); ++i) {
    const char c = prompt[i];
    const bool brace = c == '{' || c == '}';
    if (brace && i + 1 < prompt.size() && prompt[i + 1] == c)
      ++i;
    else if (brace) {
      const std::size_t close = prompt.find('}', i);
      if (c == '}' || close == prompt.npos)
        throw FieldProblem{"prompt", show_text(prompt.substr(i)), "a template of str.format"};
      text += fields.text(std::string(prompt.substr(i + 1, close - i - 1)));
      i = close;
      continue;
    }
    text += c;
  }
  return text;
}

TaskSource open_longbench(const EvalTask& task) {
  TaskSource source;
  for (const LongBenchTask& known : longbench_tasks()) {
    source.longbench_prompts[std::string(known.name)] = known.prompt;
    source.longbench_lengths[std::string(known.name)] = longbench_settings(std::string(known.name)).max_new_tokens;
  }
  if (!task.longbench_prompts.empty()) {
    const Json tree = read_map(task.longbench_prompts);
    for (const auto& item : tree.items()) {
      if (!item.value().is_string())
        fail_usage({.where = task.longbench_prompts,
                    .key = item.key(),
                    .found = item.value().type_name(),
                    .expected = "a prompt"});
      source.longbench_prompts[item.key()] = item.value().get<std::string>();
    }
  }
  if (!task.longbench_max_lengths.empty()) {
    const Json tree = read_map(task.longbench_max_lengths);
    for (const auto& item : tree.items()) {
      if (!item.value().is_number_integer() || item.value().get<std::int64_t>() < 1)
        fail_usage({.where = task.longbench_max_lengths,
                    .key = item.key(),
                    .found = item.value().dump(),
                    .expected = "a number of tokens"});
      source.longbench_lengths[item.key()] = item.value().get<std::int64_t>();
    }
  }
  return source;
}

RowDraft read_longbench(const RowFields& row, const RowContext& context) {
  RowDraft draft;
  EvalSample& sample = draft.sample;
  sample.longbench.id = row.text("_id");
  if (!context.task.longbench_all && !is_longbench_eval_id(sample.longbench.id)) {
    draft.left_out = "_id of the three quarters for training";
    return draft;
  }
  const std::string name = without_e(context.subject);
  sample.longbench.task = name;
  sample.longbench.classes = row.has("all_classes") ? row.texts("all_classes") : std::vector<std::string>();
  sample.longbench.length = row.has("length") ? row.integer("length") : 0;
  sample.longbench.max_new_tokens = context.source.longbench_lengths.at(name);
  sample.plain_text = !longbench_settings(name).chat;
  sample.question = row.text("input");
  sample.truth.kind = TruthKind::kLongBench;
  sample.truth.answers = row.texts("answers");
  if (sample.truth.answers.empty()) throw FieldProblem{"answers", "an empty list", "an answer"};
  sample.messages = {{"user", format_row(context.source.longbench_prompts.at(name), row.row())}};
  return draft;
}

}  // namespace c2c
