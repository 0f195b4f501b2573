// Row groups of a Parquet file. A small one is decoded whole; a large one (pyarrow writes a million rows into one) goes
// once, batch by batch, into an unnamed temporary Arrow file, whose batches are then mapped.
#include <arrow/ipc/api.h>
#include <fcntl.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "c2c/base/error.h"
#include "c2c/io/tables/arrow/pieces.h"

namespace c2c::arrow_files {
namespace {

constexpr std::int64_t kLargeGroup = std::int64_t{64} << 20;  // decoded bytes, as the metadata says
constexpr std::int64_t kSpillRows = 1024;
constexpr int kReleaseBatches = 16;
constexpr std::int64_t kMostRows = std::int64_t{1} << 32;  // bounds what a lying footer makes us allocate

std::int64_t large_group() {
  const char* bytes = std::getenv("C2C_ARROW_SPILL_BYTES");  // tests
  return bytes != nullptr ? std::atoll(bytes) : kLargeGroup;
}

// An unnamed file in the folder for temporary files.
int temporary_file(const std::string& where) {
  std::string pattern = (std::filesystem::temp_directory_path() / "c2c-rows-XXXXXX").string();
  const int fd = mkstemp(pattern.data());
  if (fd < 0)
    fail_input({.where = where,
                .found = "a large row group, and no temporary file " + pattern + " to unpack it into",
                .hint = "set TMPDIR to a folder with space"});
  unlink(pattern.c_str());
  return fd;
}

class ParquetPieces final : public Pieces {
 public:
  explicit ParquetPieces(std::shared_ptr<const ByteSource> source) : Pieces(source), where_(source->name()) {
    auto file = parquet::ParquetFileReader::Open(input_of(std::move(source)));
    const auto metadata = file->metadata();
    const std::int64_t limit = large_group();
    std::int64_t total = 0;
    for (int group = 0; group < metadata->num_row_groups(); ++group) {
      const auto row_group = metadata->RowGroup(group);
      const std::int64_t rows = row_group->num_rows();
      if (rows < 0 || rows > kMostRows - total) fail_input({.where = where_, .found = "an impossible row count"});
      total += rows;
      if (row_group->total_byte_size() <= limit) {
        parts_.push_back({group, -1});
        lengths_.push_back(rows);
        continue;
      }
      for (std::int64_t first = 0; first < rows; first += kSpillRows) {
        parts_.push_back({group, static_cast<int>(first / kSpillRows)});
        lengths_.push_back(std::min(kSpillRows, rows - first));
      }
    }
    spilled_.resize(static_cast<std::size_t>(metadata->num_row_groups()));
    parquet::ArrowReaderProperties properties(/*use_threads=*/false);
    properties.set_batch_size(kSpillRows);
    properties.set_pre_buffer(false);
    reader_ = take(parquet::arrow::FileReader::Make(arrow::default_memory_pool(), std::move(file), properties), where_);
  }

  void release() override {
    Pieces::release();
    for (const auto& map : maps_) map->release(map->bytes());
  }

  std::shared_ptr<arrow::RecordBatch> load(std::size_t piece) override {
    const Part part = parts_[piece];
    if (part.batch < 0) {
      const auto table = take(reader_->ReadRowGroup(part.group), where_);
      if (table->num_rows() != lengths_[piece])
        fail_input({.where = where_, .found = "a row group of another length than the file says"});
      return take(table->CombineChunksToBatch(), where_);
    }
    auto& spill = spilled_[static_cast<std::size_t>(part.group)];
    if (spill == nullptr) spill = unpack(part.group);
    if (part.batch >= spill->num_record_batches())
      fail_input({.where = where_, .found = "a row group shorter than the file says"});
    auto batch = take(spill->ReadRecordBatch(part.batch), where_);
    if (batch->num_rows() != lengths_[piece])
      fail_input({.where = where_, .found = "a row group of another length than the file says"});
    return batch;
  }

 private:
  struct Part {
    int group, batch;  // batch of the unpacked group; -1: the whole group is one piece
  };

  std::shared_ptr<arrow::ipc::RecordBatchFileReader> unpack(int group) {
    const int fd = temporary_file(where_);
    const std::string place = where_ + " (unpacked into " + std::filesystem::temp_directory_path().string() + ")";
    const auto out = take(arrow::io::FileOutputStream::Open(dup(fd)), place);
    auto batches = take(reader_->GetRecordBatchReader({group}), where_);
    const auto writer = take(arrow::ipc::MakeFileWriter(out, batches->schema()), place);
    // Readers may cut at column pages; pieces must have kSpillRows rows each.
    std::vector<std::shared_ptr<arrow::RecordBatch>> waiting;
    std::int64_t rows = 0;
    const auto write = [&](std::int64_t at_least) {
      while (rows >= at_least && rows > 0) {
        const auto table = take(arrow::Table::FromRecordBatches(batches->schema(), waiting), place);
        const std::int64_t count = std::min(rows, kSpillRows);
        check(writer->WriteRecordBatch(*take(table->Slice(0, count)->CombineChunksToBatch(), place)), place);
        waiting.clear();
        rows -= count;
        if (rows > 0) waiting.push_back(take(table->Slice(count)->CombineChunksToBatch(), place));
      }
    };
    for (int count = 0; const auto batch = take(batches->Next(), where_); ++count) {
      if (count % kReleaseBatches == 0) Pieces::release();
      waiting.push_back(batch);
      rows += batch->num_rows();
      write(kSpillRows);
    }
    write(1);
    check(writer->Close(), place);
    check(out->Close(), place);
    // Mapped through its descriptor: the file has no name any more.
    const auto mapped = map_file("/proc/self/fd/" + std::to_string(fd));
    close(fd);
    maps_.push_back(mapped);
    return take(arrow::ipc::RecordBatchFileReader::Open(input_of(mapped)), place);
  }

  std::vector<std::shared_ptr<const ByteSource>> maps_;  // of what was unpacked
  std::string where_;
  std::unique_ptr<parquet::arrow::FileReader> reader_;
  std::vector<Part> parts_;
  std::vector<std::shared_ptr<arrow::ipc::RecordBatchFileReader>> spilled_;
};

}  // namespace

std::unique_ptr<Pieces> open_parquet(std::shared_ptr<const ByteSource> source) {
  const std::string where = source->name();
  try {
    return std::make_unique<ParquetPieces>(std::move(source));
  } catch (const parquet::ParquetException& error) {
    fail_input({.where = where, .found = error.what(), .expected = "a Parquet file"});
  }
}

}  // namespace c2c::arrow_files
