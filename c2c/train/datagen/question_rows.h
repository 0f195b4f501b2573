// The rows of a source that are asked, as questions by number.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "c2c/io/tables/row_source.h"
#include "c2c/train/datagen/question.h"

namespace c2c {

struct QuestionSource {
  std::string kind;                   // a QuestionKind's name
  std::string input;                  // file, folder or org/name; empty: the kind's repository
  std::string subset;                 // configuration of a repository; empty: the kind's
  std::string split;                  // empty: the kind's
  std::optional<std::int64_t> limit;  // the first so many of those that `every` leaves
  std::int64_t every = 1;             // every n-th row
  std::string system;                 // put before every question that has no system message
};

class QuestionRows {
 public:
  // Throws kUsage for an unknown kind, kInput for what is missing or a source none of whose first rows is of this kind.
  explicit QuestionRows(QuestionSource source);

  std::int64_t size() const { return size_; }
  // Number in the source. Precondition: 0 <= i < size().
  std::int64_t row(std::int64_t i) const { return i * source_.every; }
  // Nothing: this row is not asked; `why`, if given, says why where it could not be read. Thread-safe.
  std::optional<Question> question(std::int64_t i, std::string* why = nullptr) const;

  const QuestionKind& kind() const { return kind_; }
  const std::string& name() const { return rows_->name(); }

 private:
  QuestionSource source_;
  const QuestionKind& kind_;
  std::shared_ptr<const RowSource> rows_;
  std::int64_t size_ = 0;
};

}  // namespace c2c
