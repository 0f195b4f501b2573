#include "c2c/train/datagen/question_rows.h"

#include <algorithm>

#include "c2c/base/error.h"
#include "c2c/train/data/dataset_source.h"

namespace c2c {
namespace {

std::shared_ptr<const RowSource> open_source(const QuestionSource& source, const QuestionKind& kind) {
  const bool at_home = source.input.empty();
  if (at_home && *kind.repository == '\0')
    fail_usage({.where = "--input", .found = "nothing", .expected = "a file of chats"});
  return open_rows(dataset_files({.name = at_home ? kind.repository : source.input,
                                  .config = source.subset.empty() ? kind.config : source.subset,
                                  .split = source.split.empty() ? kind.split : source.split,
                                  .config_required = at_home}));
}

}  // namespace

QuestionRows::QuestionRows(QuestionSource source)
    : source_(std::move(source)), kind_(question_kind(source_.kind)), rows_(open_source(source_, kind_)) {
  C2C_CHECK(source_.every >= 1, "every n-th row");
  size_ = (rows_->size() + source_.every - 1) / source_.every;
  if (source_.limit) size_ = std::min(size_, std::max<std::int64_t>(0, *source_.limit));
  if (size_ == 0) fail_input({.where = rows_->name(), .found = "no rows", .expected = "rows to ask"});
  // A table of another kind would give nothing but unreadable rows: said at once, before a model is loaded.
  constexpr std::int64_t kLook = 20;
  std::string why;
  for (std::int64_t i = 0; i < std::min(size_, kLook); ++i) {
    why.clear();
    if (question(i, &why) || why.empty()) return;
  }
  fail_input({.where = rows_->name(),
              .found = why,
              .expected = std::string("rows of ") + kind_.name,
              .hint = "name the kind of the input with --type"});
}

std::optional<Question> QuestionRows::question(std::int64_t i, std::string* why) const {
  try {
    std::optional<Question> question = kind_.read(rows_->row(row(i)));
    if (question && !source_.system.empty() && question->messages.front().role != "system")
      question->messages.insert(question->messages.begin(), {"system", source_.system});
    return question;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kInternal) throw;
    if (why != nullptr) *why = error.what();
    return std::nullopt;
  }
}

}  // namespace c2c
