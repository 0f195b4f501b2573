// The rules of Mode::kFixed; docs/grading.md argues them.
#pragma once
#include <optional>
#include <string_view>

namespace c2c::grading {

std::optional<char> fixed_letter(std::u32string_view text, int options);

}  // namespace c2c::grading
