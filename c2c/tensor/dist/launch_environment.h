// What torchrun (or the user's own launcher) tells a process about its group: RANK, LOCAL_RANK, WORLD_SIZE,
// MASTER_ADDR, MASTER_PORT and torchelastic's own variables.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

namespace c2c {

struct LaunchEnvironment {
  int rank = 0;
  int local_rank = 0;  // on this machine: which GPU is ours
  int world_size = 1;
  std::string address;  // where the store listens
  std::uint16_t port = 0;
  bool agent_store = false;  // torchrun hosts the store; else rank 0 does
  std::string attempt;       // differs between restarts of a group, so that old keys of the store are not met
  std::chrono::seconds timeout{1800};
};

// World size 1 where WORLD_SIZE is unset, empty or 1. Throws kUsage naming the variable that is missing or wrong.
LaunchEnvironment read_launch_environment();

}  // namespace c2c
