// The golden programs run once more for each way in which float32 weights can be held and read:
// C2C_TEST_WEIGHTS=packed, with C2C_ISA for the instruction set (tests/CMakeLists.txt).
#pragma once
#include <cstdlib>
#include <memory>
#include <string_view>

#include "c2c/fuser/fuser.h"
#include "c2c/model/families/causal_lm.h"

namespace c2c::testing {

inline bool weights_are_packed() {
  const char* how = std::getenv("C2C_TEST_WEIGHTS");
  return how != nullptr && std::string_view(how) == "packed";
}

inline LoadOptions float_options() {
  LoadOptions options{.dtype = at::kFloat};
  if (weights_are_packed()) options.weights = WeightFormat::kF32;
  return options;
}

inline std::shared_ptr<const Fuser> load_float_fuser(const std::filesystem::path& path) {
  auto fuser = load_fuser(path, {.dtype = at::kFloat});
  if (weights_are_packed()) fuser->pack(WeightFormat::kF32);
  return fuser;
}

}  // namespace c2c::testing
