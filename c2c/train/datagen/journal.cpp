#include "c2c/train/datagen/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <mutex>

#include "c2c/base/error.h"
#include "c2c/io/formats/source.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

std::string shown(const Json& flat, const std::string& key) {
  const auto found = flat.find(key);
  return found == flat.end() ? "(not said)" : found->dump(-1, ' ', false, Json::error_handler_t::replace);
}

// "/teacher/sampling/top_k" -> "teacher.sampling.top_k"
std::string key_name(const std::string& pointer) {
  std::string name = pointer.substr(std::min<std::size_t>(1, pointer.size()));
  for (char& c : name)
    if (c == '/') c = '.';
  return name;
}

void check_fingerprint(const std::string& where, const Json& there, const Json& here) {
  const Json old_values = there.flatten(), new_values = here.flatten();
  Json keys = old_values;
  keys.update(new_values);
  std::string names, found, expected;
  for (const auto& [key, unused] : keys.items()) {
    if (shown(old_values, key) == shown(new_values, key)) continue;
    const std::string comma = names.empty() ? "" : ", ", name = key_name(key);
    names += comma + name;
    found += comma + name + " = " + shown(old_values, key);
    expected += comma + name + " = " + shown(new_values, key);
  }
  if (names.empty()) return;
  fail_usage({.where = where,
              .key = names,
              .found = "replies of another configuration: " + found,
              .expected = expected,
              .hint = "name another output folder, or undo the change to go on, or move the folder away"});
}

}  // namespace

struct Journal::Impl {
  std::filesystem::path path;
  int fd = -1;
  mutable std::mutex mutex;
  JournalText text;
  Clock::time_point synced = Clock::now();

  ~Impl() {
    if (fd >= 0) close(fd);
  }

  [[noreturn]] void fail(const char* what) const {
    fail_input({.where = path.string(),
                .found = std::string(what) + ": " + std::strerror(errno),
                .expected = "a folder that can be written to, with enough space"});
  }

  void append(const std::string& line) {
    std::size_t written = 0;
    while (written < line.size()) {
      const ssize_t count = ::write(fd, line.data() + written, line.size() - written);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) {
        const int reason = errno;
        // Half a line would be damage once another one stood behind it.
        [[maybe_unused]] const int cut = ftruncate(fd, static_cast<off_t>(text.size));
        errno = reason;
        fail("cannot write");
      }
      written += static_cast<std::size_t>(count);
    }
    text.size += line.size();
  }
};

Journal::Journal(std::filesystem::path path, const Json& fingerprint) : impl_(std::make_unique<Impl>()) {
  impl_->path = std::move(path);
  std::error_code error;
  std::filesystem::create_directories(impl_->path.parent_path(), error);
  impl_->fd = open(impl_->path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (impl_->fd < 0) impl_->fail("cannot open");
  const std::string where = impl_->path.string();
  if (flock(impl_->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    fail_usage({.where = where,
                .found = "another process that writes to it",
                .hint = "wait for it, or name another output folder"});
  {
    const auto source = map_file(impl_->path);
    const Bytes bytes = source->bytes();
    impl_->text = read_journal({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, where);
    if (bytes.size() != impl_->text.size && ftruncate(impl_->fd, static_cast<off_t>(impl_->text.size)) != 0)
      impl_->fail("cannot cut off an unfinished line");
  }
  const std::string head = journal_head(fingerprint);
  if (impl_->text.fingerprint.is_null()) {
    impl_->append(head);
    return;
  }
  // Through text and back, as the one in the file went.
  check_fingerprint(where, impl_->text.fingerprint, Json::parse(head)["fingerprint"]);
}

Journal::~Journal() = default;

Journal::State Journal::state(std::int64_t row) const {
  const std::scoped_lock lock(impl_->mutex);
  const auto found = impl_->text.places.find(row);
  if (found == impl_->text.places.end()) return State::kOpen;
  return found->second.is_error ? State::kFailed : State::kAnswered;
}

std::optional<JournalEntry> Journal::find(std::int64_t row) const {
  JournalPlace place;
  {
    const std::scoped_lock lock(impl_->mutex);
    const auto found = impl_->text.places.find(row);
    if (found == impl_->text.places.end()) return std::nullopt;
    place = found->second;
  }
  std::string line(place.size, '\0');
  for (std::size_t read = 0; read < line.size();) {
    const ssize_t count =
        pread(impl_->fd, line.data() + read, line.size() - read, static_cast<off_t>(place.offset + read));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) impl_->fail("cannot read");
    read += static_cast<std::size_t>(count);
  }
  return parse_journal_line(line, impl_->path.string());
}

void Journal::put(const JournalEntry& entry) {
  const std::string line = journal_line(entry);
  const std::scoped_lock lock(impl_->mutex);
  const std::uint64_t offset = impl_->text.size;
  impl_->append(line);
  impl_->text.places[entry.row] = {offset, line.size() - 1, !entry.error.empty()};
  if (Clock::now() - impl_->synced < std::chrono::seconds(1)) return;
  fdatasync(impl_->fd);
  impl_->synced = Clock::now();
}

void Journal::sync() {
  if (fsync(impl_->fd) != 0) impl_->fail("cannot flush");
}

}  // namespace c2c
