// What `--version` and result files say about this program.
#pragma once
#include <string>

namespace c2c::cli {

std::string version_text();      // "c2c 0.1.0 (LibTorch 2.13.0)"
std::string libtorch_version();  // "2.13.0"

}  // namespace c2c::cli
