// What scalars a fuser's projectors gave, by layer and head, over prompts (reference: script/analysis/gate_weight).
#pragma once
#include <vector>

#include "c2c/base/log.h"
#include "c2c/eval/analysis/questions.h"
#include "c2c/eval/analysis/table.h"
#include "c2c/infer/pipelines/session.h"

namespace c2c {

struct WeightOptions {
  int bins = 30;
  bool every_token = false;  // histograms of every token and head; else of each prompt's mean, as in the reference
};

struct WeightAnalysis {
  Analysis analysis;  // a row for each projector and head: mean and spread over all tokens that it wrote
  // The reference's projector_weights.csv: a row for each prompt and projector, scalars as JSON (B, H, N, 1).
  // Projectors of a second sharer are numbered behind those of the first.
  AnalysisTable per_prompt;
};

// One fused prefill for each question. Projectors whose gates are both shut are not run, and not here. Throws kUsage
// where no projector of the fuser gives scalars.
WeightAnalysis weight_analysis(Session& session, const std::vector<Question>& questions, const WeightOptions& options,
                               const ProgressFn& progress = {});

}  // namespace c2c
