// The module's entry: rows by index over pieces, of which the last few used stay decoded.
#include <arrow/io/api.h>
#include <parquet/exception.h>

#include <algorithm>
#include <atomic>
#include <list>
#include <map>
#include <mutex>

#include "c2c/base/error.h"
#include "c2c/io/tables/arrow/pieces.h"
#include "c2c/io/tables/arrow/values.h"
#include "c2c/io/tables/arrow_module.h"

namespace c2c::arrow_files {
namespace {

constexpr std::int64_t kMostRows = std::int64_t{1} << 32;
constexpr std::size_t kHeld = 4;                              // decoded pieces
constexpr std::size_t kReleaseEvery = std::size_t{32} << 20;  // bytes of rows read before mapped pages are given back
constexpr std::size_t kBytesOfRow = 4096;                     // a page, at least

// A buffer over the source that keeps it alive.
class SourceBuffer final : public arrow::Buffer {
 public:
  explicit SourceBuffer(std::shared_ptr<const ByteSource> source)
      : arrow::Buffer(reinterpret_cast<const std::uint8_t*>(source->bytes().data()),
                      static_cast<std::int64_t>(source->bytes().size())),
        source_(std::move(source)) {}

 private:
  std::shared_ptr<const ByteSource> source_;
};

class ArrowRows final : public RowSource {
 public:
  ArrowRows(std::shared_ptr<const ByteSource> source, bool parquet)
      : source_(source), pieces_(parquet ? open_parquet(source) : open_ipc(source)) {
    std::int64_t rows = 0;
    for (const std::int64_t length : pieces_->lengths()) {
      if (length < 0 || length > kMostRows - rows) fail_input({.where = name(), .found = "an impossible row count"});
      firsts_.push_back(rows);
      rows += length;
    }
    firsts_.push_back(rows);
    valid_.resize(pieces_->lengths().size());
  }

  std::int64_t size() const override { return firsts_.back(); }
  const std::string& name() const override { return source_->name(); }

  Row row(std::int64_t i) const override {
    C2C_CHECK(i >= 0 && i < size(), "row out of range");
    const auto after = std::upper_bound(firsts_.begin(), firsts_.end(), i);
    const auto piece = static_cast<std::size_t>(after - firsts_.begin() - 1);
    const std::string where = name() + ": row " + std::to_string(i);
    try {
      const auto batch = hold(piece);
      Row row = Row::object();
      for (int k = 0; k < batch->num_columns(); ++k) {
        row[batch->schema()->field(k)->name()] = value_of(*batch->column(k), i - firsts_[piece]);
      }
      release_later();
      return row;
    } catch (const Error& error) {
      ErrorInfo info = error.info();
      info.where = where;
      fail_input(std::move(info));
    } catch (const std::exception& error) {  // Parquet's
      fail_input({.where = where, .found = error.what()});
    }
  }

 private:
  // The batch of a piece, validated once: foreign offsets must not lead outside of its buffers.
  std::shared_ptr<arrow::RecordBatch> hold(std::size_t piece) const {
    const std::lock_guard lock(mutex_);
    for (auto it = held_.begin(); it != held_.end(); ++it)
      if (it->first == piece) {
        held_.splice(held_.begin(), held_, it);
        return held_.front().second;
      }
    if (const auto broken = problems_.find(piece); broken != problems_.end()) fail_input({.found = broken->second});
    try {
      held_.emplace_front(piece, load(piece));
    } catch (const std::exception& error) {
      problems_.emplace(piece, error.what());  // a thousand rows need not try a thousand times
      throw;
    }
    if (held_.size() > kHeld) held_.pop_back();
    return held_.front().second;
  }

  std::shared_ptr<arrow::RecordBatch> load(std::size_t piece) const {
    auto batch = pieces_->load(piece);
    if (batch->num_rows() != pieces_->lengths()[piece])
      fail_input({.found = "a part of another length than the file says"});
    if (!valid_[piece]) check(batch->ValidateFull(), name());
    valid_[piece] = true;
    return batch;
  }

  void release_later() const {
    if (touched_.fetch_add(kBytesOfRow) < kReleaseEvery) return;
    touched_ = 0;
    const std::lock_guard lock(mutex_);
    pieces_->release();
  }

  std::shared_ptr<const ByteSource> source_;
  std::unique_ptr<Pieces> pieces_;
  std::vector<std::int64_t> firsts_;
  mutable std::mutex mutex_;
  mutable std::list<std::pair<std::size_t, std::shared_ptr<arrow::RecordBatch>>> held_;
  mutable std::map<std::size_t, std::string> problems_;
  mutable std::vector<bool> valid_;
  mutable std::atomic<std::size_t> touched_{0};
};

}  // namespace

std::shared_ptr<arrow::io::RandomAccessFile> input_of(std::shared_ptr<const ByteSource> source) {
  return std::make_shared<arrow::io::BufferReader>(std::make_shared<SourceBuffer>(std::move(source)));
}

void check(const arrow::Status& status, const std::string& where) {
  if (status.ok()) return;
  const std::string text = status.ToString();
  fail_input({.where = where, .found = text.substr(0, text.find('\n'))});
}

}  // namespace c2c::arrow_files

extern "C" __attribute__((visibility("default"))) void c2c_arrow_rows(
    const std::shared_ptr<const c2c::ByteSource>& source, bool parquet, std::shared_ptr<const c2c::RowSource>* rows) {
  try {
    *rows = std::make_shared<c2c::arrow_files::ArrowRows>(source, parquet);
  } catch (const parquet::ParquetException& error) {
    c2c::fail_input({.where = source->name(), .found = error.what()});
  }
}
