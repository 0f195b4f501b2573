// One decode step of requests that one Rosetta answers.
#pragma once
#include <span>

#include "c2c/infer/engine/job.h"

namespace c2c {

// Feeds each job's last token and lets it take the next one. Rows are read together, one by one where the response is
// fused. Where the step of all throws, every row is stepped alone, and only those that throw then have failed.
// Returns the number of steps.
std::int64_t decode_group(const Rosetta& rosetta, std::span<Job* const> jobs);

}  // namespace c2c
