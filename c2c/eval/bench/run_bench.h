// One whole run, stage by stage.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "c2c/base/log.h"
#include "c2c/eval/bench/bench_config.h"
#include "c2c/eval/bench/report.h"
#include "c2c/text/chat/chat_template.h"

namespace c2c::bench {

// What only the program can do: run itself again, and find files.
struct BenchServices {
  ProgressFn progress;
  std::vector<Messages> texts;  // conversations whose last message is predicted; empty: `quality` is left out
  std::function<MemoryRow(const std::string& weights)> memory;  // a child that does run_for_memory()
  std::int64_t baseline_bytes = 0;                              // peak of a bare LibTorch program
};

// `config` is finished. What cannot be measured is in the report's left_out; throws for what the user must mend (models
// that are not there).
Report run_bench(const BenchConfig& config, const BenchServices& services);

}  // namespace c2c::bench
