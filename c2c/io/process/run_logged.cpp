#include "c2c/io/process/run_logged.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

class LogFile {
 public:
  explicit LogFile(const fs::path& path) {
    std::error_code ignored;
    fs::create_directories(path.parent_path(), ignored);
    descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (descriptor_ < 0) fail_input({.where = path.string(), .found = std::strerror(errno), .expected = "a log"});
  }
  ~LogFile() { ::close(descriptor_); }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;
  int get() const { return descriptor_; }
  void write(const std::string& line) const {
    if (::write(descriptor_, line.data(), line.size()) < 0) fail_input({.where = "log", .found = std::strerror(errno)});
  }

 private:
  int descriptor_ = -1;
};

int wait_for(pid_t child, const std::function<int()>& signal) {
  int status = 0, passed_on = 0;
  while (true) {
    const pid_t done = ::waitpid(child, &status, signal ? WNOHANG : 0);
    if (done == child) break;
    if (done < 0 && errno != EINTR) fail_internal("a child that cannot be waited for");
    if (done != 0) continue;
    if (const int asked = signal(); asked != 0 && asked != passed_on) {
      ::kill(child, asked);
      passed_on = asked;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

int run_logged(const std::vector<std::string>& command, const fs::path& log, const RunLoggedOptions& options) {
  const LogFile file(log);
  file.write("$ " + shell_text(command) + "\n");
  StartOptions start = options.start;
  start.input = -1;
  start.output = start.messages = file.get();
  return wait_for(start_program(command, start), options.signal);
}

std::string last_lines(const fs::path& file, int count) {
  constexpr std::streamoff kMost = 4096;
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) return {};
  const std::streamoff size = in.tellg(), from = size > kMost ? size - kMost : 0;
  in.seekg(from);
  std::string text(static_cast<std::size_t>(size - from), '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  while (text.ends_with('\n')) text.pop_back();
  std::size_t begin = text.size();
  for (int i = 0; i < count && begin != text.npos && begin > 0; ++i) begin = text.rfind('\n', begin - 1);
  text = begin == text.npos ? text : text.substr(begin + (begin < text.size() && text[begin] == '\n' ? 1 : 0));
  std::string shown;  // without what a carriage return has overwritten
  std::size_t line = 0;
  for (const char c : text) {
    if (c == '\r') {
      shown.resize(line);
      continue;
    }
    shown += c;
    if (c == '\n') line = shown.size();
  }
  return sanitize_utf8(shown);
}

}  // namespace c2c
