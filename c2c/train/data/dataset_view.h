// Some rows of a table, by number: the first n, those that pass a filter.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "c2c/base/log.h"
#include "c2c/io/tables/row_source.h"
#include "c2c/train/data/filters.h"

namespace c2c {

struct FilterRun {
  int threads = 0;  // 0: as many as there are cores, at most 8
  ProgressFn progress{};
  std::filesystem::path cache{};  // file that keeps the result under `key`; empty: none
  std::string key{};              // what the result depends on, as text
};

class DatasetView {
 public:
  explicit DatasetView(std::shared_ptr<const RowSource> rows) : rows_(std::move(rows)), size_(rows_->size()) {}

  std::int64_t size() const { return size_; }
  Row row(std::int64_t i) const { return rows_->row(row_number(i)); }
  std::int64_t row_number(std::int64_t i) const { return index_.empty() ? i : index_[static_cast<std::size_t>(i)]; }
  const RowSource& rows() const { return *rows_; }

  // The first `count` of them; 0, negative or more than there are: all.
  void take_first(std::int64_t count);

  struct Dropped {
    std::int64_t unreadable = 0, filtered = 0;
  };
  // Keeps those that pass, in order; a row that cannot be read or whose predicate throws a user's error is dropped.
  Dropped filter(const RowPredicate& keep, const FilterRun& run = {});

 private:
  bool load(const FilterRun& run, Dropped& dropped);
  void save(const FilterRun& run, const Dropped& dropped) const;

  std::shared_ptr<const RowSource> rows_;
  std::int64_t size_;
  std::vector<std::int64_t> index_;  // row of each sample; empty: sample i is row i
};

}  // namespace c2c
