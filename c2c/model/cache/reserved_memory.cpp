#include "c2c/model/cache/reserved_memory.h"

#include <cstdint>

#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace c2c {

#ifdef __linux__

std::size_t ReservedMemory::page_bytes() {
  static const auto bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

std::shared_ptr<ReservedMemory> ReservedMemory::make(std::size_t bytes) {
  void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED) return nullptr;
  return std::shared_ptr<ReservedMemory>(new ReservedMemory(static_cast<std::byte*>(data), bytes));
}

ReservedMemory::~ReservedMemory() {
  munmap(data_, bytes_);
}

void ReservedMemory::release(std::byte* begin, std::byte* end) const {
  const std::uintptr_t page = page_bytes();
  const std::uintptr_t first = (reinterpret_cast<std::uintptr_t>(begin) + page - 1) / page * page;
  const std::uintptr_t last = reinterpret_cast<std::uintptr_t>(end) / page * page;
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

#else

std::size_t ReservedMemory::page_bytes() {
  return 4096;
}
std::shared_ptr<ReservedMemory> ReservedMemory::make(std::size_t) {
  return nullptr;
}
ReservedMemory::~ReservedMemory() = default;
void ReservedMemory::release(std::byte*, std::byte*) const {}

#endif

}  // namespace c2c
