// Where the resident memory of a run goes.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace c2c {

// "VmHWM" (peak) or "VmRSS" (now) of this process in bytes; 0 where /proc does not say.
std::int64_t process_memory(const std::string& field);

struct MemoryParts {
  std::vector<std::pair<std::string, std::int64_t>> weights;  // per model and fuser, as held
  std::int64_t cache_bytes = 0;                               // the most that all caches of a run took together
  std::int64_t peak_bytes = 0;                                // VmHWM

  std::int64_t weight_bytes() const;
};

}  // namespace c2c
