// GPQA's order of options: shuffled by a seed made of the row's own texts, so that it is the same in every run.
#pragma once
#include <array>
#include <cstdint>
#include <string>

namespace c2c {

// Of question, correct answer and the three incorrect ones: MD5 of the five joined by "||", mod 2^32.
std::uint32_t gpqa_seed(const std::array<std::string, 5>& texts);
// Which of correct, incorrect 1, 2, 3 stands where: Python's random.Random(seed).shuffle([0, 1, 2, 3]).
std::array<int, 4> gpqa_order(std::uint32_t seed);

}  // namespace c2c
