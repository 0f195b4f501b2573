// A file that appears under its name complete or not at all.
#pragma once
#include <filesystem>
#include <string>

#include "c2c/io/formats/descriptor.h"

namespace c2c {

// Writes to a temporary name in the same folder (created when missing). `commit` flushes to the disk and renames;
// destroyed without it, the temporary file goes and what stood under `path` before stays. Throws kInput.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(Bytes bytes);
  void write(std::string_view text);
  std::size_t size() const { return size_; }  // bytes written so far
  void commit();

 private:
  [[noreturn]] void fail(const char* what) const;

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int fd_ = -1;
  std::size_t size_ = 0;
};

}  // namespace c2c
