#include "c2c/train/data/dataset_view.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <exception>
#include <mutex>
#include <thread>

#include "c2c/base/error.h"
#include "c2c/io/formats/byte_reader.h"
#include "c2c/io/formats/sha256.h"
#include "c2c/io/formats/source.h"

namespace c2c {
namespace {

enum class Verdict : char { kKeep, kFiltered, kUnreadable };

constexpr std::int64_t kChunk = 256;
constexpr std::string_view kMagic = "c2c rows kept by a filter 1\n";

// Judges all samples, chunk by chunk, on several threads; the calling one works too and reports.
class FilterPass {
 public:
  FilterPass(const DatasetView& view, const RowPredicate& keep, const FilterRun& run)
      : view_(view), keep_(keep), run_(run), verdicts_(static_cast<std::size_t>(view.size())) {}

  const std::vector<Verdict>& judge() {
    const int cores = static_cast<int>(std::min(8U, std::max(1U, std::thread::hardware_concurrency())));
    const int threads = run_.threads > 0 ? run_.threads : cores;
    std::vector<std::jthread> helpers;
    for (int i = 1; i < threads && i * kChunk < view_.size(); ++i) helpers.emplace_back([this] { work(false); });
    work(true);
    helpers.clear();
    if (error_) std::rethrow_exception(error_);
    return verdicts_;
  }

 private:
  void work(bool reports) {
    try {
      for (std::int64_t first = 0; (first = next_.fetch_add(kChunk)) < view_.size();) {
        for (std::int64_t i = first; i < std::min(first + kChunk, view_.size()); ++i)
          verdicts_[static_cast<std::size_t>(i)] = verdict(i);
        if (reports && run_.progress)
          run_.progress("filtering", static_cast<double>(std::min(next_.load(), view_.size())),
                        static_cast<double>(view_.size()));
      }
    } catch (...) {
      next_ = view_.size();
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = std::current_exception();
    }
  }
  Verdict verdict(std::int64_t i) const {
    try {
      return keep_(view_.row(i)) ? Verdict::kKeep : Verdict::kFiltered;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kInput) throw;
      return Verdict::kUnreadable;
    }
  }

  const DatasetView& view_;
  const RowPredicate& keep_;
  const FilterRun& run_;
  std::vector<Verdict> verdicts_;
  std::atomic<std::int64_t> next_{0};
  std::mutex mutex_;
  std::exception_ptr error_;
};

std::string header_of(const FilterRun& run) {
  return std::string(kMagic) + sha256_of(run.key) + "\n";
}

}  // namespace

void DatasetView::take_first(std::int64_t count) {
  if (count <= 0 || count >= size_) return;
  size_ = count;
  if (!index_.empty()) index_.resize(static_cast<std::size_t>(count));
}

DatasetView::Dropped DatasetView::filter(const RowPredicate& keep, const FilterRun& run) {
  Dropped dropped;
  if (load(run, dropped)) return dropped;
  std::vector<std::int64_t> kept;
  {
    FilterPass pass(*this, keep, run);
    const std::vector<Verdict>& verdicts = pass.judge();
    for (std::int64_t i = 0; i < size_; ++i) {
      const Verdict verdict = verdicts[static_cast<std::size_t>(i)];
      if (verdict == Verdict::kKeep) kept.push_back(row_number(i));
      dropped.filtered += verdict == Verdict::kFiltered ? 1 : 0;
      dropped.unreadable += verdict == Verdict::kUnreadable ? 1 : 0;
    }
  }
  kept.shrink_to_fit();
  index_ = std::move(kept);
  size_ = static_cast<std::int64_t>(index_.size());
  save(run, dropped);
  return dropped;
}

// Header, then little-endian int64: unreadable, filtered, size, rows.
void DatasetView::save(const FilterRun& run, const Dropped& dropped) const {
  if (run.cache.empty()) return;
  std::vector<std::int64_t> numbers = {dropped.unreadable, dropped.filtered, size_};
  numbers.insert(numbers.end(), index_.begin(), index_.end());
  std::string text = header_of(run);
  const auto bytes = std::as_bytes(std::span(numbers));
  text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  write_file_atomically(run.cache, text);
}

bool DatasetView::load(const FilterRun& run, Dropped& dropped) {
  std::error_code error;
  if (run.cache.empty() || !std::filesystem::is_regular_file(run.cache, error)) return false;
  try {
    const auto source = map_file(run.cache);
    ByteReader reader(source->bytes(), source->name());
    const std::string header = header_of(run);
    if (reader.text(header.size()) != header) return false;
    dropped = {reader.number<std::int64_t>(), reader.number<std::int64_t>()};
    const auto count = reader.number<std::int64_t>();
    if (count < 0 || count > size_ || reader.remaining() != static_cast<std::size_t>(count) * sizeof(std::int64_t))
      return false;
    std::vector<std::int64_t> index(static_cast<std::size_t>(count));
    if (count > 0) std::memcpy(index.data(), reader.take(reader.remaining()).data(), index.size() * sizeof(index[0]));
    for (const std::int64_t row : index)
      if (row < 0 || row >= rows_->size()) return false;
    index_ = std::move(index);
    size_ = count;
    return true;
  } catch (const Error&) {
    return false;  // a damaged cache is no cache
  }
}

}  // namespace c2c
