#include "c2c/train/data/dataset_builder.h"

#include <algorithm>
#include <set>

#include "c2c/base/error.h"
#include "c2c/io/formats/sha256.h"
#include "c2c/text/side/text_side.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

// A file that was written again is another one.
std::string identity_of_file(const fs::path& path) {
  std::error_code error;
  const fs::path real = fs::weakly_canonical(path, error);
  const auto size = fs::file_size(path, error);
  const auto time = fs::last_write_time(path, error).time_since_epoch().count();
  return "file " + (real.empty() ? path : real).string() + " " + std::to_string(size) + " " + std::to_string(time);
}

class TableDataset final : public InstructionDataset {
 public:
  TableDataset(std::string type, DatasetView view, DatasetCounts counts, std::string fingerprint)
      : type_(std::move(type)), view_(std::move(view)), counts_(counts), fingerprint_(std::move(fingerprint)) {}

  void set_extractor(std::function<Messages(const Row&)> extract) { extract_ = std::move(extract); }
  const std::string& type() const override { return type_; }
  std::int64_t size() const override { return view_.size(); }
  DatasetCounts counts() const override { return counts_; }
  std::string fingerprint() const override { return fingerprint_; }

  std::optional<Messages> messages(std::int64_t i, std::string* why) const override {
    C2C_CHECK(i >= 0 && i < size(), "sample out of range");
    try {
      Messages messages = extract_(view_.row(i));
      if (!messages.empty()) return messages;
      if (why != nullptr) *why = place(i) + "no message is left";
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kInput) throw;
      if (why != nullptr) *why = (error.info().where.empty() ? place(i) : "") + error.what();
    }
    return std::nullopt;
  }

 private:
  std::string place(std::int64_t i) const {
    return view_.rows().name() + ": row " + std::to_string(view_.row_number(i)) + ": ";
  }

  std::string type_;
  DatasetView view_;
  DatasetCounts counts_;
  std::string fingerprint_;
  std::function<Messages(const Row&)> extract_;
};

}  // namespace

void CommonArguments::visit_fields(const FieldVisitor& visit) {
  visit({.key = "data_path",
         .flags = "",
         .help = "file, folder or org/name to read instead of the class's repository",
         .target = &data_path,
         .is_path = true});
  visit({.key = "split", .flags = "", .help = "part of the dataset", .target = &split});
  visit({.key = "num_samples", .flags = "", .help = "the first n; 0: all", .target = &num_samples, .minimum = 0});
}

void CountArguments::visit_fields(const FieldVisitor& visit) {
  visit({.key = "max_word_count",
         .flags = "",
         .help = "drops conversations of more tokens",
         .target = &max_word_count,
         .minimum = 0});
  visit({.key = "count_tokenizer",
         .flags = "",
         .help = "model whose tokenizer counts; receiver: the receiver's",
         .target = &count_tokenizer});
}

std::string identity_of(const TokenCounter& counter) {
  std::string text;
  if (counter.tokenizer != nullptr) {
    text = "tokens " + std::to_string(counter.tokenizer->vocab_size());
    for (const TokenId id : counter.tokenizer->encode_ids("Hello, world! 12345\n\n    été 漢字 don't <s>[INST]"))
      text.append(" ").append(std::to_string(id));
  }
  if (counter.chat != nullptr) text += " template " + sha256_of(counter.chat->source());
  return text;
}

void DatasetBuilder::log(const std::string& line) const {
  if (context_.log) context_.log(type_ + ": " + line);
}

std::shared_ptr<const RowSource> DatasetBuilder::open_files(const std::vector<fs::path>& files) {
  for (const fs::path& file : files) depend_on(identity_of_file(file));
  return open_rows(files);
}

void DatasetBuilder::use(std::shared_ptr<const RowSource> rows) {
  view_ = std::make_unique<DatasetView>(std::move(rows));
  counts_.rows = counts_.considered = view_->size();
}

void DatasetBuilder::require_columns(const std::vector<std::string>& columns) const {
  constexpr std::int64_t kProbes = 16;
  std::set<std::string> seen;
  std::string known;
  std::int64_t read = 0;
  for (std::int64_t i = 0; i < std::min(view_->size(), kProbes); ++i) try {
      const Row row = view_->row(i);
      ++read;
      for (const auto& [key, value] : row.items())
        if (seen.insert(key).second && seen.size() <= 20) known += (known.empty() ? "" : ", ") + key;
    } catch (const Error&) {  // NOLINT(bugprone-empty-catch)
      // Counted where it is wanted as a sample.
    }
  if (read == 0) return;
  for (const std::string& column : columns)
    if (!seen.contains(column))
      fail_input({.where = view_->rows().name(),
                  .key = "column " + column,
                  .found = known.empty() ? "no columns" : "the columns " + known,
                  .expected = "a table as " + type_ + " reads it"});
}

void DatasetBuilder::take_first(const std::optional<std::int64_t>& count) {
  const std::int64_t before = view_->size();
  view_->take_first(count.value_or(0));
  depend_on("first " + std::to_string(view_->size()));
  if (!filtered_) counts_.considered = view_->size();
  if (view_->size() < before)
    log("the first " + std::to_string(view_->size()) + " of " + std::to_string(before) + " rows");
}

void DatasetBuilder::filter(const RowPredicate& keep, const std::string& what) {
  depend_on("filter " + what);
  FilterRun run{.threads = context_.threads, .progress = context_.progress, .cache = {}, .key = facts_};
  if (!context_.cache.empty()) run.cache = context_.cache / ("rows-" + sha256_of(facts_).substr(0, 24) + ".kept");
  const std::int64_t before = view_->size();
  const DatasetView::Dropped dropped = view_->filter(keep, run);
  filtered_ = true;
  counts_.unreadable += dropped.unreadable;
  counts_.filtered += dropped.filtered;
  std::string line = what.substr(0, what.find('\n')) + ": " + std::to_string(before) + " -> ";
  line += std::to_string(view_->size()) + " samples";
  if (dropped.unreadable > 0) line += " (" + std::to_string(dropped.unreadable) + " rows could not be read)";
  if (view_->size() < before) log(line);
}

void DatasetBuilder::filter_tokens(const CountArguments& arguments,
                                   const std::function<Messages(const Row&)>& extract) {
  if (!arguments.max_word_count) return;
  TokenCounter tokens = counter(arguments.count_tokenizer);
  const std::string what = "at most " + std::to_string(*arguments.max_word_count) + " tokens";
  const std::string identity = identity_of(tokens);
  const auto text = [extract](const Row& row) {
    Messages messages = extract(row);
    if (messages.empty()) fail_input({.found = "no message is left"});
    return RowText(std::move(messages));
  };
  filter(token_count_filter(*arguments.max_word_count, text, std::move(tokens)), what + "\n" + identity);
}

TokenCounter DatasetBuilder::counter(const std::string& count_tokenizer) const {
  if (!count_tokenizer.empty() && count_tokenizer != "receiver") {
    // Said twice: a model's folder needs no weights here.
    const TextSide side = load_text_side({.model = count_tokenizer, .tokenizer = count_tokenizer}, "count_tokenizer");
    return {side.tokenizer, side.chat};
  }
  if (context_.tokenizer == nullptr || context_.chat == nullptr)
    fail_usage({.where = context_.where,
                .key = type_,
                .found = "tokens to count, but no receiver",
                .hint = "name a tokenizer: \"count_tokenizer\": \"Qwen/Qwen3-0.6B\""});
  return {context_.tokenizer, context_.chat};
}

std::shared_ptr<const InstructionDataset> DatasetBuilder::finish(std::function<Messages(const Row&)> extract) {
  if (view_->size() == 0)
    fail_input({.where = view_->rows().name(),
                .found = "no sample: " + std::to_string(counts_.rows) + " rows, " + std::to_string(counts_.filtered) +
                         " dropped by filters, " + std::to_string(counts_.unreadable) + " unreadable",
                .expected = "at least one"});
  auto dataset = std::make_shared<TableDataset>(type_, std::move(*view_), counts_, sha256_of(type_ + "\n" + facts_));
  dataset->set_extractor(std::move(extract));
  return dataset;
}

}  // namespace c2c
