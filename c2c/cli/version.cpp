#include "c2c/cli/version.h"

#include <torch/version.h>

namespace c2c::cli {

std::string libtorch_version() {
  return TORCH_VERSION;
}

std::string version_text() {
  return std::string("c2c ") + C2C_VERSION + " (LibTorch " + libtorch_version() + ")";
}

}  // namespace c2c::cli
