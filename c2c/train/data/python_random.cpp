#include "c2c/train/data/python_random.h"

#include <algorithm>
#include <bit>

#include "c2c/base/error.h"

namespace c2c {

// init_genrand, then init_by_array with the seed's 32-bit words, lowest first.
PythonRandom::PythonRandom(std::uint64_t seed) {
  std::vector<std::uint32_t> key = {static_cast<std::uint32_t>(seed)};
  if (seed >> 32 != 0) key.push_back(static_cast<std::uint32_t>(seed >> 32));
  state_[0] = 19650218;
  for (std::uint32_t i = 1; i < kSize; ++i) state_[i] = 1812433253U * (state_[i - 1] ^ (state_[i - 1] >> 30)) + i;
  std::size_t i = 1;
  const auto step = [&](std::uint32_t factor) {
    const std::uint32_t mixed = state_[i] ^ ((state_[i - 1] ^ (state_[i - 1] >> 30)) * factor);
    return mixed;
  };
  const auto advance = [&] {
    if (++i < kSize) return;
    state_[0] = state_[kSize - 1];
    i = 1;
  };
  for (std::size_t k = 0, j = 0; k < std::max(kSize, key.size()); ++k) {
    state_[i] = step(1664525U) + key[j] + static_cast<std::uint32_t>(j);
    j = (j + 1) % key.size();
    advance();
  }
  for (std::size_t k = 0; k + 1 < kSize; ++k) {
    state_[i] = step(1566083941U) - static_cast<std::uint32_t>(i);
    advance();
  }
  state_[0] = 0x80000000U;
}

void PythonRandom::fill() {
  constexpr std::size_t kShift = 397;
  for (std::size_t k = 0; k < kSize; ++k) {
    const std::uint32_t y = (state_[k] & 0x80000000U) | (state_[(k + 1) % kSize] & 0x7fffffffU);
    state_[k] = state_[(k + kShift) % kSize] ^ (y >> 1) ^ ((y & 1U) != 0 ? 0x9908b0dfU : 0U);
  }
  at_ = 0;
}

std::uint32_t PythonRandom::next() {
  if (at_ == kSize) fill();
  std::uint32_t y = state_[at_++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680U;
  y ^= (y << 15) & 0xefc60000U;
  return y ^ (y >> 18);
}

std::uint32_t PythonRandom::below(std::uint32_t bound) {
  C2C_CHECK(bound > 0, "a random number below 0");
  const int bits = std::bit_width(bound);
  std::uint32_t number = 0;
  do number = next() >> (32 - bits);
  while (number >= bound);
  return number;
}

}  // namespace c2c
