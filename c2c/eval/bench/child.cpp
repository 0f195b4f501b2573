#include "c2c/eval/bench/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <thread>

#include "c2c/base/error.h"
#include "c2c/eval/bench/samples.h"

extern char** environ;

namespace c2c::bench {
namespace {

constexpr std::size_t kLongestLine = std::size_t{1} << 20;

// posix_spawn's list of what becomes of the descriptors.
class FileActions {
 public:
  FileActions() { posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

}  // namespace

Child::Child(const std::vector<std::string>& command, bool show_messages) : name_(joined(command)) {
  std::array<int, 2> in{-1, -1}, out{-1, -1};
  if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) fail(std::strerror(errno));
  FileActions actions;
  posix_spawn_file_actions_adddup2(actions.get(), in[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(actions.get(), out[1], STDOUT_FILENO);
  if (!show_messages) posix_spawn_file_actions_addopen(actions.get(), STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const int failed = ::posix_spawnp(&pid_, arguments[0], actions.get(), nullptr, arguments.data(), environ);
  ::close(in[0]);
  ::close(out[1]);
  to_ = in[1];
  from_ = out[0];
  if (failed == 0) return;
  ::close(to_);
  ::close(from_);
  fail(std::strerror(failed));
}

Child::~Child() {
  ::close(to_);
  ::close(from_);
  for (int i = 0; i < 40; ++i) {
    if (::waitpid(pid_, nullptr, WNOHANG) != 0) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Child::fail(const std::string& found) const {
  fail_input({.where = name_, .found = found});
}

nlohmann::ordered_json Child::read(double seconds) {
  const Stopwatch watch;
  std::size_t end;
  while ((end = buffered_.find('\n')) == std::string::npos) {
    const double left = seconds - watch.seconds();
    pollfd descriptor{from_, POLLIN, 0};
    const int ready = left > 0 ? ::poll(&descriptor, 1, static_cast<int>(std::ceil(std::min(left, 1e6) * 1000))) : 0;
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) fail("no answer within " + std::to_string(std::lround(seconds)) + " s");
    std::array<char, 4096> piece;
    const ssize_t got = ::read(from_, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) fail("it ended without an answer");
    buffered_.append(piece.data(), static_cast<std::size_t>(got));
    if (buffered_.size() > kLongestLine) fail("an answer longer than a MiB");
  }
  const std::string line = buffered_.substr(0, end);
  buffered_.erase(0, end + 1);
  auto json = nlohmann::ordered_json::parse(line, nullptr, false);
  if (!json.is_object()) fail("not a JSON object: " + line.substr(0, 200));
  if (json.contains("error")) fail(json["error"].is_string() ? json["error"].get<std::string>() : json["error"].dump());
  return json;
}

nlohmann::ordered_json Child::ask(const nlohmann::ordered_json& question, double seconds) {
  const std::string line = question.dump() + "\n";
  for (std::size_t sent = 0; sent < line.size();) {
    const ssize_t n = ::write(to_, line.data() + sent, line.size() - sent);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail("it does not listen");
    sent += static_cast<std::size_t>(n);
  }
  return read(seconds);
}

}  // namespace c2c::bench
