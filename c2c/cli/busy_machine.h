// OpenMP's idle threads spin. Where other work wants the cores too, each waits for a thread that is not running:
// decoding was measured at 0.9 tokens/s with spinning and 8.5 with threads that soon sleep, two threads on two busy
// cores (on idle ones 36 and 31).
#pragma once
#include <cstdint>

namespace c2c::cli {

// On a busy machine starts this program again with GOMP_SPINCOUNT set, because libgomp reads it only when it is loaded;
// else, or where the environment already says how to wait, returns. Nothing must have been printed yet. `threads`: what
// was asked for, 0: OpenMP's own number.
void sleep_where_busy(std::int64_t threads, char** argv);

}  // namespace c2c::cli
