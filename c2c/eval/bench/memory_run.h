// What one run holds in memory. VmHWM is of a whole process, so this runs in one of its own.
#pragma once
#include <cstdint>
#include <string>

#include "c2c/base/log.h"
#include "c2c/eval/bench/bench_config.h"
#include "c2c/eval/bench/report.h"

namespace c2c::bench {

// Loads the models, reads one fused prompt (without a sharer: the receiver's) of the first of config.prompts and
// decodes: weights and caches as held, and this process's peak.
MemoryRow run_for_memory(const BenchConfig& config, const std::string& weights, const ProgressFn& progress);

// One line of JSON from the process that ran it to the one that asks.
nlohmann::ordered_json memory_to_json(const MemoryRow& row);
MemoryRow memory_from_json(const nlohmann::ordered_json& json);  // throws kInput where a key is missing

}  // namespace c2c::bench
