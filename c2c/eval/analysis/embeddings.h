// Where keys and values lie before and after fusing, on a plane (reference: script/analysis/tsne): principal
// components, which keep distances, and t-SNE, which keeps neighbours.
#pragma once
#include <string>
#include <vector>

#include "c2c/eval/analysis/table.h"
#include "c2c/eval/analysis/token_clouds.h"
#include "c2c/eval/analysis/tsne.h"

namespace c2c {

struct EmbeddingOptions {
  CloudOptions clouds;
  TsneOptions tsne;  // a perplexity that the points cannot have becomes their number less one
  bool with_tsne = true;
};

// A row for each point. The receiver, what was fused, the control and every sharer of as many dimensions share a map;
// other sharers have one of their own. Lines join a token's points. How far fusing moved the tokens in the full space,
// and the control with it, is in the notes. Throws kUsage for too many or too few points.
Analysis embedding_analysis(Session& session, const std::vector<Question>& questions, const EmbeddingOptions& options,
                            const ProgressFn& progress = {});

// The maps alone, of caches that are there.
Analysis embed(const std::vector<LayerClouds>& layers, const EmbeddingOptions& options,
               const ProgressFn& progress = {});

}  // namespace c2c
