// Rows that reference programs judged, beside these tests: unlike the golden set they are not exchanged, since a set
// made elsewhere does not hold them. tests/eval/grading/data/README.md says how each was made.
#pragma once
#include <string>

#include "tests/testing/golden.h"

namespace c2c::testing {

inline nlohmann::ordered_json grading_data(const std::string& name) {
  return read_golden_json(fs::path(C2C_SOURCE_DIR) / "tests/eval/grading/data" / (name + ".json"));
}

}  // namespace c2c::testing
