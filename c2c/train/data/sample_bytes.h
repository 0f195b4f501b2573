// A sample as bytes: variable-length numbers, runs for labels and pads. What the prepared-token cache stores.
#pragma once
#include <string>
#include <string_view>

#include "c2c/train/data/sample.h"

namespace c2c {

// Labels must be their tokens' ids or kIgnoredLabel.
void append_sample(std::string& out, const Sample& sample);
// Throws kInput naming `where` for bytes that append_sample does not write.
Sample read_sample(std::string_view bytes, const std::string& where);

}  // namespace c2c
