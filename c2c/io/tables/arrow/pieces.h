// A Parquet or Arrow file as pieces (row groups, record batches) that are decoded when a row of theirs is read.
#pragma once
#include <arrow/api.h>
#include <arrow/io/api.h>

#include <memory>
#include <string>
#include <vector>

#include "c2c/io/formats/source.h"

namespace c2c::arrow_files {

class Pieces {
 public:
  explicit Pieces(std::shared_ptr<const ByteSource> source) : source_(std::move(source)) {}
  virtual ~Pieces() = default;
  const std::vector<std::int64_t>& lengths() const { return lengths_; }  // rows of each piece
  // Not thread-safe. The batch's offsets and texts are not yet validated.
  virtual std::shared_ptr<arrow::RecordBatch> load(std::size_t piece) = 0;
  // Mapped pages may go; what is read again comes back.
  virtual void release() { source_->release(source_->bytes()); }

 protected:
  std::shared_ptr<const ByteSource> source_;
  std::vector<std::int64_t> lengths_;
};

// Throw kInput naming the file.
std::unique_ptr<Pieces> open_parquet(std::shared_ptr<const ByteSource> source);
std::unique_ptr<Pieces> open_ipc(std::shared_ptr<const ByteSource> source);

// The file's bytes as Arrow's input; keeps the source alive.
std::shared_ptr<arrow::io::RandomAccessFile> input_of(std::shared_ptr<const ByteSource> source);
void check(const arrow::Status& status, const std::string& where);
template <class T>
T take(arrow::Result<T> result, const std::string& where) {
  check(result.status(), where);
  return std::move(result).ValueUnsafe();
}

}  // namespace c2c::arrow_files
