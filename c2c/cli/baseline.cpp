#include "c2c/cli/baseline.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>

extern char** environ;

namespace c2c::cli {

void run_baseline() {
  const c10::InferenceMode inference;
  const at::Tensor weight = at::ones({512, 512}, at::kBFloat16), input = at::ones({8, 512}, at::kBFloat16);
  const volatile double sum = at::linear(input, weight).sum().item<double>();
  (void)sum;
}

std::int64_t measure_baseline() {
  std::array<int, 2> pipe_ends{};
  if (::pipe(pipe_ends.data()) != 0) return 0;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, pipe_ends[0]);
  std::string program = "/proc/self/exe", verb = "doctor", flag = "--baseline";
  std::array<char*, 4> arguments = {program.data(), verb.data(), flag.data(), nullptr};
  pid_t child = 0;
  const int failed = ::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe_ends[1]);
  std::string text;
  char buffer[64];
  for (ssize_t n = 0; failed == 0 && (n = ::read(pipe_ends[0], buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(n));
  ::close(pipe_ends[0]);
  if (failed != 0) return 0;
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status != 0 || text.empty()) return 0;
  return std::strtoll(text.c_str(), nullptr, 10);
}

}  // namespace c2c::cli
