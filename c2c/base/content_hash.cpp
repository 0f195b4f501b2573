#include "c2c/base/content_hash.h"

#include <algorithm>
#include <cstring>

namespace c2c {
namespace {

// Odd constants: the digits of pi go on.
constexpr std::array<std::uint64_t, 4> kFactors = {0x452821e638d01377, 0xbe5466cf34e90c6d, 0xc0ac29b7c97c50dd,
                                                   0x9216d5d98979fb1b};
constexpr std::size_t kStripe = 32;

// Both halves of the 128-bit product, folded (as in wyhash and its relatives): every bit of the input moves both.
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace

void ContentHash::add(std::span<const std::byte> bytes) {
  const auto stripe = [this](const std::byte* data) {
    std::array<std::uint64_t, 4> words;
    std::memcpy(words.data(), data, kStripe);
    // The lane is added back, so that a product of zero does not forget it.
    for (std::size_t i = 0; i < lanes_.size(); ++i) lanes_[i] = mix(lanes_[i] ^ words[i], kFactors[i]) + lanes_[i];
  };
  std::size_t at = 0;
  for (; at + kStripe <= bytes.size(); at += kStripe) stripe(bytes.data() + at);
  std::array<std::byte, kStripe> last{};
  std::copy(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end(), last.begin());
  stripe(last.data());
  for (std::size_t i = 0; i < lanes_.size(); ++i)
    lanes_[i] = mix(lanes_[i] + bytes.size(), kFactors[3 - i]) ^ lanes_[(i + 1) % lanes_.size()];
}

std::string ContentHash::hex() const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint64_t word :
       {mix(lanes_[0] ^ kFactors[1], lanes_[2] | 1), mix(lanes_[1] ^ kFactors[2], lanes_[3] | 1)})
    for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[word >> shift & 15];
  return text;
}

}  // namespace c2c
