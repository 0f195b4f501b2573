// A fast 128-bit fingerprint of many bytes, to tell contents apart (not against somebody who forges them: io/formats
// has SHA-256). About as fast as memory is read.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace c2c {

class ContentHash {
 public:
  // Each call is one item: the lengths count too, so that "ab", "c" differs from "a", "bc".
  void add(std::span<const std::byte> bytes);
  void add(std::string_view text) { add(std::as_bytes(std::span(text))); }
  void add(std::int64_t number) { add(std::as_bytes(std::span(&number, 1))); }
  std::string hex() const;  // 32 digits

 private:
  std::array<std::uint64_t, 4> lanes_ = {0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0,
                                         0x082efa98ec4e6c89};
};

}  // namespace c2c
