// Who comes first is served first, and only so many may wait. Any thread enters and leaves, one serves. No torch here.
#pragma once
#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace c2c {

enum class LineEntry { kIn, kFull, kClosed };

// Every item goes out exactly once: through next(), leave() or clear().
template <class T>
class WaitingLine {
 public:
  explicit WaitingLine(std::size_t capacity) : capacity_(capacity) {}

  LineEntry enter(T item) {
    const std::lock_guard lock(mutex_);
    if (closed_) return LineEntry::kClosed;
    if (items_.size() >= capacity_) return LineEntry::kFull;
    items_.push_back(std::move(item));
    changed_.notify_one();
    return LineEntry::kIn;
  }
  // The first, if there is one.
  std::optional<T> next() {
    const std::lock_guard lock(mutex_);
    if (items_.empty()) return {};
    std::optional<T> item = std::move(items_.front());
    items_.pop_front();
    return item;
  }
  // Sleeps until somebody waits (true) or nobody will ever again (false).
  bool wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !items_.empty(); });
    return !items_.empty();
  }
  // True: it was waiting, and no longer is.
  bool leave(const T& item) {
    const std::lock_guard lock(mutex_);
    const auto it = std::find(items_.begin(), items_.end(), item);
    if (it == items_.end()) return false;
    items_.erase(it);
    return true;
  }
  // Nobody enters any more.
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  // Everybody leaves.
  std::vector<T> clear() {
    const std::lock_guard lock(mutex_);
    std::vector<T> out(std::make_move_iterator(items_.begin()), std::make_move_iterator(items_.end()));
    items_.clear();
    return out;
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return items_.size();
  }

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> items_;
  bool closed_ = false;
};

}  // namespace c2c
