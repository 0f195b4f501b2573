#include "c2c/io/process/start.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "c2c/base/error.h"

namespace c2c {
namespace {

bool become(int descriptor, int target, int flags) {
  if (descriptor < 0) descriptor = ::open("/dev/null", flags);
  if (descriptor == target) return ::fcntl(target, F_SETFD, 0) == 0;
  return descriptor >= 0 && ::dup2(descriptor, target) == target;
}

// In the child, where other threads of ours are no more: calls that need none of their locks.
bool prepare(const StartOptions& options, pid_t parent) {
  if (options.own_group && ::setpgid(0, 0) != 0) return false;
  if (options.end_signal != 0 && ::prctl(PR_SET_PDEATHSIG, options.end_signal) != 0) return false;
  if (options.end_signal != 0 && ::getppid() != parent) ::raise(options.end_signal);  // gone before we asked
  if (options.kept >= 0 && ::fcntl(options.kept, F_SETFD, 0) != 0) return false;
  ::signal(SIGPIPE, SIG_DFL);  // what we ignore is ours
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  return become(options.input, STDIN_FILENO, O_RDONLY) && become(options.output, STDOUT_FILENO, O_WRONLY) &&
         become(options.messages, STDERR_FILENO, O_WRONLY);
}

[[noreturn]] void fail_start(const std::string& program, int reason) {
  fail_input({.where = program, .found = std::strerror(reason), .expected = "a program that can be started"});
}

}  // namespace

pid_t start_program(const std::vector<std::string>& command, const StartOptions& options) {
  C2C_CHECK(!command.empty(), "a program has a name");
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  std::array<int, 2> news{-1, -1};  // why it could not be started; closed by a successful exec
  if (::pipe2(news.data(), O_CLOEXEC) != 0) fail_start(command[0], errno);
  const pid_t parent = ::getpid(), child = ::fork();
  if (child == 0) {
    if (prepare(options, parent)) ::execvp(arguments[0], arguments.data());
    const int reason = errno;
    const ssize_t told = ::write(news[1], &reason, sizeof reason);
    ::_exit(told == sizeof reason ? 127 : 126);
  }
  const int fork_failed = child < 0 ? errno : 0;
  ::close(news[1]);
  int reason = 0;
  ssize_t got = 0;
  while (child > 0 && (got = ::read(news[0], &reason, sizeof reason)) < 0 && errno == EINTR) {
  }
  ::close(news[0]);
  if (fork_failed != 0) fail_start(command[0], fork_failed);
  if (got != sizeof reason) return child;
  ::waitpid(child, nullptr, 0);
  fail_start(command[0], reason);
}

std::string shell_text(const std::vector<std::string>& command) {
  constexpr const char* kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./=:,+@%";
  std::string text;
  for (const std::string& word : command) {
    if (!text.empty()) text += ' ';
    if (!word.empty() && word.find_first_not_of(kPlain) == word.npos) {
      text += word;
      continue;
    }
    text += '\'';
    for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    text += '\'';
  }
  return text;
}

}  // namespace c2c
