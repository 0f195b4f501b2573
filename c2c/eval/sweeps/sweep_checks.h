// What a sweep must be beyond the types of its keys.
#pragma once
#include "c2c/eval/sweeps/sweep_file.h"

namespace c2c {

// Throws kUsage naming file and key.
void check_sweep(const SweepFile& sweep);

}  // namespace c2c
