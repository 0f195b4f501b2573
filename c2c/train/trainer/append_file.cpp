#include "c2c/train/trainer/append_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "c2c/base/error.h"

namespace c2c {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const char* expected) {
  fail_input({.where = path.string(), .found = std::generic_category().message(errno), .expected = expected});
}

}  // namespace

AppendFile::AppendFile(std::filesystem::path path, Mode mode) : path_(std::move(path)) {
  std::error_code ignored;  // open() says what is wrong
  if (path_.has_parent_path()) std::filesystem::create_directories(path_.parent_path(), ignored);
  const int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | (mode == Mode::kCreate ? O_EXCL : 0);
  descriptor_ = open(path_.c_str(), flags, 0644);
  if (descriptor_ < 0) fail(path_, "a file that can be written");
}

AppendFile::~AppendFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

void AppendFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path_, "room for another entry");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace c2c
