#include "c2c/io/formats/source.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "c2c/base/error.h"
#include "c2c/io/formats/atomic_file.h"

namespace c2c {
namespace {

std::string errno_text() {
  return std::strerror(errno);
}

class MappedFile final : public ByteSource {
 public:
  MappedFile(std::string name, void* data, std::size_t size) : name_(std::move(name)), data_(data), size_(size) {}
  ~MappedFile() override {
    if (size_ > 0) munmap(data_, size_);
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  Bytes bytes() const override { return {static_cast<const std::byte*>(data_), size_}; }
  const std::string& name() const override { return name_; }

  void release(Bytes range) const override {
    const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    const auto base = reinterpret_cast<std::uintptr_t>(data_);
    const auto first = reinterpret_cast<std::uintptr_t>(range.data());
    if (range.empty() || first < base || first + range.size() > base + size_) return;
    // Only whole pages: the neighbours of the range share the outer ones. A page that is read again comes back.
    const std::uintptr_t begin = (first + page - 1) / page * page;
    const std::uintptr_t end = (first + range.size()) / page * page;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): page bounds are arithmetic
    if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }

 private:
  std::string name_;
  void* data_;
  std::size_t size_;
};

class MemorySource final : public ByteSource {
 public:
  MemorySource(std::string name, std::vector<std::byte> bytes) : name_(std::move(name)), bytes_(std::move(bytes)) {}
  Bytes bytes() const override { return bytes_; }
  const std::string& name() const override { return name_; }

 private:
  std::string name_;
  std::vector<std::byte> bytes_;
};

// Closes the descriptor when a check throws.
struct Descriptor {
  int fd = -1;
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
};

}  // namespace

std::shared_ptr<ByteSource> map_file(const std::filesystem::path& path) {
  // O_NONBLOCK: a named pipe must not make us wait before it is refused.
  const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.fd < 0)
    fail_input({.where = path.string(), .found = "cannot open: " + errno_text(), .expected = "a readable file"});
  struct stat status{};
  if (fstat(file.fd, &status) != 0) fail_input({.where = path.string(), .found = "cannot stat: " + errno_text()});
  if (!S_ISREG(status.st_mode))
    fail_input({.where = path.string(),
                .found = S_ISDIR(status.st_mode) ? "a folder" : "not a regular file",
                .expected = "a file"});
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return std::make_shared<MappedFile>(path.string(), nullptr, 0);
  void* data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.fd, 0);
  if (data == MAP_FAILED) fail_input({.where = path.string(), .found = "cannot map: " + errno_text()});
  return std::make_shared<MappedFile>(path.string(), data, size);
}

std::shared_ptr<ByteSource> memory_source(std::string name, std::vector<std::byte> bytes) {
  return std::make_shared<MemorySource>(std::move(name), std::move(bytes));
}

void write_file_atomically(const std::filesystem::path& path, Bytes bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

void write_file_atomically(const std::filesystem::path& path, std::string_view text) {
  write_file_atomically(path, std::as_bytes(std::span(text)));
}

std::string read_text_file(const std::filesystem::path& path, std::size_t limit) {
  const auto source = map_file(path);
  const Bytes bytes = source->bytes();
  if (bytes.size() > limit)
    fail_input({.where = path.string(),
                .found = std::to_string(bytes.size()) + " bytes",
                .expected = "at most " + std::to_string(limit) + " bytes"});
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace c2c
