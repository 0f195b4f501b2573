// Prefill, first token and decode of one prompt length: ours and the rivals', in turn.
#pragma once
#include <cstdint>
#include <vector>

#include "c2c/eval/bench/bench_pair.h"
#include "c2c/eval/bench/report.h"
#include "c2c/eval/bench/rivals.h"

namespace c2c::bench {

struct TimingShape {
  std::int64_t prompt = 0, new_tokens = 0, threads = 0;
};

// Reads `plan`, then decodes: seconds until the first token, and for each token after it.
struct TimedPrompt {
  double first_token = 0, decode_token = 0;
};
TimedPrompt time_prompt(const Rosetta& rosetta, const SectionPlan& plan, std::int64_t new_tokens);

// Rows of one turn, number `turn`, with as many threads as LibTorch uses now.
std::vector<Row> measure_timings(const BenchPair& pair, Rivals& rivals, const TimingShape& shape, const Rounds& rounds,
                                 std::int64_t turn);

}  // namespace c2c::bench
