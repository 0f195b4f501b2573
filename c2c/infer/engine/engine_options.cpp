#include "c2c/infer/engine/engine_options.h"

#include <string>

#include "c2c/base/error.h"

namespace c2c {
namespace {

constexpr std::int64_t kMostMebibytes = std::int64_t{1} << 40;  // as bytes it still fits int64

}  // namespace

void EngineOptions::visit_fields(const FieldVisitor& visit) {
  visit({.key = "parallel",
         .flags = "--parallel",
         .help = "most requests that are answered at once; others wait",
         .target = &max_running,
         .minimum = 1});
  visit({.key = "max_queued",
         .flags = "--max-queued",
         .help = "most requests that wait; more are refused",
         .target = &max_queued,
         .minimum = 1});
  visit({.key = "prefill_chunk",
         .flags = "--prefill-chunk",
         .help = "most prompt tokens that are read between two decode steps",
         .target = &prefill_chunk,
         .minimum = 1});
  visit({.key = "cache_ram",
         .flags = "--cache-ram",
         .help = "MiB of prompts' caches that are kept for prompts that begin alike; 0: none",
         .target = &prefix_cache_mb,
         .minimum = 0,
         .maximum = static_cast<double>(kMostMebibytes)});
}

void validate(const EngineOptions& options) {
  const auto check = [](const char* key, std::int64_t found, std::int64_t least) {
    if (found < least)
      fail_usage({.where = "engine",
                  .key = key,
                  .found = std::to_string(found),
                  .expected = std::to_string(least) + " or more"});
  };
  check("parallel", options.max_running, 1);
  check("max_queued", options.max_queued, 1);
  check("prefill_chunk", options.prefill_chunk, 1);
  check("cache_ram", options.prefix_cache_mb, 0);
  if (options.prefix_cache_mb > kMostMebibytes)
    fail_usage({.where = "engine", .key = "cache_ram", .found = std::to_string(options.prefix_cache_mb) + " MiB"});
}

}  // namespace c2c
