#include "c2c/eval/results/reference_files.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "c2c/eval/results/json_fields.h"
#include "c2c/eval/results/output_names.h"
#include "c2c/eval/results/text_table.h"

namespace c2c {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kColumns =
    "subject,question_id,question,A,B,C,D,E,F,G,H,I,J,true_answer,pred,is_correct,answer_method,cot_pred,"
    "cot_input_length,cot_gen_length,cot_output,answer_latency_ms,extraction_method_used,ground_truth_normalized,"
    "extracted_normalized\r\n";

bool is_generate(const SampleResult& r) {
  return r.method == "generate";
}
bool is_right(const SampleResult& r) {
  return r.score >= 1;
}
// Benchmarks without subjects are split by worker there; here one worker has all.
std::string subject_of(const SampleResult& r) {
  return r.subject.empty() ? "SPLIT_0_OF_1" : r.subject;
}
std::int64_t generated(const SampleResult& r) {
  return r.new_tokens + r.context_tokens;
}
double length_ratio(const SampleResult& r) {
  return r.prompt_tokens > 0 ? static_cast<double>(generated(r)) / static_cast<double>(r.prompt_tokens) : 0;
}
Json prediction(const SampleResult& r) {
  return r.predicted ? Json(*r.predicted) : Json();
}

struct Mean {
  double sum = 0;
  std::int64_t count = 0;
  void add(double value) {
    sum += value;
    ++count;
  }
  double value() const { return count == 0 ? 0 : sum / static_cast<double>(count); }
};

std::string without_end_newlines(const std::string& text) {
  const std::size_t begin = text.find_first_not_of('\n');
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of('\n') - begin + 1);
}

std::string cot_output(const SampleResult& r) {
  const bool two_stage = r.context_tokens > 0 || !r.context.empty();
  if (!two_stage) return is_generate(r) ? without_end_newlines(r.reply) : std::string();
  return "[Background Context]:\n" + r.context + (is_generate(r) ? "\n\n[Answer]:\n" + r.reply : std::string());
}

Json length_statistics(std::span<const SampleResult> results, bool by_subcategory) {
  struct Group {
    Mean input, gen, ratio, right;
  };
  std::map<std::string, Group> groups;
  for (const SampleResult& r : results) {
    if (!r.error.empty()) continue;
    Group& group = groups[by_subcategory ? r.subcategory : subject_of(r)];
    group.input.add(static_cast<double>(r.prompt_tokens));
    group.gen.add(static_cast<double>(generated(r)));
    group.ratio.add(length_ratio(r));
    group.right.add(is_right(r) ? 1 : 0);
  }
  Json json = Json::object();
  for (const auto& [name, group] : groups)
    json[name] = {{"avg_input_length", group.input.value()},
                  {"avg_gen_length", group.gen.value()},
                  {"avg_length_ratio", group.ratio.value()},
                  {"accuracy", group.right.value()},
                  {"total_samples", group.input.count}};
  return {{by_subcategory ? "subcategories" : "subjects", std::move(json)}};
}

Json means_json(const std::map<std::string, Mean>& means) {
  Json json = Json::object();
  for (const auto& [name, mean] : means)
    if (!name.empty()) json[name] = mean.value();
  return json;
}

// JSON as the reference writes it: two spaces, ASCII only.
std::string reference_dump(const Json& json) {
  return json.dump(2, ' ', true, Json::error_handler_t::replace);
}

std::string longbench_lines(std::span<const SampleResult> results) {
  std::string lines;
  for (const SampleResult& r : results) {
    if (!r.error.empty()) continue;
    const auto field = [&r](const char* key) -> Json {
      return r.extra.is_object() && r.extra.contains(key) ? Json(r.extra[key]) : Json();
    };
    lines += results::dump(Json{{"pred", without_end_newlines(r.reply)},
                                {"answers", field("answers")},
                                {"all_classes", field("all_classes")},
                                {"length", field("length")},
                                {"_id", field("_id")}}) +
             "\n";
  }
  return lines;
}

}  // namespace

Json reference_summary(std::span<const SampleResult> results, const ReferenceLabels& labels) {
  Mean overall;
  std::map<std::string, Mean> subjects, categories, subcategories;
  bool lengths = false;
  const bool graded = labels.dataset != "longbench";
  for (const SampleResult& r : results) {
    if (!r.error.empty()) continue;  // skipped there
    lengths = lengths || is_generate(r);
    if (!graded) continue;
    const double right = is_right(r) ? 1 : 0;
    overall.add(right);
    subjects[subject_of(r)].add(right);
    categories[r.category].add(right);
    subcategories[r.subcategory].add(right);
  }
  Json json = {{"model", labels.model},
               {"dataset", labels.dataset},
               {"answer_method", labels.method},
               {"overall_accuracy", overall.value()},
               {"subjects", means_json(subjects)}};
  const bool by_subcategory = labels.dataset == "mmlu-redux";
  if (by_subcategory) {
    json["categories"] = means_json(categories);
    json["subcategories"] = means_json(subcategories);
  }
  if (lengths) json["length_statistics"] = length_statistics(results, by_subcategory);
  return json;
}

Json reference_lengths(std::span<const SampleResult> results) {
  Json list = Json::array();
  for (const SampleResult& r : results) {
    if (!r.error.empty() || !is_generate(r)) continue;
    list.push_back({{"subject", subject_of(r)},
                    {"question_id", r.row},
                    {"input_length", r.prompt_tokens},
                    {"gen_length", generated(r)},
                    {"length_ratio", length_ratio(r)},
                    {"is_correct", is_right(r)},
                    {"pred", prediction(r)},
                    {"true_answer", r.truth}});
  }
  return list;
}

std::string reference_csv(std::span<const SampleResult> results) {
  std::string text = kColumns;
  for (const SampleResult& r : results) {
    if (!r.error.empty()) continue;
    std::vector<std::string> cells = {subject_of(r), std::to_string(r.row), r.question};
    for (std::size_t i = 0; i < 10; ++i) cells.push_back(i < r.options.size() ? r.options[i] : "");
    cells.insert(cells.end(), {r.truth, r.predicted.value_or(""), is_right(r) ? "True" : "False", r.method});
    const bool generate = is_generate(r);
    cells.insert(cells.end(),
                 {generate ? r.predicted.value_or("") : "", generate ? std::to_string(r.prompt_tokens) : "",
                  generate ? std::to_string(generated(r)) : "", cot_output(r), Json(r.total_ms).dump()});
    cells.resize(cells.size() + 3);
    for (std::size_t i = 0; i < cells.size(); ++i) text += (i == 0 ? "" : ",") + results::csv_field(cells[i]);
    text += "\r\n";
  }
  return text;
}

std::vector<std::filesystem::path> write_reference_files(const std::filesystem::path& folder, const RunInfo& info,
                                                         const std::vector<SampleResult>& results,
                                                         const std::string& time) {
  std::map<std::tuple<std::string, std::string, std::string>, std::vector<SampleResult>> cells;
  for (const SampleResult& r : results)
    if (!r.is_cross_entropy()) cells[{r.system, r.task, r.method}].push_back(r);
  std::vector<std::filesystem::path> files;
  const auto write = [&files](const std::filesystem::path& path, const std::string& text) {
    results::write_text(path, text);
    files.push_back(path);
  };
  const results::OutputNames names(info);
  for (const auto& [key, cell] : cells) {
    const auto& [system, task, method] = key;
    const SystemInfo* known = info.find_system(system);
    const TaskInfo* known_task = info.find_task(task);
    const std::string dataset = known_task != nullptr && !known_task->dataset.empty() ? known_task->dataset : task;
    const std::string model = names.model(system);
    const std::string stem = model + "_" + names.dataset(task) + "_" + method + "_" + time + "_";
    const std::string model_name = known != nullptr && !known->model_name.empty() ? known->model_name : system;
    if (dataset == "longbench") {
      std::map<std::string, std::vector<SampleResult>> parts;
      for (const SampleResult& r : cell) parts[r.subject.empty() ? task : r.subject].push_back(r);
      for (const auto& [part, members] : parts) {
        const bool extended = part.ends_with("_e");
        const std::string name = results::file_name(extended ? part.substr(0, part.size() - 2) : part);
        write(folder / (extended ? "pred_e" : "pred") / model / (name + ".jsonl"), longbench_lines(members));
      }
      continue;
    }
    write(folder / (stem + "summary.json"), reference_dump(reference_summary(cell, {model_name, dataset, method})));
    if (method == "generate") write(folder / (stem + "length.json"), reference_dump(reference_lengths(cell)));
    write(folder / (stem + "cot.csv"), reference_csv(cell));
  }
  return files;
}

}  // namespace c2c
