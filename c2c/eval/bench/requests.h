// Through the engine: several requests at once, and a second question over a prompt that was read before.
#pragma once
#include <cstdint>
#include <vector>

#include "c2c/eval/bench/bench_pair.h"
#include "c2c/eval/bench/report.h"

namespace c2c::bench {

// Two rows for each number of requests. requests: seconds for each token while all of them are decoded, after every
// prompt has been read; requests_whole: seconds for all, from the first submit to the last token, prompts included.
// Prompts are random and differ.
std::vector<Row> measure_requests(const BenchPair& pair, const BenchConfig& config, std::int64_t prompt,
                                  std::int64_t turn);

// first_question: seconds to the first token of a prompt of `prompt` tokens and a question behind it, nothing kept from
// before; second_question: another question behind the same prompt.
std::vector<Row> measure_second_question(const BenchPair& pair, const BenchConfig& config, std::int64_t prompt,
                                         std::int64_t turn);

}  // namespace c2c::bench
