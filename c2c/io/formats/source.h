// Where bytes come from: a mapped file, or memory (tests, fuzzers). Readers keep a shared_ptr, so spans stay valid.
#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "c2c/io/formats/descriptor.h"

namespace c2c {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual Bytes bytes() const = 0;
  virtual const std::string& name() const = 0;  // for messages
  // The kernel may drop the pages of this range (they were copied elsewhere). A hint; does nothing by default.
  virtual void release(Bytes) const {}
};

// Read-only mmap. Throws kInput when the file is missing, unreadable or not a regular file.
std::shared_ptr<ByteSource> map_file(const std::filesystem::path& path);
std::shared_ptr<ByteSource> memory_source(std::string name, std::vector<std::byte> bytes);

// Writes aside (same folder, temporary name), flushes, then renames: nothing half-written ever has the final name.
// `path`'s folder is created when missing.
void write_file_atomically(const std::filesystem::path& path, Bytes bytes);
void write_file_atomically(const std::filesystem::path& path, std::string_view text);
// Whole small file; throws when it is larger than `limit` bytes.
std::string read_text_file(const std::filesystem::path& path, std::size_t limit = std::size_t{256} << 20);

}  // namespace c2c
