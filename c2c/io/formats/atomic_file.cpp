#include "c2c/io/formats/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "c2c/base/error.h"

namespace c2c {

AtomicFile::AtomicFile(std::filesystem::path path) : path_(std::move(path)) {
  static std::atomic<unsigned> counter{0};
  const std::filesystem::path folder = path_.parent_path();
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error) fail_input({.where = folder.string(), .found = "cannot create the folder: " + error.message()});
  if (path_.filename().empty() || std::filesystem::is_directory(path_, error))
    fail_input({.where = path_.string(), .found = "a folder", .expected = "a file name to write to"});
  temporary_ = folder / ("." + path_.filename().string() + ".tmp-" + std::to_string(getpid()) + "-" +
                         std::to_string(counter.fetch_add(1)));
  fd_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd_ < 0) fail("cannot create");
}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  close(fd_);
  unlink(temporary_.c_str());
}

void AtomicFile::fail(const char* what) const {
  fail_input({.where = path_.string(),
              .found = std::string(what) + ": " + std::strerror(errno),
              .expected = "a folder that can be written to, with enough space"});
}

void AtomicFile::write(Bytes bytes) {
  C2C_CHECK(fd_ >= 0, "write after commit");
  while (!bytes.empty()) {
    constexpr std::size_t kMost = std::size_t{1} << 30;
    const ssize_t written = ::write(fd_, bytes.data(), std::min(bytes.size(), kMost));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail("cannot write");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    size_ += static_cast<std::size_t>(written);
  }
}

void AtomicFile::write(std::string_view text) {
  write(std::as_bytes(std::span(text)));
}

void AtomicFile::commit() {
  C2C_CHECK(fd_ >= 0, "commit twice");
  if (fsync(fd_) != 0 && errno != EINVAL) fail("cannot flush");
  if (rename(temporary_.c_str(), path_.c_str()) != 0) fail("cannot rename");
  close(fd_);
  fd_ = -1;
  // The new name itself is on the disk only once the folder is; best effort, some file systems refuse.
  const std::filesystem::path folder = path_.has_parent_path() ? path_.parent_path() : ".";
  const int folder_fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_fd >= 0) {
    fsync(folder_fd);
    close(folder_fd);
  }
}

}  // namespace c2c
