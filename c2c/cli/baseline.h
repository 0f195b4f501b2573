// What LibTorch itself costs in memory, measured, so that our own share can be told apart.
#pragma once
#include <cstdint>

namespace c2c::cli {

// One bf16 linear, small.
void run_baseline();
// Peak resident bytes of a child process (this program, `doctor --baseline`) that runs it and nothing else; 0 where the
// child could not be run.
std::int64_t measure_baseline();

}  // namespace c2c::cli
