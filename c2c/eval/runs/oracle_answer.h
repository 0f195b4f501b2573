// What a receiver does with a cache that no fuser would give it (spec/baselines-and-analysis.md 2.5, 6 and 7).
//   enrich   the prompt is read with examples, then the examples' K and V are dropped; positions stay. What is left of
//            the examples is what the question's own K and V took from them.
//   replace  where C2C would fuse, the receiver finds another model's K and V of the same tokens; how far they are from
//            what the fusers wrote is reported layer by layer.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "c2c/infer/generate/generate.h"
#include "c2c/rosetta/prefill.h"
#include "c2c/rosetta/rosetta.h"

namespace c2c {

struct OracleTask {
  const Rosetta& rosetta;
  const SectionPlan& plan;
  std::int64_t drop_begin = 0, drop_end = 0;  // enrich: tokens of the examples
  const Rosetta* source = nullptr;            // replace: a model alone, of the receiver's K/V geometry
  GenerateOptions options;
  std::int64_t behind = 0;  // last tokens of the plan that come behind the prompt: lead and reply
  std::int64_t scored = 0;  // of those, the last
};

struct OracleAnswer {
  at::Tensor logits_V;             // behind the prompt
  std::vector<TokenScore> scores;  // of the last `scored` tokens
  GeneratedRow row;                // where options.max_new_tokens > 0
  nlohmann::json distances;        // replace: per layer, of K and V: relative (L2 over the target's norm), cosine
  double prefill_seconds = 0, decode_seconds = 0;
};

// The prompt's last token (where it is not fused) and what comes behind it are read with the changed cache. Throws
// kUsage where the source's geometry is another.
OracleAnswer ask_oracle(const OracleTask& task);

}  // namespace c2c
