// LongBenchChatDataset: one table per task, joined; long prompts are cut in the middle.
#include <algorithm>

#include "c2c/base/error.h"
#include "c2c/io/config/assign.h"
#include "c2c/text/chat/jinja_text.h"
#include "c2c/train/data/dataset_builder.h"
#include "c2c/train/data/dataset_classes.h"
#include "c2c/train/data/extract.h"
#include "c2c/train/data/longbench_templates.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr const char* kSource = "dataset_source";

struct LongBenchArguments : CommonArguments {
  std::string dataset_name, language;
  std::optional<std::int64_t> max_word_count;  // the reference takes and ignores it, and the language
  std::optional<std::int64_t> max_length = 14000;
  std::string count_tokenizer = "receiver";
  bool use_longbench_e = true, filter_mod4 = true;

  void visit_fields(const FieldVisitor& visit) {
    CommonArguments::visit_fields(visit);
    visit({.key = "dataset_name", .flags = "", .help = "one task instead of all", .target = &dataset_name});
    visit({.key = "language", .flags = "", .help = "without effect, as in the reference", .target = &language});
    visit({.key = "max_word_count", .flags = "", .help = "without effect", .target = &max_word_count});
    visit({.key = "max_length",
           .flags = "",
           .help = "tokens of a prompt; what is more is cut out of its middle",
           .target = &max_length,
           .minimum = 2});
    visit({.key = "count_tokenizer",
           .flags = "",
           .help = "model whose tokenizer cuts; receiver: the receiver's",
           .target = &count_tokenizer});
    visit({.key = "use_longbench_e", .flags = "", .help = "LongBench-E", .target = &use_longbench_e});
    visit({.key = "filter_mod4",
           .flags = "",
           .help = "leaves out the quarter that the evaluation uses",
           .target = &filter_mod4});
  }
};

// A table whose rows say which task they are of.
class TaskRows final : public RowSource {
 public:
  TaskRows(std::shared_ptr<const RowSource> rows, std::string task) : rows_(std::move(rows)), task_(std::move(task)) {}
  std::int64_t size() const override { return rows_->size(); }
  const std::string& name() const override { return rows_->name(); }
  Row row(std::int64_t i) const override {
    Row row = rows_->row(i);
    row[kSource] = task_;
    return row;
  }

 private:
  std::shared_ptr<const RowSource> rows_;
  std::string task_;
};

std::vector<std::string> active_tasks(const LongBenchArguments& arguments, const DatasetContext& context) {
  std::vector<std::string> tasks;
  for (const LongBenchTask& task : longbench_tasks())
    if (task.in_e || !arguments.use_longbench_e) tasks.emplace_back(task.name);
  if (arguments.dataset_name.empty()) return tasks;
  if (std::find(tasks.begin(), tasks.end(), arguments.dataset_name) == tasks.end()) {
    const std::string near = nearest_name(arguments.dataset_name, tasks);
    fail_usage({.where = context.where,
                .key = "dataset_name",
                .found = arguments.dataset_name,
                .expected = std::string("a task of LongBench") + (arguments.use_longbench_e ? "-E" : ""),
                .hint = near.empty() ? "" : "did you mean " + near + "?"});
  }
  return {arguments.dataset_name};
}

// Every task's table that is there; a single file is read whole, its rows' `dataset` naming the task.
std::shared_ptr<const RowSource> open_tasks(DatasetBuilder& builder, const LongBenchArguments& arguments,
                                            const DatasetContext& context) {
  const std::vector<std::string> tasks = active_tasks(arguments, context);
  const std::string place = arguments.data_path.empty() ? "THUDM/LongBench" : arguments.data_path;
  std::error_code code;
  if (fs::is_regular_file(place, code)) {
    auto rows = builder.open_files({place});
    if (arguments.dataset_name.empty()) return rows;
    return std::make_shared<TaskRows>(std::move(rows), arguments.dataset_name);
  }
  std::vector<std::shared_ptr<const RowSource>> parts;
  std::string problem;
  for (const std::string& task : tasks) try {
      const std::string config = task + (arguments.use_longbench_e ? "_e" : "");
      const auto files = dataset_files({place, config, arguments.split.empty() ? "test" : arguments.split, true});
      parts.push_back(std::make_shared<TaskRows>(builder.open_files(files), task));
      builder.depend_on("task " + task);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kInput) throw;
      problem = error.what();
      builder.log("warning: no " + task + ": " + problem);
    }
  if (parts.empty())
    fail_input(
        {.where = place, .found = "none of " + std::to_string(tasks.size()) + " tasks; the last one: " + problem});
  return concatenate_rows(std::move(parts));
}

// The prompt's two ends of half the length each, decoded, where it is longer.
std::string cut_middle(const std::string& prompt, const Tokenizer& tokenizer, std::int64_t max_length) {
  const std::vector<TokenId> ids = tokenizer.encode_ids(prompt);
  if (static_cast<std::int64_t>(ids.size()) <= max_length) return prompt;
  const std::int64_t half = max_length / 2;
  return tokenizer.decode({ids.begin(), ids.begin() + half}, true) +
         tokenizer.decode({ids.end() - half, ids.end()}, true);
}

// Both fields at once: what a context says must not be taken for a field.
std::string fill_prompt(std::string_view prompt, const Row& row) {
  std::string text;
  while (true) {
    const std::size_t brace = std::min(prompt.find('{'), prompt.size());
    text += prompt.substr(0, brace);
    if (brace == prompt.size()) return text;
    const std::size_t close = prompt.find('}', brace);
    text += text_field(row, std::string(prompt.substr(brace + 1, close - brace - 1)));
    prompt.remove_prefix(close + 1);
  }
}

std::string_view prompt_of(const Row& row, bool longbench_e) {
  std::string task = optional_text_field(row, row.contains(kSource) ? kSource : "dataset");
  if (longbench_e && task.ends_with("_e")) task.resize(task.size() - 2);
  const auto tasks = longbench_tasks();
  const auto found = std::find_if(tasks.begin(), tasks.end(), [&](const auto& known) { return known.name == task; });
  return (found == tasks.end() ? tasks.front() : *found).prompt;
}

}  // namespace

DatasetPointer make_longbench(const Json& kwargs, const DatasetContext& context) {
  LongBenchArguments arguments;
  assign_fields(fields_of(arguments), kwargs.is_null() ? Json::object() : kwargs,
                {.name = context.where, .folder = context.folder});
  DatasetBuilder builder("LongBenchChatDataset", context);
  TokenCounter counter;
  if (arguments.max_length) {
    counter = builder.counter(arguments.count_tokenizer);
    builder.depend_on("at most " + std::to_string(*arguments.max_length) + " " + identity_of({counter.tokenizer, {}}));
  }
  builder.use(open_tasks(builder, arguments, context));
  builder.require_columns({"context", "input", "answers"});
  if (arguments.filter_mod4) builder.filter(sha256_mod4_filter(), "_id of the three quarters for training");
  builder.take_first(arguments.num_samples);
  const bool longbench_e = arguments.use_longbench_e;
  const std::int64_t max_length = arguments.max_length.value_or(0);
  return builder.finish([=, tokenizer = counter.tokenizer](const Row& row) -> Messages {
    std::string prompt = fill_prompt(prompt_of(row, longbench_e), row);
    if (tokenizer != nullptr) prompt = cut_middle(prompt, *tokenizer, max_length);
    return {{"user", stripped(prompt)}, {"assistant", first_answer(row)}};
  });
}

}  // namespace c2c
