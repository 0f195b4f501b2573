#include "c2c/eval/grading/longbench.h"

#include <algorithm>
#include <vector>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/eval/grading/characters.h"
#include "c2c/eval/grading/normal_text.h"
#include "c2c/eval/grading/rouge.h"
#include "c2c/eval/grading/sequence_match.h"

namespace c2c::grading {
namespace {

using View = std::u32string_view;
using Metric = LongBenchMetric;

struct Task {
  std::string_view name;
  Metric metric;
  bool first_line = false;
};
constexpr Task kTasks[] = {{"narrativeqa", Metric::kQaF1},
                           {"qasper", Metric::kQaF1},
                           {"multifieldqa_en", Metric::kQaF1},
                           {"multifieldqa_zh", Metric::kQaF1Chinese},
                           {"hotpotqa", Metric::kQaF1},
                           {"2wikimqa", Metric::kQaF1},
                           {"musique", Metric::kQaF1},
                           {"dureader", Metric::kRougeChinese},
                           {"gov_report", Metric::kRouge},
                           {"qmsum", Metric::kRouge},
                           {"multi_news", Metric::kRouge},
                           {"vcsum", Metric::kRougeChinese},
                           {"trec", Metric::kClassification, true},
                           {"triviaqa", Metric::kQaF1, true},
                           {"samsum", Metric::kRouge, true},
                           {"lsht", Metric::kClassification, true},
                           {"passage_retrieval_en", Metric::kRetrieval},
                           {"passage_count", Metric::kCount},
                           {"passage_retrieval_zh", Metric::kRetrievalChinese},
                           {"lcc", Metric::kCodeSimilarity},
                           {"repobench-p", Metric::kCodeSimilarity}};

const Task* task_named(std::string_view name) {
  for (const std::string_view tried : {name, name.ends_with("_e") ? name.substr(0, name.size() - 2) : name})
    for (const Task& task : kTasks)
      if (task.name == tried) return &task;
  return nullptr;
}

std::vector<std::u32string> words_of(View text, const LongBenchContext& context) {
  return context.words != nullptr ? context.words->cut(text) : cut_characters(text);
}

double chinese_f1(View prediction, View answer, const LongBenchContext& context) {
  const auto tokens = [&](View text) {
    std::vector<std::u32string> out;
    for (const std::u32string& word : words_of(text, context)) {
      std::u32string normal = normal_chinese_answer(word);
      if (!normal.empty()) out.push_back(std::move(normal));
    }
    return out;
  };
  return token_f1(tokens(prediction), tokens(answer));
}

double chinese_rouge(View prediction, View answer, const LongBenchContext& context) {
  const auto spaced = [&](View text) {
    std::u32string out;
    bool first = true;
    for (const std::u32string& word : words_of(text, context)) {
      if (!first) out += U' ';
      out += word;
      first = false;
    }
    return out;
  };
  return rouge_l(spaced(prediction), spaced(answer));
}

std::vector<View> numbers_in(View text) {
  std::vector<View> out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && is_digit(text[end])) ++end;
    if (end > i) out.push_back(text.substr(i, end - i));
    i = std::max(end, i + 1);
  }
  return out;
}

// The part of the prediction's numbers that is the wanted one.
double share_of(View wanted, View prediction) {
  const std::vector<View> numbers = numbers_in(prediction);
  if (numbers.empty()) return 0;
  return static_cast<double>(std::count(numbers.begin(), numbers.end(), wanted)) / static_cast<double>(numbers.size());
}

double retrieval(View prediction, View answer, View label) {
  for (std::size_t i = answer.find(label); i != View::npos; i = answer.find(label, i + 1)) {
    std::size_t end = i + label.size();
    while (end < answer.size() && is_digit(answer[end])) ++end;
    if (end > i + label.size()) return share_of(answer.substr(i + label.size(), end - i - label.size()), prediction);
  }
  fail_input({.where = "LongBench answer",
              .key = {},
              .found = to_utf8(answer.substr(0, 60)),
              .expected = "\"" + to_utf8(label) + "N\"",
              .hint = {}});
}

double classification(std::string_view prediction, std::string_view answer, std::span<const std::string> classes) {
  std::vector<std::string_view> found;
  for (const std::string& name : classes)
    if (prediction.find(name) != std::string_view::npos) found.push_back(name);
  // The original removes from the list that it walks: the entry after a removed one is skipped.
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::string_view name = found[i];
    if (name != answer && answer.find(name) != std::string_view::npos)
      found.erase(std::find(found.begin(), found.end(), name));
  }
  if (std::find(found.begin(), found.end(), answer) == found.end()) return 0;
  return 1.0 / static_cast<double>(found.size());
}

View without_leading_feeds(View text) {
  while (!text.empty() && text.front() == U'\n') text.remove_prefix(1);
  return text;
}

// The first line without a comment sign or a code fence.
double code_similarity(View prediction, View answer) {
  prediction = without_leading_feeds(prediction);
  for (std::size_t begin = 0; begin <= prediction.size();) {
    const std::size_t end = std::min(prediction.find(U'\n', begin), prediction.size());
    const View line = prediction.substr(begin, end - begin);
    if (line.find(U'`') == View::npos && line.find(U'#') == View::npos && line.find(U"//") == View::npos)
      return fuzzy_ratio(line, answer) / 100.0;
    begin = end + 1;
  }
  return fuzzy_ratio(View(), answer) / 100.0;
}

}  // namespace

std::optional<LongBenchMetric> longbench_metric(std::string_view task) {
  const Task* found = task_named(task);
  if (found == nullptr) return std::nullopt;
  return found->metric;
}

std::string_view longbench_metric_name(LongBenchMetric metric) {
  constexpr std::string_view kNames[] = {"qa_f1",     "qa_f1_zh",     "rouge", "rouge_zh", "classification",
                                         "retrieval", "retrieval_zh", "count", "code_sim"};
  return kNames[static_cast<std::size_t>(metric)];
}

bool longbench_uses_words(LongBenchMetric metric) {
  return metric == Metric::kQaF1Chinese || metric == Metric::kRougeChinese;
}

double longbench_score(LongBenchMetric metric, std::string_view prediction, std::string_view answer,
                       const LongBenchContext& context) {
  if (metric == Metric::kClassification) return classification(prediction, answer, context.classes);
  const std::u32string said = to_utf32(prediction);
  const std::u32string wanted = to_utf32(answer);
  switch (metric) {
    case Metric::kQaF1:
      return token_f1(split(normal_answer(said)), split(normal_answer(wanted)));
    case Metric::kQaF1Chinese:
      return chinese_f1(said, wanted, context);
    case Metric::kRouge:
      return rouge_l(said, wanted);
    case Metric::kRougeChinese:
      return chinese_rouge(said, wanted, context);
    case Metric::kRetrieval:
      return retrieval(said, wanted, U"Paragraph ");
    case Metric::kRetrievalChinese:
      return retrieval(said, wanted, U"段落");
    case Metric::kCount:
      return share_of(wanted, said);
    default:
      return code_similarity(said, wanted);
  }
}

double longbench_sample_score(std::string_view task, std::string_view prediction, std::span<const std::string> answers,
                              const LongBenchContext& context) {
  const Task* found = task_named(task);
  if (found == nullptr)
    fail_usage({.where = "LongBench",
                .key = "task",
                .found = std::string(task),
                .expected = "one of its 21 tasks",
                .hint = "c2c eval --list names them"});
  if (found->first_line) {
    while (!prediction.empty() && prediction.front() == '\n') prediction.remove_prefix(1);
    prediction = prediction.substr(0, prediction.find('\n'));
  }
  double best = 0;
  for (const std::string& answer : answers)
    best = std::max(best, longbench_score(found->metric, prediction, answer, context));
  return best;
}

}  // namespace c2c::grading
