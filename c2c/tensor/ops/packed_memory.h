// Memory for packed weights: page tables of 4 KiB pages cost a streaming read more than the arithmetic does, so it
// comes in huge pages, which small layers share.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

namespace c2c {

// `bytes` fresh bytes (unspecified content), 64-byte aligned; its pages go back to the system with the last copy of the
// pointer. Thread-safe. Throws std::bad_alloc.
std::shared_ptr<std::byte> packed_memory(std::int64_t bytes);

}  // namespace c2c
