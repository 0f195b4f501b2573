// One cell of the table from its samples.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "c2c/eval/results/summary.h"

namespace c2c::results {

using Samples = std::vector<const SampleResult*>;

// Everything but the tests between systems.
CellSummary summarize_cell(const Samples& samples, const BootstrapOptions& options);

// Of two systems on the same task and method.
PairedTest compare(const Samples& first, const Samples& second, const BootstrapOptions& options);

}  // namespace c2c::results
