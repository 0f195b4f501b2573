// Starting other programs.
#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

namespace c2c {

struct StartOptions {
  // Descriptors of ours that become its stdin, stdout and stderr; -1: /dev/null.
  int input = -1, output = -1, messages = -1;
  int kept = -1;           // one more that stays open in it, such as a lock's; -1: none
  bool own_group = false;  // keys at a terminal (Ctrl-C) do not reach it: who started it decides
  int end_signal = 0;      // what the kernel sends it when the thread that started it is gone, however; 0: nothing
};

// Starts `command` (looked up on PATH) with our environment. Throws kInput naming it where that cannot be done. The
// caller waits for it (waitpid).
pid_t start_program(const std::vector<std::string>& command, const StartOptions& options);

// As a shell reads it: quoted where it must be.
std::string shell_text(const std::vector<std::string>& command);

}  // namespace c2c
