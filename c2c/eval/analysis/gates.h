// The gates of a fuser, layer by layer (gate_weight/analyze_projector_weights.ipynb, without a forward: the logits are
// parameters).
#pragma once
#include <filesystem>

#include "c2c/eval/analysis/table.h"

namespace c2c {

// Of every projector with gates: logit and sigmoid for keys and values, open (logit > 0) or shut, in evaluation.
Analysis gate_analysis(const std::filesystem::path& fuser, const std::string& subfolder);

}  // namespace c2c
