// SHA-256 (FIPS 180-4) of checkpoint files.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "c2c/io/formats/descriptor.h"

namespace c2c {

class Sha256 {
 public:
  // `plain`: without the processor's SHA instructions (tests compare both).
  explicit Sha256(bool plain = false);
  void update(Bytes bytes);
  std::string hex();  // 64 lower-case digits; ends the computation

 private:
  std::array<std::uint32_t, 8> state_;
  std::array<std::byte, 64> block_{};
  std::size_t filled_ = 0;
  std::uint64_t total_ = 0;
  bool plain_;
};

std::string sha256_of(Bytes bytes);
inline std::string sha256_of(std::string_view text) {
  return sha256_of(std::as_bytes(std::span(text)));
}
// Reads through a map and gives the pages back on the way, so that a large file does not stay in memory.
std::string sha256_of_file(const std::filesystem::path& file);

}  // namespace c2c
