#include "c2c/infer/pipelines/memory.h"

#include <fstream>

namespace c2c {

std::int64_t process_memory(const std::string& field) {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line))
    if (line.starts_with(field + ":")) return std::stoll(line.substr(field.size() + 1)) * 1024;
  return 0;
}

std::int64_t MemoryParts::weight_bytes() const {
  std::int64_t total = 0;
  for (const auto& part : weights) total += part.second;
  return total;
}

}  // namespace c2c
