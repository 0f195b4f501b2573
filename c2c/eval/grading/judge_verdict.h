// What a judging model's reply says.
#pragma once
#include <optional>
#include <string_view>

namespace c2c::grading {

// YES or NO as words of their own; where neither is there in capitals, a first word "yes" or "no" of any case. Nothing
// where both are there or neither is. What stands before the last </think> is not read.
std::optional<bool> read_verdict(std::string_view reply);

}  // namespace c2c::grading
