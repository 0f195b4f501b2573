#include "c2c/eval/results/report_data.h"

#include <cmath>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "c2c/base/utf8.h"
#include "c2c/eval/results/json_fields.h"

namespace c2c::results {

namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t kLongestText = 20000;

using Place = std::tuple<std::string, std::string, std::string>;  // system, task, method

// Names of systems that stand in more than one run with the same task and method.
std::set<std::string> shared_names(const std::vector<ReportRun>& runs) {
  std::set<Place> seen;
  std::set<std::string> shared;
  for (const ReportRun& run : runs) {
    std::set<Place> here;
    for (const SampleResult& r : run.samples) here.emplace(r.system, r.task, r.method);
    for (const Place& place : here)
      if (!seen.insert(place).second) shared.insert(std::get<0>(place));
  }
  return shared;
}

// Every long text once: the systems are mostly asked the same.
class Texts {
 public:
  std::size_t add(const std::string& text) {
    const auto [place, fresh] = places_.try_emplace(text, list_.size());
    if (fresh) list_.push_back(cut(text));
    return place->second;
  }
  Json take() { return std::move(list_); }

 private:
  static std::string cut(const std::string& text) {
    if (text.size() <= kLongestText) return text;
    std::string head = text.substr(0, kLongestText);
    head.resize(head.size() - incomplete_suffix(head));
    return head + "\n[... " + std::to_string(text.size() - head.size()) + " more bytes: see the run's samples.sqlite]";
  }
  std::unordered_map<std::string, std::size_t> places_;
  Json list_ = Json::array();
};

double rounded(double value, double factor) {
  return std::isfinite(value) ? std::round(value * factor) / factor : value;
}

Json answer_json(const SampleResult& r, Texts& texts) {
  Json answer = {{"score", number_json(rounded(r.score, 1e4))}};
  const auto text = [&](const char* key, const std::string& value) {
    if (!value.empty()) answer[key] = texts.add(value);
  };
  text("reply", r.reply);
  text("prompt", r.prompt);
  text("context", r.context);
  text("error", r.error);
  if (r.predicted) answer["predicted"] = *r.predicted;
  if (r.score_norm) answer["norm"] = number_json(*r.score_norm);
  if (!r.option_scores.empty()) {
    Json& scores = answer["options"] = Json::array();
    for (const double score : r.option_scores) scores.push_back(Json(number_json(rounded(score, 1e3))));
  }
  answer["tokens"] = {r.prompt_tokens, r.sharer_tokens, r.context_tokens, r.new_tokens};
  answer["ms"] = number_json(rounded(r.total_ms, 10));
  return answer;
}

template <class Names>
std::size_t index_of(const Names& names, const std::string& name) {
  std::size_t i = 0;
  while (i < names.size() && names[i] != name) ++i;
  return i;
}

Json samples_json(const ReportRun& run, const Summary& summary, Texts& texts) {
  // By column, subject, row and id; one entry with the answers of all systems.
  using Key = std::tuple<std::size_t, std::string, std::int64_t, std::string>;
  std::map<Key, std::vector<const SampleResult*>> samples;
  for (const SampleResult& r : run.samples) {
    std::size_t column = 0;
    while (summary.columns[column].task != r.task || summary.columns[column].method != r.method) ++column;
    auto& answers = samples[{column, r.subject, r.row, r.id}];
    answers.resize(summary.systems.size());
    answers[index_of(summary.systems, r.system)] = &r;
  }
  Json list = Json::array();
  for (const auto& [key, answers] : samples) {
    const SampleResult* any = nullptr;
    Json all = Json::array();
    for (const SampleResult* answer : answers) {
      all.push_back(answer == nullptr ? Json() : answer_json(*answer, texts));
      if (any == nullptr) any = answer;
    }
    Json sample = {{"column", std::get<0>(key)},
                   {"id", any->id},
                   {"question", texts.add(any->question)},
                   {"truth", any->truth},
                   {"answers", std::move(all)}};
    if (!any->options.empty()) sample["options"] = any->options;
    if (!any->subject.empty()) sample["subject"] = any->subject;
    list.push_back(std::move(sample));
  }
  return list;
}

std::string run_name(const ReportRun& run, std::size_t number) {
  return run.info.name.empty() ? "run " + std::to_string(number + 1) : run.info.name;
}

}  // namespace

ReportRun merge_runs(const std::vector<ReportRun>& runs) {
  if (runs.size() == 1) return runs.front();
  const std::set<std::string> shared = shared_names(runs);
  std::set<std::string> run_names, tasks;
  ReportRun merged;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    std::string name = run_name(runs[i], i);
    if (!run_names.insert(name).second) name += " #" + std::to_string(i + 1);
    const auto renamed = [&](const std::string& system) {
      return shared.count(system) == 0 ? system : system + " (" + name + ")";
    };
    merged.info.name += (i == 0 ? "" : ", ") + name;
    for (SystemInfo system : runs[i].info.systems) {
      system.name = renamed(system.name);
      if (!system.control_of.empty()) system.control_of = renamed(system.control_of);
      if (merged.info.find_system(system.name) == nullptr) merged.info.systems.push_back(std::move(system));
    }
    for (const TaskInfo& task : runs[i].info.tasks)
      if (tasks.insert(task.name).second) merged.info.tasks.push_back(task);
    if (i == 0) merged.info.baseline = renamed(runs[i].info.baseline_name());
    for (SampleResult r : runs[i].samples) {
      r.system = renamed(r.system);
      merged.samples.push_back(std::move(r));
    }
    if (runs[i].info.notes.is_array())
      for (const nlohmann::json& note : runs[i].info.notes)
        if (note.is_string()) merged.info.notes.push_back(nlohmann::json(name + ": " + note.get<std::string>()));
  }
  return merged;
}

nlohmann::ordered_json report_data(const ReportRun& run, const Summary& summary) {
  Json systems = Json::array(), columns = Json::array();
  for (const std::string& name : summary.systems) {
    const SystemInfo* known = run.info.find_system(name);
    systems.push_back({{"name", name},
                       {"kind", known != nullptr ? known->kind : ""},
                       {"control_of", known != nullptr ? known->control_of : ""}});
  }
  for (const SummaryColumn& column : summary.columns)
    columns.push_back({{"task", column.task}, {"method", column.method}});
  Texts texts;
  Json samples = samples_json(run, summary, texts);
  return {{"baseline", summary.baseline}, {"systems", std::move(systems)}, {"columns", std::move(columns)},
          {"summary", to_json(summary)},  {"samples", std::move(samples)}, {"texts", texts.take()}};
}

std::string script_json(const nlohmann::ordered_json& json) {
  std::string safe;
  for (const char c : dump(json)) {
    // No "</script", no "<!--": in JSON this character stands in strings only.
    if (c == '<')
      safe += "\\u003c";
    else
      safe += c;
  }
  return safe;
}

}  // namespace c2c::results
