#include "c2c/eval/results/lm_eval_files.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "c2c/base/content_hash.h"
#include "c2c/eval/results/json_fields.h"
#include "c2c/eval/results/output_names.h"

namespace c2c {

namespace {

using Json = nlohmann::ordered_json;
using Samples = std::vector<const SampleResult*>;

// Python's str of a float.
std::string number_text(double value) {
  return std::isfinite(value) ? Json(value).dump() : results::number_json(value).get<std::string>();
}

std::string hash_text(const std::string& text) {
  ContentHash hash;
  hash.add(text);
  return hash.hex();
}

bool is_choice(const SampleResult& r) {
  return r.method == "logits" || r.method == "loglikelihood";
}

// Names of tasks: with the method where the task has several.
std::map<std::string, Samples> tasks_of(std::span<const SampleResult> all, const std::string& system) {
  std::map<std::string, std::set<std::string>> methods;
  for (const SampleResult& r : all) methods[r.task].insert(r.method);
  std::map<std::string, Samples> tasks;
  for (const SampleResult& r : all)
    if (r.system == system)
      tasks[results::file_name(methods[r.task].size() == 1 ? r.task : r.task + "_" + r.method)].push_back(&r);
  return tasks;
}

// One name for a whole task.

std::string metric_of(const Samples& samples) {
  if (is_choice(*samples.front())) return "acc";
  const bool binary =
      std::all_of(samples.begin(), samples.end(), [](const SampleResult* r) { return r->score == 0 || r->score == 1; });
  return binary ? "exact_match" : "score";
}

void add_mean(Json& metrics, const std::string& name, const std::vector<double>& values) {
  double sum = 0, squares = 0;
  for (const double value : values) sum += value;
  const double n = static_cast<double>(values.size()), mean = sum / n;
  for (const double value : values) squares += (value - mean) * (value - mean);
  metrics[name + ",none"] = mean;
  if (values.size() > 1)  // its mean_stderr: sample deviation over the root of n
    metrics[name + "_stderr,none"] = std::sqrt(squares / (n - 1) / n);
  else
    metrics[name + "_stderr,none"] = "N/A";
}

Json task_metrics(const std::string& task, const Samples& samples) {
  Json metrics = {{"alias", task}, {"name", task}, {"sample_len", samples.size()}};
  std::vector<double> scores, norms;
  double nats = 0, bytes = 0;
  for (const SampleResult* r : samples) {
    const bool good = r->error.empty();
    scores.push_back(good ? r->score : 0);
    if (r->score_norm) norms.push_back(good ? *r->score_norm : 0);
    if (good) nats += r->score, bytes += static_cast<double>(r->truth.size());
  }
  if (samples.front()->is_cross_entropy()) {
    const double per_byte = bytes > 0 ? nats / bytes : 0;
    metrics["byte_perplexity,none"] = std::exp(per_byte);
    metrics["byte_perplexity_stderr,none"] = "N/A";
    metrics["bits_per_byte,none"] = per_byte / std::log(2.0);
    metrics["bits_per_byte_stderr,none"] = "N/A";
    return metrics;
  }
  add_mean(metrics, metric_of(samples), scores);
  if (norms.size() == samples.size()) add_mean(metrics, "acc_norm", norms);
  return metrics;
}

// Number of the right option, as its multiple-choice tasks have it; other truths as they are.
std::string target_of(const SampleResult& r) {
  const bool letter = is_choice(r) && r.truth.size() == 1 && r.truth[0] >= 'A' && r.truth[0] <= 'Z';
  return letter ? std::to_string(r.truth[0] - 'A') : r.truth;
}

// The prompt and the continuation of an option: what was scored, where the run says it; the option's own text else.
std::pair<std::string, std::string> scored_texts(const SampleResult& r, std::size_t option) {
  if (r.extra.is_object()) {
    const auto all = r.extra.find("continuations"), lead = r.extra.find("lead");
    if (all != r.extra.end() && all->is_array() && option < all->size() && (*all)[option].is_string())
      return {r.prompt + (lead != r.extra.end() && lead->is_string() ? lead->get<std::string>() : std::string()),
              (*all)[option].get<std::string>()};
  }
  return {r.prompt, option < r.options.size() ? r.options[option] : std::string()};
}

void add_requests(Json& sample, const SampleResult& r) {
  Json arguments = Json::object(), replies = Json::array(), filtered = Json::array();
  if (is_choice(r) && !r.option_scores.empty()) {
    for (std::size_t i = 0; i < r.option_scores.size(); ++i) {
      auto [context, option] = scored_texts(r, i);
      arguments["gen_args_" + std::to_string(i)] = {{"arg_0", context}, {"arg_1", option}};
      // The second says whether the option is what greedy decoding would give: not known here.
      const Json reply = {number_text(r.option_scores[i]), "None"};
      replies.push_back(Json::array({reply}));
      filtered.push_back(reply);
    }
  } else if (r.is_cross_entropy()) {
    arguments["gen_args_0"] = {{"arg_0", r.prompt}, {"arg_1", r.truth}};
    replies.push_back(Json::array({number_text(-r.score)}));
    filtered.push_back(number_text(-r.score));
  } else {
    arguments["gen_args_0"] = {{"arg_0", r.prompt}, {"arg_1", Json::object()}};
    replies.push_back(Json::array({r.reply}));
    filtered.push_back(r.predicted ? *r.predicted : "[invalid]");
  }
  sample["arguments"] = std::move(arguments);
  sample["resps"] = std::move(replies);
  sample["filtered_resps"] = std::move(filtered);
}

void add_sample_metrics(Json& sample, const SampleResult& r, const std::string& metric) {
  if (r.is_cross_entropy()) {
    const Json pair = {results::number_json(-r.score), r.truth.size()};
    sample["metrics"] = {"byte_perplexity", "bits_per_byte"};
    sample["byte_perplexity"] = pair;
    sample["bits_per_byte"] = pair;
    return;
  }
  sample["metrics"] = Json::array({metric});
  sample[metric] = r.error.empty() ? r.score : 0;
  if (!r.score_norm) return;
  sample["metrics"].push_back("acc_norm");
  sample["acc_norm"] = r.error.empty() ? *r.score_norm : 0;
}

Json make_sample(const SampleResult& r, std::int64_t doc_id, const std::string& metric) {
  const std::string target = target_of(r);
  Json doc = {{"id", r.id},           {"subject", r.subject}, {"row", r.row}, {"question", r.question},
              {"choices", r.options}, {"answer", r.truth}};
  if (!r.extra.is_null()) doc["extra"] = r.extra;
  Json sample = {{"doc_id", doc_id}, {"doc", doc}, {"target", target}};
  add_requests(sample, r);
  sample["filter"] = "none";
  add_sample_metrics(sample, r, metric);
  sample["doc_hash"] = hash_text(results::dump(doc));
  sample["prompt_hash"] = hash_text(r.prompt);
  sample["target_hash"] = hash_text(target);
  if (!r.error.empty()) sample["error"] = r.error;
  return sample;
}

std::string task_hash(const Samples& samples) {
  std::string all;
  std::int64_t doc_id = 0;
  for (const SampleResult* r : samples) {
    const Json sample = make_sample(*r, doc_id++, "score");
    for (const char* key : {"doc_hash", "prompt_hash", "target_hash"}) all += sample[key].get<std::string>();
  }
  return hash_text(all);
}

Json higher_is_better(const Json& metrics) {
  Json better = Json::object();
  for (const auto& [key, value] : metrics.items()) {
    const std::size_t comma = key.find(",none");
    if (comma == std::string::npos || key.find("_stderr") != std::string::npos) continue;
    const std::string name = key.substr(0, comma);
    better[name] = name != "byte_perplexity" && name != "bits_per_byte";
  }
  return better;
}

Json run_config(const RunInfo& info, const SystemInfo* system) {
  return {{"model", system != nullptr ? system->kind : ""},
          {"model_args", system != nullptr ? Json(system->details) : Json()},
          {"batch_size", nullptr},
          {"device", "cpu"},
          {"limit", nullptr},
          {"bootstrap_iters", 0},
          {"random_seed", info.seeds}};
}

}  // namespace

Json lm_eval_sample(const SampleResult& result, std::int64_t doc_id) {
  return make_sample(result, doc_id, metric_of(Samples{&result}));
}

Json lm_eval_results(std::span<const SampleResult> all, const RunInfo& info, const std::string& system) {
  Json json = {{"results", Json::object()},  {"group_subtasks", Json::object()}, {"configs", Json::object()},
               {"versions", Json::object()}, {"n-shot", Json::object()},         {"higher_is_better", Json::object()},
               {"n-samples", Json::object()}};
  Json hashes = Json::object();
  for (const auto& [task, samples] : tasks_of(all, system)) {
    const Json metrics = json["results"][task] = task_metrics(task, samples);
    const TaskInfo* known = info.find_task(samples.front()->task);
    const Json details = known != nullptr ? Json(known->details) : Json();
    const Json shots = details.is_object() && details.contains("shots") ? details["shots"] : Json(0);
    json["group_subtasks"][task] = Json::array();
    json["configs"][task] = {{"task", task},
                             {"dataset_path", known != nullptr ? known->dataset : ""},
                             {"output_type", is_choice(*samples.front())           ? "multiple_choice"
                                             : samples.front()->is_cross_entropy() ? "loglikelihood_rolling"
                                                                                   : "generate_until"},
                             {"num_fewshot", shots},
                             {"metadata", details}};
    json["versions"][task] = 1;
    json["n-shot"][task] = shots;
    json["higher_is_better"][task] = higher_is_better(metrics);
    json["n-samples"][task] = {{"original", samples.size()}, {"effective", samples.size()}};
    hashes[task] = task_hash(samples);
  }
  const SystemInfo* known = info.find_system(system);
  json["config"] = run_config(info, known);
  json["git_hash"] = nullptr;
  json["date"] = info.started;
  json["pretty_env_info"] = {{"versions", info.versions}, {"hardware", info.hardware}};
  json["task_hashes"] = std::move(hashes);
  json["model_source"] = "c2c";
  json["model_name"] = known != nullptr && !known->model_name.empty() ? known->model_name : system;
  json["model_name_sanitized"] = results::file_name(system);
  json["start_time"] = info.started;
  json["end_time"] = info.finished;
  return json;
}

std::vector<std::filesystem::path> write_lm_eval_files(const std::filesystem::path& folder, const RunInfo& info,
                                                       const std::vector<SampleResult>& all, const std::string& time) {
  std::set<std::string> systems;
  for (const SampleResult& r : all) systems.insert(r.system);
  std::vector<std::filesystem::path> files;
  for (const std::string& system : systems) {
    const std::filesystem::path place = folder / results::file_name(system);
    files.push_back(place / ("results_" + time + ".json"));
    results::write_text(files.back(), results::dump(lm_eval_results(all, info, system), 2) + "\n");
    for (const auto& [task, samples] : tasks_of(all, system)) {
      const std::string metric = metric_of(samples);
      std::string lines;
      std::int64_t doc_id = 0;
      for (const SampleResult* r : samples) lines += results::dump(make_sample(*r, doc_id++, metric)) + "\n";
      files.push_back(place / ("samples_" + task + "_" + time + ".jsonl"));
      results::write_text(files.back(), lines);
    }
  }
  return files;
}

}  // namespace c2c
