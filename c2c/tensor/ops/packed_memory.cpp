#include "c2c/tensor/ops/packed_memory.h"

#include <cstdlib>
#include <mutex>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace c2c {
namespace {

constexpr std::size_t kLine = 64;

constexpr std::size_t round_up(std::size_t value, std::size_t to) {
  return (value + to - 1) / to * to;
}

#ifdef __linux__

constexpr std::size_t kHuge = std::size_t{2} << 20;
constexpr std::size_t kChunk = 32 * kHuge;    // address space; pages come when they are written
constexpr std::size_t kOwnChunk = 4 * kHuge;  // a matrix of this size gets a chunk to itself

class Chunk {
 public:
  explicit Chunk(std::size_t bytes) : mapped_bytes_(bytes + kHuge) {
    mapped_ =
        ::mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped_ == MAP_FAILED) throw std::bad_alloc();
    const auto address = reinterpret_cast<std::uintptr_t>(mapped_);
    begin_ = static_cast<std::byte*>(mapped_) + (round_up(address, kHuge) - address);
    bytes_ = bytes;
    ::madvise(begin_, bytes_, MADV_HUGEPAGE);  // where refused, small pages do
  }
  ~Chunk() { ::munmap(mapped_, mapped_bytes_); }
  Chunk(const Chunk&) = delete;
  Chunk& operator=(const Chunk&) = delete;

  // Null: does not fit any more.
  std::byte* take(std::size_t bytes) {
    if (bytes > bytes_ - used_) return nullptr;
    std::byte* at = begin_ + used_;
    used_ += bytes;
    return at;
  }

 private:
  void* mapped_ = nullptr;
  std::size_t mapped_bytes_ = 0, bytes_ = 0, used_ = 0;
  std::byte* begin_ = nullptr;
};

// The whole pages of a part that nobody needs any more; its edges may be a neighbour's.
void give_back(std::byte* begin, std::size_t bytes) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto first = round_up(reinterpret_cast<std::uintptr_t>(begin), page);
  const auto end = (reinterpret_cast<std::uintptr_t>(begin) + bytes) / page * page;
  if (first < end) ::madvise(reinterpret_cast<void*>(first), end - first, MADV_DONTNEED);
}

std::shared_ptr<std::byte> part_of(const std::shared_ptr<Chunk>& chunk, std::size_t bytes) {
  std::byte* at = chunk->take(bytes);
  if (at == nullptr) return nullptr;
  return {at, [chunk, bytes](std::byte* begin) { give_back(begin, bytes); }};
}

std::shared_ptr<std::byte> allocate(std::size_t bytes) {
  if (bytes >= kOwnChunk) return part_of(std::make_shared<Chunk>(bytes), bytes);
  static std::mutex mutex;
  static std::shared_ptr<Chunk> current;
  const std::lock_guard lock(mutex);
  std::shared_ptr<std::byte> part = current == nullptr ? nullptr : part_of(current, bytes);
  if (part == nullptr) {
    current = std::make_shared<Chunk>(kChunk);
    part = part_of(current, bytes);
  }
  return part;
}

#else

std::shared_ptr<std::byte> allocate(std::size_t bytes) {
  void* memory = std::aligned_alloc(kLine, bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return {static_cast<std::byte*>(memory), [](std::byte* at) { std::free(at); }};
}

#endif

}  // namespace

std::shared_ptr<std::byte> packed_memory(std::int64_t bytes) {
  return allocate(round_up(static_cast<std::size_t>(bytes > 0 ? bytes : 1), kLine));
}

}  // namespace c2c
