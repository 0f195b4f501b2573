// Address space without memory behind it: pages become resident when they are first written (demand paging as the
// block table of a cache; cf. vAttention, Prabhu et al. 2024).
#pragma once
#include <cstddef>
#include <memory>

namespace c2c {

class ReservedMemory {
 public:
  // Null where the system refuses so much address space, or has no way to do this. Zeroed when first read.
  static std::shared_ptr<ReservedMemory> make(std::size_t bytes);
  ~ReservedMemory();
  ReservedMemory(const ReservedMemory&) = delete;
  ReservedMemory& operator=(const ReservedMemory&) = delete;

  std::byte* data() const { return data_; }
  // Gives back the whole pages of [begin, end); they are zero afterwards.
  void release(std::byte* begin, std::byte* end) const;
  static std::size_t page_bytes();

 private:
  ReservedMemory(std::byte* data, std::size_t bytes) : data_(data), bytes_(bytes) {}

  std::byte* data_;
  std::size_t bytes_;
};

}  // namespace c2c
