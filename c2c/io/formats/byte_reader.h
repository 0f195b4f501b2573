// A cursor over foreign bytes, little endian, that throws instead of reading past the end.
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "c2c/base/error.h"
#include "c2c/io/formats/descriptor.h"

namespace c2c {

static_assert(std::endian::native == std::endian::little, "file formats are read as the little-endian machine does");

class ByteReader {
 public:
  ByteReader(Bytes bytes, std::string where, std::size_t offset = 0)
      : bytes_(bytes), where_(std::move(where)), offset_(offset) {
    C2C_CHECK(offset <= bytes.size(), "reader starts past the end");
  }

  std::size_t offset() const { return offset_; }
  std::size_t remaining() const { return bytes_.size() - offset_; }
  const std::string& where() const { return where_; }

  Bytes take(std::uint64_t count) {
    if (count > remaining())
      fail_input({.where = where_,
                  .key = "byte " + std::to_string(offset_),
                  .found = "the end of the file",
                  .expected = std::to_string(count) + " more bytes (" + std::to_string(remaining()) + " are left)",
                  .hint = "the file is truncated or damaged"});
    const Bytes taken = bytes_.subspan(offset_, static_cast<std::size_t>(count));
    offset_ += static_cast<std::size_t>(count);
    return taken;
  }

  // An unsigned, signed or floating number, any alignment.
  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }

  std::string_view text(std::uint64_t count) {
    const Bytes taken = take(count);
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }

 private:
  Bytes bytes_;
  std::string where_;
  std::size_t offset_;
};

}  // namespace c2c
