// The run's folder: checkpoints that are complete or not there, which of them are kept, where a run goes on.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace c2c {

class RunFolder {
 public:
  explicit RunFolder(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path checkpoint(std::int64_t step) const { return root_ / ("checkpoint-" + std::to_string(step)); }

  // Throws kUsage where an earlier run left something here that a new one would write over.
  void require_unused() const;
  // Steps of complete checkpoints, ascending. Half-written ones (no DONE) are left out, each with a warning.
  std::vector<std::int64_t> complete_checkpoints() const;
  // "latest", or a path. Throws kInput where there is none or it is incomplete.
  std::filesystem::path resume_from(const std::string& which) const;

  // `write` fills a folder beside `target`; it is flushed, marked DONE and renamed. What stood there is replaced.
  void replace(const std::filesystem::path& target,
               const std::function<void(const std::filesystem::path& folder)>& write) const;
  // Removes the oldest checkpoints but the last `limit` (0: none are removed).
  void keep_last(std::int64_t limit) const;

 private:
  std::filesystem::path root_;
};

}  // namespace c2c
