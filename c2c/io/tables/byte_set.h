// The next byte of a set in a text, at a byte a cycle (std::string_view::find_first_of calls memchr for each byte).
#pragma once
#include <array>
#include <cstddef>
#include <string_view>

namespace c2c {

class ByteSet {
 public:
  constexpr explicit ByteSet(std::string_view bytes) {
    for (const char byte : bytes) has_[static_cast<unsigned char>(byte)] = true;
  }
  // text.size() where there is none.
  std::size_t find(std::string_view text, std::size_t from) const {
    while (from < text.size() && !has_[static_cast<unsigned char>(text[from])]) ++from;
    return from;
  }

 private:
  std::array<bool, 256> has_{};
};

}  // namespace c2c
