#include "c2c/io/process/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <thread>

#include "c2c/base/error.h"
#include "c2c/io/process/start.h"

namespace c2c {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kLongestLine = std::size_t{1} << 20;

}  // namespace

Child::Child(const std::vector<std::string>& command, bool show_messages) : name_(shell_text(command)) {
  std::array<int, 2> in{-1, -1}, out{-1, -1};
  if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) fail(std::strerror(errno));
  to_ = in[1];
  from_ = out[0];
  const auto close_theirs = [&] {
    ::close(in[0]);
    ::close(out[1]);
  };
  try {
    pid_ = start_program(command, {.input = in[0], .output = out[1], .messages = show_messages ? STDERR_FILENO : -1});
  } catch (const Error&) {
    close_theirs();
    ::close(to_);
    ::close(from_);
    throw;
  }
  close_theirs();
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
  const auto started = Clock::now();
  std::size_t end;
  while ((end = buffered_.find('\n')) == std::string::npos) {
    const double left = seconds - std::chrono::duration<double>(Clock::now() - started).count();
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

}  // namespace c2c
