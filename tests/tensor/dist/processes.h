// Starts this test program again as the ranks of a group: under torchrun, or with torchrun's variables set by hand.
#pragma once
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace c2c::testing {

using Variables = std::map<std::string, std::string>;

// A process in a group of its own, its output kept in a file.
class Child {
 public:
  Child(const std::vector<std::string>& command, const Variables& variables) {
    static int count = 0;
    output_ = ::testing::TempDir() + "/c2c_dist_" + std::to_string(getpid()) + "_" + std::to_string(count++) + ".log";
    pid_ = fork();
    if (pid_ == 0) become(command, variables);
  }
  Child(const Child&) = delete;
  ~Child() {
    if (status_ < 0) {
      kill(-pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    std::error_code ignored;
    std::filesystem::remove(output_, ignored);
  }

  // Exit code; 128 + signal; -1 where it had to be killed after `seconds`.
  int wait(int seconds) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    int status = 0;
    while (waitpid(pid_, &status, WNOHANG) == 0) {
      if (std::chrono::steady_clock::now() > deadline) return -1;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return status_;
  }
  // Has it not ended? (wait() gives the exit code either way.)
  bool runs() const {
    siginfo_t info{};
    return status_ < 0 && waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == 0;
  }
  void send(int signal) const {
    if (status_ < 0) kill(pid_, signal);
  }
  std::string output() const {
    std::ifstream file(output_);
    return (std::ostringstream() << file.rdbuf()).str();
  }

 private:
  [[noreturn]] void become(const std::vector<std::string>& command, const Variables& variables) const {
    setpgid(0, 0);
    if (std::freopen(output_.c_str(), "w", stdout) == nullptr) _exit(126);
    dup2(STDOUT_FILENO, STDERR_FILENO);
    for (const auto& [name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }

  pid_t pid_ = -1;
  int status_ = -1;
  std::string output_;
};

// This program, running only the (otherwise disabled) tests of `suite`.
inline std::vector<std::string> this_program(const std::string& suite) {
  return {std::filesystem::read_symlink("/proc/self/exe"), "--gtest_filter=" + suite + ".*",
          "--gtest_also_run_disabled_tests"};
}

inline int free_port() {
  const int socket_fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(socket_fd, reinterpret_cast<sockaddr*>(&address), size) != 0) return 0;
  getsockname(socket_fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(socket_fd);
  return ntohs(address.sin_port);
}

// What torchrun would export for one rank of a group whose store is rank 0's.
inline Variables rank_variables(int rank, int world_size, int port) {
  return {
      {"RANK", std::to_string(rank)}, {"LOCAL_RANK", std::to_string(rank)},  {"WORLD_SIZE", std::to_string(world_size)},
      {"MASTER_ADDR", "127.0.0.1"},   {"MASTER_PORT", std::to_string(port)}, {"OMP_NUM_THREADS", "1"}};
}

}  // namespace c2c::testing
