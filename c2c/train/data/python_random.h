// The part of Python's random.Random that shuffles: the Mersenne Twister (Matsumoto and Nishimura, 1998) seeded by an
// integer as CPython's Modules/_randommodule.c does, so that a shuffled list is the one that Python makes.
#pragma once
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

namespace c2c {

class PythonRandom {
 public:
  explicit PythonRandom(std::uint64_t seed);

  std::uint32_t next();  // 32 random bits
  // In [0, bound), as Random._randbelow_with_getrandbits draws it. 0 < bound < 2^32.
  std::uint32_t below(std::uint32_t bound);
  // Random.shuffle. Fewer than 2^32 items.
  template <class T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(static_cast<std::uint32_t>(i))]);
  }

 private:
  static constexpr std::size_t kSize = 624;
  void fill();

  std::array<std::uint32_t, kSize> state_;
  std::size_t at_ = kSize;
};

}  // namespace c2c
