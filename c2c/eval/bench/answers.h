// Whole answers: C2C against text-to-text on the same questions, from the question's text to the answer's last token.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "c2c/eval/bench/bench_pair.h"
#include "c2c/eval/bench/report.h"

namespace c2c::bench {

// Questions like those the demo's fuser was trained on; at most as many as there are words, then from the first again.
std::vector<std::string> word_questions(std::int64_t count);

// Two rows of one turn, a sample for each question: the sharer's context has exactly `context_tokens` new tokens, both
// answers `answer_tokens`, whatever would end them. Needs the run's own fuser.
std::vector<Row> measure_answers(BenchPair& pair, const BenchConfig& config, std::int64_t turn);

}  // namespace c2c::bench
