// What holding weights in fewer bits costs: cross-entropy of known answers, the same texts for every packing.
#pragma once
#include <vector>

#include "c2c/eval/bench/bench_pair.h"
#include "c2c/eval/bench/report.h"
#include "c2c/eval/bench/rivals.h"

namespace c2c::bench {

// Three rows of ours (receiver alone; fused, and the control: fused with the text before's sharer cache, where the run
// has a fuser of its own), and one of llama.cpp's where it can run. The last message of each text is what is predicted.
// Throws kInput where no text can be read.
std::vector<QualityRow> measure_quality(BenchPair& pair, const std::vector<Messages>& texts, Rivals& rivals);

}  // namespace c2c::bench
