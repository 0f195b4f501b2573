// Record batches of an Arrow IPC file (random access) or stream (walked through once; batches point into the map).
#include <arrow/ipc/api.h>

#include <algorithm>

#include "c2c/base/error.h"
#include "c2c/io/tables/arrow/pieces.h"

namespace c2c::arrow_files {
namespace {

class FilePieces final : public Pieces {
 public:
  explicit FilePieces(std::shared_ptr<const ByteSource> source) : Pieces(source), where_(source->name()) {
    auto options = arrow::ipc::IpcReadOptions::Defaults();
    options.use_threads = false;
    reader_ = take(arrow::ipc::RecordBatchFileReader::Open(input_of(std::move(source)), options), where_);
    for (int i = 0; i < reader_->num_record_batches(); ++i)
      lengths_.push_back(take(reader_->ReadRecordBatch(i), where_)->num_rows());
  }
  std::shared_ptr<arrow::RecordBatch> load(std::size_t piece) override {
    return take(reader_->ReadRecordBatch(static_cast<int>(piece)), where_);
  }

 private:
  std::string where_;
  std::shared_ptr<arrow::ipc::RecordBatchFileReader> reader_;
};

class StreamPieces final : public Pieces {
 public:
  explicit StreamPieces(std::shared_ptr<const ByteSource> source) : Pieces(source) {
    const std::string where = source->name();
    auto options = arrow::ipc::IpcReadOptions::Defaults();
    options.use_threads = false;
    const auto reader = take(arrow::ipc::RecordBatchStreamReader::Open(input_of(std::move(source)), options), where);
    while (auto batch = take(reader->Next(), where)) {
      lengths_.push_back(batch->num_rows());
      batches_.push_back(std::move(batch));
    }
  }
  std::shared_ptr<arrow::RecordBatch> load(std::size_t piece) override { return batches_[piece]; }

 private:
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches_;
};

}  // namespace

std::unique_ptr<Pieces> open_ipc(std::shared_ptr<const ByteSource> source) {
  constexpr std::string_view kMagic = "ARROW1";
  const Bytes bytes = source->bytes();
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with(kMagic)) return std::make_unique<FilePieces>(std::move(source));
  return std::make_unique<StreamPieces>(std::move(source));
}

}  // namespace c2c::arrow_files
