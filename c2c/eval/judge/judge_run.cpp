#include "c2c/eval/judge/judge_run.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "c2c/base/error.h"
#include "c2c/eval/judge/ask_judge.h"
#include "c2c/eval/judge/question.h"
#include "c2c/eval/judge/verdict_queue.h"
#include "c2c/eval/results/result_store.h"
#include "c2c/eval/tasks/prompts.h"

namespace c2c {
namespace {

using Json = nlohmann::json;
using SampleKey = std::tuple<std::string, std::string, std::string>;  // system, task, id

SampleKey key_of(const SampleResult& result) {
  return {result.system, result.task, result.id};
}

// Verdicts of two judges in one column would compare judges, not systems.
void check_judge(const SampleResult& verdict, const Json& mine) {
  const Json theirs = verdict.extra.is_object() ? verdict.extra.value("judge", Json::object()) : Json::object();
  for (const char* key : {"model", "prompts_sha256"})
    if (theirs.value(key, "") != mine.at(key).get<std::string>())
      fail_usage({.where = "judge",
                  .key = key,
                  .found = mine.at(key).get<std::string>() + ", but verdicts of " + theirs.value(key, "another"),
                  .expected = "one judge for all replies of a run",
                  .hint = "another output_dir, or the judge of before"});
}

bool has_no_reply(const SampleResult& verdict) {
  return verdict.extra.is_object() && verdict.extra.value("no_reply", false);
}

// What is to be judged, in the order of the store.
class Docket {
 public:
  Docket(const std::vector<SampleResult>& results, const RunInfo& info, const Json& judge, bool retry_errors) {
    std::map<SampleKey, const SampleResult*> verdicts;
    for (const SampleResult& result : results) {
      if (result.method != kJudgeMethod) continue;
      check_judge(result, judge);
      verdicts[key_of(result)] = &result;
    }
    for (const SampleResult& result : results) {
      if (result.method != "generate") continue;
      const auto topic = topic_of(result.task, info);
      if (!topic) continue;
      const auto verdict = verdicts.find(key_of(result));
      ++total;
      if (verdict == verdicts.end() || is_due(*verdict->second, result, retry_errors))
        cases.push_back({&result, *topic});
    }
  }

  std::vector<JudgeCase> cases;
  std::int64_t total = 0;
  std::set<std::string> left_out;  // tasks without a question

 private:
  static bool is_due(const SampleResult& verdict, const SampleResult& generated, bool retry_errors) {
    if (verdict.error.empty()) return false;
    return retry_errors || (has_no_reply(verdict) && generated.error.empty());
  }
  std::optional<JudgeTopic> topic_of(const std::string& task, const RunInfo& info) {
    const TaskInfo* known = info.find_task(task);
    const auto topic = known == nullptr ? std::nullopt : judge_topic(find_benchmark(known->dataset));
    if (!topic) left_out.insert(task);
    return topic;
  }
};

}  // namespace

Json judge_provenance(const EvalJudge& judge) {
  return {{"endpoint", judge_host(judge)}, {"model", judge.model}, {"prompts_sha256", judge_prompts_sha256()}};
}

void judge_run(const std::filesystem::path& folder, const EvalJudge& judge, const JudgeOptions& options,
               RunInfo& info) {
  const Json provenance = judge_provenance(judge);
  const std::vector<SampleResult> results = ResultStore::read(folder);
  const Docket docket(results, info, provenance, options.retry_errors);
  if (!info.hashes.is_object()) info.hashes = Json::object();
  info.hashes["judge"] = provenance;
  if (!info.notes.is_array()) info.notes = Json::array();
  for (const std::string& task : docket.left_out)
    info.notes.push_back(task + " is not judged: there are questions about letters and mathematics only");
  write_run_info(folder, info);
  if (docket.cases.empty()) return;
  ResultStore store = ResultStore::open(folder, ResultStore::read_fingerprint(folder));
  Judge asked(judge, provenance);
  VerdictQueue queue(docket.cases, store, options, docket.total - std::ssize(docket.cases));
  queue.run(asked, static_cast<int>(judge.parallel));
}

}  // namespace c2c
