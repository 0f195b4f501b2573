// The little of flatbuffers that Arrow's metadata needs, written front to back: a table comes first, then what it
// points to, whose place is entered when it is known.
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace c2c {

static_assert(std::endian::native == std::endian::little, "flatbuffers and Arrow are little-endian");

class FlatBytes {
 public:
  template <class Number>
  std::size_t put(Number number) {
    align(sizeof(Number));
    const std::size_t at = bytes_.size();
    bytes_.append(reinterpret_cast<const char*>(&number), sizeof(Number));
    return at;
  }
  template <class Number>
  void set(std::size_t at, Number number) {
    std::memcpy(bytes_.data() + at, &number, sizeof(Number));
  }
  void align(std::size_t to) { bytes_.append((to - bytes_.size() % to) % to, '\0'); }
  // The place `at` points to what comes next.
  void point_here(std::size_t at) { set(at, static_cast<std::uint32_t>(bytes_.size() - at)); }

  // A table whose present fields have these sizes (0: the field is absent). Returns where each field's value goes.
  std::vector<std::size_t> table(std::size_t pointer, const std::vector<std::size_t>& sizes) {
    align(2);
    const std::size_t vtable = bytes_.size();
    std::vector<std::size_t> places(sizes.size(), 0);
    std::size_t end = 4;  // behind the offset of the vtable; counted from the table's start, which is 8-aligned
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      if (sizes[i] == 0) continue;
      end += (sizes[i] - end % sizes[i]) % sizes[i];
      places[i] = end;
      end += sizes[i];
    }
    put(static_cast<std::uint16_t>(4 + 2 * sizes.size()));
    put(static_cast<std::uint16_t>(end));
    for (const std::size_t place : places) put(static_cast<std::uint16_t>(place));
    align(8);
    const std::size_t start = bytes_.size();
    point_here(pointer);
    put(static_cast<std::int32_t>(start - vtable));
    bytes_.append(end - 4, '\0');
    for (std::size_t& place : places) place += start;
    return places;
  }

  // The head of a vector; `size` elements follow, aligned to `alignment`.
  void vector(std::size_t pointer, std::size_t size, std::size_t alignment) {
    align(4);
    while ((bytes_.size() + 4) % alignment != 0) bytes_.append(4, '\0');
    point_here(pointer);
    put(static_cast<std::uint32_t>(size));
  }
  void text(std::size_t pointer, std::string_view value) {
    vector(pointer, value.size(), 4);
    bytes_.append(value).push_back('\0');
  }

  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace c2c
