// What the dataset classes are made of: find files, open them, check columns, select, filter, then turn rows into
// conversations. The order of the calls is the order of the steps.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "c2c/io/config/field.h"
#include "c2c/train/data/dataset.h"
#include "c2c/train/data/dataset_source.h"
#include "c2c/train/data/dataset_view.h"
#include "c2c/train/data/filters.h"

namespace c2c {

// Arguments of every class.
struct CommonArguments {
  std::string data_path;  // instead of the class's repository
  std::string split;
  std::optional<std::int64_t> num_samples;  // the first n; absent or 0: all
  void visit_fields(const FieldVisitor& visit);
};

// Arguments of the classes that drop long conversations.
struct CountArguments {
  std::optional<std::int64_t> max_word_count;  // tokens, whatever the name says
  std::string count_tokenizer = "receiver";
  void visit_fields(const FieldVisitor& visit);
};

class DatasetBuilder {
 public:
  DatasetBuilder(std::string type, const DatasetContext& context) : type_(std::move(type)), context_(context) {}

  void open(const DatasetPlace& place) { use(open_files(dataset_files(place))); }
  // Opened by itself, to be joined with others; use() then takes what came of it.
  std::shared_ptr<const RowSource> open_files(const std::vector<std::filesystem::path>& files);
  void use(std::shared_ptr<const RowSource> rows);
  // Throws kInput where the table's first rows have no such column.
  void require_columns(const std::vector<std::string>& columns) const;
  void take_first(const std::optional<std::int64_t>& count);
  // `what` names the filter in the log and, with everything in it that matters, in the fingerprint.
  void filter(const RowPredicate& keep, const std::string& what);
  // Conversations of at most max_word_count tokens, if that is set.
  void filter_tokens(const CountArguments& arguments, const std::function<Messages(const Row&)>& extract);
  // The tokenizer that count_tokenizer names: `receiver`, or a model.
  TokenCounter counter(const std::string& count_tokenizer) const;
  void log(const std::string& line) const;
  // Throws kInput where no sample is left.
  std::shared_ptr<const InstructionDataset> finish(std::function<Messages(const Row&)> extract);
  // Makes the fingerprint depend on more.
  void depend_on(const std::string& fact) { facts_ += fact + "\n"; }

 private:
  std::string type_;
  const DatasetContext& context_;
  std::string facts_;
  std::unique_ptr<DatasetView> view_;
  DatasetCounts counts_;
  bool filtered_ = false;
};

// Tokenizer and template as text, for fingerprints: they are told apart by what they do.
std::string identity_of(const TokenCounter& counter);

}  // namespace c2c
