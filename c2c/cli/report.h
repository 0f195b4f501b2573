// What the commands say about a run besides its text.
#pragma once
#include <string>

#include <nlohmann/json.hpp>

#include "c2c/infer/pipelines/session.h"

namespace c2c::cli {

// "12.3 tokens/s, first token after 0.21 s (sharer prefill 0.08, receiver prefill 0.09, fuse 0.02), decode 1.20 s"
std::string timing_line(const Answer& answer);
// Weights as held, caches, peak, baseline, and the sum that the peak should stay below, line by line. `baseline`: what
// a bare program that links LibTorch takes.
std::string memory_lines(const MemoryParts& parts, std::int64_t baseline);
nlohmann::ordered_json memory_json(const MemoryParts& parts);
// JSON as one line; bytes that are not UTF-8 (paths) are replaced.
std::string dump(const nlohmann::ordered_json& json, int indent = -1);

}  // namespace c2c::cli
