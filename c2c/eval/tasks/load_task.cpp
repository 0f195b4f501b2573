#include "c2c/eval/tasks/load_task.h"

#include <algorithm>
#include <set>

#include "c2c/base/error.h"
#include "c2c/eval/grading/longbench.h"
#include "c2c/eval/tasks/read_choices.h"
#include "c2c/eval/tasks/task_rows.h"
#include "c2c/io/formats/sha256.h"

namespace c2c {
namespace {

constexpr std::int64_t kMaxBadPercent = 1;

class Loader {
 public:
  explicit Loader(const EvalTask& task) : task_(task) {
    data_.benchmark = &find_benchmark(task.dataset);
    data_.prompts = load_prompts(task.prompt);
    if (data_.benchmark->open != nullptr) source_ = data_.benchmark->open(task);
  }

  TaskData operator()() {
    const std::vector<SubjectRows> subjects = open_subjects(*data_.benchmark, task_, source_, data_.files);
    for (const SubjectRows& subject : subjects) load_subject(subject);
    check_bad();
    if (data_.benchmark->truth == TruthKind::kIdeals && !subjects.empty()) add_common_replies(*subjects.front().rows);
    finish();
    return std::move(data_);
  }

 private:
  bool exact() const { return task_.mode == grading::Mode::kExact; }

  void load_subject(const SubjectRows& subject) {
    const std::string shots = task_.shots > 0 ? shots_text(subject.id_prefix) : std::string();
    for (const std::int64_t row : subject.wanted) {
      ++data_.rows;
      try {
        load_row(subject, row, shots);
      } catch (const FieldProblem& problem) {
        const std::string place = subject.rows->name() + ", row " + std::to_string(row);
        data_.bad.push_back({place, subject.subject.name, row, problem.field, problem.found, problem.expected});
      } catch (const Error& error) {
        if (error.kind() == ErrorKind::kInternal) throw;
        const ErrorInfo& info = error.info();
        const std::string place =
            info.where.empty() ? subject.rows->name() + ", row " + std::to_string(row) : info.where;
        data_.bad.push_back({place, subject.subject.name, row, info.key, info.found, info.expected});
      }
    }
  }

  void load_row(const SubjectRows& subject, std::int64_t index, const std::string& shots) {
    const Row row = subject.rows->row(index);
    const RowContext context{task_, subject.subject.name, source_};
    RowDraft draft = data_.benchmark->read(RowFields(row), context);
    if (draft.left_out) {
      ++data_.left_out[*draft.left_out];
      return;
    }
    EvalSample& sample = draft.sample;
    sample.id = subject.id_prefix + "/" + std::to_string(index);
    sample.row = index;
    sample.split = subject.split;
    if (sample.subject.empty()) sample.subject = subject.subject.name;
    if (!subject.subject.category.empty()) sample.category = subject.subject.category;
    sample.subcategory = subject.subject.subcategory;
    if (!is_asked_for(sample)) {
      ++data_.left_out["subjects"];
      return;
    }
    write_prompt(sample, shots);
    data_.samples.push_back(std::move(sample));
  }

  // Benchmarks without subjects of their own in mode fixed, and local files: by what rows say.
  bool is_asked_for(const EvalSample& sample) const {
    if (data_.benchmark->by_subject || task_.subjects.empty()) return true;
    if (exact() && !data_.benchmark->datasets.empty()) return true;  // parts
    return std::any_of(task_.subjects.begin(), task_.subjects.end(),
                       [&](const std::string& name) { return name == sample.subject || name == sample.category; });
  }

  void write_prompt(EvalSample& sample, const std::string& shots) const {
    const PromptStyle style{task_.use_cot, task_.use_template, task_.mode};
    if (data_.benchmark->prompt == PromptKind::kChoice) {
      const std::string choices = choices_text(data_.prompts.option, sample.options);
      sample.messages = {
          {"user", choice_prompt(data_.prompts, style, sample.question, choices, sample.options.size())}};
      if (shots.empty()) return;
      const FewShotPrompts& few = few_shot_prompts();
      const std::string lines = choices_text(few.option, sample.options);
      sample.shots = shots;
      sample.shot_query = fill_template(few.query, {{"question", sample.question}, {"choices", lines}});
    } else if (data_.benchmark->prompt == PromptKind::kMath) {
      sample.messages = {{"user", math_prompt(data_.prompts, sample.question)}};
    }
  }

  // Header and examples of a subject.
  std::string shots_text(const std::string& subject) const {
    const Benchmark& benchmark = *data_.benchmark;
    if (benchmark.prompt != PromptKind::kChoice)
      fail_usage({.where = "benchmark " + std::string(benchmark.name),
                  .key = "shots",
                  .found = std::to_string(task_.shots),
                  .expected = "0: examples stand before questions with choices only"});
    const auto rows = open_shots(benchmark, task_, subject);
    const ReadRow read = benchmark.shots_read != nullptr ? benchmark.shots_read : benchmark.read;
    const FewShotPrompts& few = few_shot_prompts();
    std::string words = subject;
    std::replace(words.begin(), words.end(), '_', ' ');
    std::string text = fill_template(few.header, {{"subject", words}});
    std::int64_t taken = 0;
    for (std::int64_t i = 0; i < rows->size() && taken < task_.shots; ++i) {
      const std::string place = rows->name() + ", row " + std::to_string(i);
      try {
        const Row row = rows->row(i);
        const RowDraft draft = read(RowFields(row), {task_, subject, source_});
        if (draft.left_out) continue;
        const std::string lines = choices_text(few.option, draft.sample.options);
        text += fill_template(
            few.shot, {{"question", draft.sample.question}, {"choices", lines}, {"answer", draft.sample.truth.text}});
        ++taken;
      } catch (const FieldProblem& problem) {
        fail_input({.where = place, .key = problem.field, .found = problem.found, .expected = problem.expected});
      }
    }
    if (taken < task_.shots)
      fail_input({.where = "benchmark " + std::string(benchmark.name) + ": " + rows->name(),
                  .key = "shots",
                  .found = std::to_string(taken) + " examples",
                  .expected = std::to_string(task_.shots)});
    return text;
  }

  void check_bad() const {
    const auto bad = static_cast<std::int64_t>(data_.bad.size());
    if (bad * 100 <= kMaxBadPercent * data_.rows) return;
    std::string first;
    for (std::size_t i = 0; i < std::min<std::size_t>(3, data_.bad.size()); ++i)
      first += (i > 0 ? "; " : "") + data_.bad[i].text();
    fail_input({.where = "benchmark " + std::string(data_.benchmark->name),
                .found = std::to_string(bad) + " malformed rows of " + std::to_string(data_.rows) + ": " + first,
                .expected = "at most " + std::to_string(kMaxBadPercent) + " %"});
  }

  // A set whose questions list no options but whose ideals are a few words (yes, no): those are the options.
  void add_common_replies(const RowSource& rows) {
    constexpr std::size_t kMost = 10;
    std::map<std::string, std::int64_t> counts;
    for (std::int64_t i = 0; i < rows.size() && counts.size() <= kMost; ++i) try {
        const Row row = rows.row(i);
        const std::vector<std::string> ideals = RowFields(row).texts("ideal");
        if (!ideals.empty()) ++counts[ideals.front()];
      } catch (const FieldProblem&) {  // counted where it was read as a sample
      } catch (const Error&) {
      }
    const bool few = counts.size() >= 2 && counts.size() <= kMost &&
                     std::all_of(counts.begin(), counts.end(), [](const auto& item) { return item.second >= 2; });
    if (!few) return;
    for (EvalSample& sample : data_.samples) {
      if (!sample.options.empty()) continue;
      for (const auto& [text, count] : counts) {
        if (text == sample.truth.text) sample.truth.options = {static_cast<int>(sample.options.size())};
        sample.options.push_back(text);
      }
      sample.replies = sample.options;
    }
  }

  void finish() {
    const Benchmark& benchmark = *data_.benchmark;
    data_.options = exact() || benchmark.options_fixed == 0 ? benchmark.options : benchmark.options_fixed;
    if (benchmark.datasets.empty()) {
      data_.options = 0;
      for (const EvalSample& sample : data_.samples)
        data_.options = std::max(data_.options, static_cast<int>(sample.options.size()));
    }
    if (benchmark.truth == TruthKind::kMath) data_.math = grading::math_truth(std::string(benchmark.name));
    data_.match = source_.match.value_or(grading::IdealMatch::kStartsWith);
    data_.ideal_options.ignore_case = source_.ignore_case;
    std::set<std::string> seen;
    Sha256 hash;
    const auto add = [&hash](const std::string& text) {
      const std::string counted = std::to_string(text.size()) + ":" + text;
      hash.update(std::as_bytes(std::span(counted)));
    };
    for (const EvalSample& sample : data_.samples) {
      if (seen.insert(sample.subject).second)
        data_.subjects.push_back({sample.subject, sample.subcategory, benchmark.by_subject ? sample.category : ""});
      add(sample.id);
      for (const Message& message : sample.messages) add(message.role), add(message.content);
      for (const std::string& option : sample.options) add(option);
      add(sample.shots);
      add(sample.truth.text);
      for (const std::string& answer : sample.truth.answers) add(answer);
    }
    data_.fingerprint = hash.hex();
    load_words();
  }

  void load_words() {
    std::set<std::string> tasks;
    for (const EvalSample& sample : data_.samples) {
      const auto metric = grading::longbench_metric(sample.longbench.task);
      if (metric && grading::longbench_uses_words(*metric)) tasks.insert(sample.longbench.task);
    }
    data_.chinese_tasks.assign(tasks.begin(), tasks.end());
    if (!tasks.empty() && !task_.jieba.empty()) data_.jieba = load_jieba(task_.jieba);
  }

  const EvalTask& task_;
  TaskSource source_;
  TaskData data_;
};

}  // namespace

std::string BadRow::text() const {
  std::string line = place;
  if (!field.empty()) line += ": " + field;
  line += ": found " + found;
  return expected.empty() ? line : line + ", expected " + expected;
}

TaskData load_task(const EvalTask& task) {
  return Loader(task)();
}

Messages with_shots(const EvalSample& sample) {
  Messages messages = sample.messages;
  if (!sample.shots.empty()) messages.back().content = sample.shots + sample.shot_query;
  return messages;
}

}  // namespace c2c
