// What JSONL, JSON and CSV share: a mapped text, where each row starts, and the way back from a row to its line.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "c2c/io/formats/source.h"
#include "c2c/io/tables/row_source.h"

namespace c2c {

class TextRows : public RowSource {
 public:
  explicit TextRows(std::shared_ptr<const ByteSource> source);
  std::int64_t size() const override { return static_cast<std::int64_t>(starts_.size()); }
  Row row(std::int64_t i) const final;
  const std::string& name() const override { return source_->name(); }

 protected:
  // Rows are added in the order of the file. What lies well before the last one leaves memory again.
  void add_row(std::size_t start);
  std::string_view text() const { return text_; }
  // The row that starts at `start` (of text()) as an object; `where` is "file:line". Throws kInput. `end` is set to
  // where reading stopped.
  virtual Row parse(std::size_t start, const std::string& where, std::size_t& end) const = 0;

 private:
  std::string place(std::size_t i) const;
  void release_later(std::size_t bytes) const;

  std::shared_ptr<const ByteSource> source_;
  std::string_view text_;
  std::vector<std::uint64_t> starts_;
  std::vector<std::uint64_t> line_marks_;  // lines before the start of every kMarkEvery-th row
  std::size_t marked_ = 0;                 // newlines before this offset are in `line_`
  std::uint64_t line_ = 0;
  std::size_t released_ = 0;
  mutable std::atomic<std::size_t> touched_{0};
};

// A value that must be a JSON object, from one row's text. Bounded in size, depth and keys per object.
Row parse_row(std::string_view text, const std::string& where);

std::shared_ptr<const RowSource> jsonl_rows(std::shared_ptr<const ByteSource> source);
std::shared_ptr<const RowSource> json_rows(std::shared_ptr<const ByteSource> source);
std::shared_ptr<const RowSource> csv_rows(std::shared_ptr<const ByteSource> source, char delimiter = ',');

}  // namespace c2c
