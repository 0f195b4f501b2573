// Zip archives whose entries are stored (not compressed), zip64 too: where each entry's bytes lie, and a writer.
// That is the container of PyTorch's .pt files; nothing is copied or inflated.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "c2c/io/formats/atomic_file.h"
#include "c2c/io/formats/descriptor.h"
#include "c2c/io/formats/source.h"

namespace c2c {

// Entry name -> its bytes inside source.bytes(). Throws kInput for anything but a whole archive of stored, unencrypted,
// differently named entries that do not overlap.
std::map<std::string, Bytes, std::less<>> read_stored_zip(const ByteSource& source);

class StoredZipWriter {
 public:
  explicit StoredZipWriter(AtomicFile& file) : file_(file) {}
  // The entry's data begin at a multiple of 64 bytes, as PyTorch lays them out for mapping.
  void add(const std::string& name, Bytes data);
  void finish();  // writes the directory; the file is the caller's to commit

 private:
  struct Entry {
    std::string name;
    std::uint32_t crc;
    std::uint64_t size;
    std::uint64_t header_offset;
  };
  AtomicFile& file_;
  std::vector<Entry> entries_;
};

}  // namespace c2c
