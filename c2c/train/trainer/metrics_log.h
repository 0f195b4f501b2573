// The run's numbers as JSON lines: one object per step (and per evaluation), flushed as it is written.
#pragma once
#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "c2c/train/trainer/append_file.h"

namespace c2c {

class MetricsLog {
 public:
  // Without `resume_step`: a new file; throws kUsage where one with lines is there. With it: lines of later steps, and
  // a last line that was cut off, are dropped, and writing goes on behind.
  explicit MetricsLog(const std::filesystem::path& path, std::optional<std::int64_t> resume_step = std::nullopt);
  // `values`: an object without "step", which comes first in the line. Numbers that are not finite become null.
  void write(std::int64_t step, const nlohmann::ordered_json& values);

 private:
  AppendFile file_;
};

}  // namespace c2c
