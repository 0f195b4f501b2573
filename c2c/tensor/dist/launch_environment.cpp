#include "c2c/tensor/dist/launch_environment.h"

#include <charconv>
#include <cstdlib>
#include <limits>

#include "c2c/base/error.h"

namespace c2c {
namespace {

constexpr const char* kHint =
    "start all processes with `torchrun --no-python --nproc-per-node N c2c ...`, or unset WORLD_SIZE for a single one";

std::string text_of(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? std::string() : std::string(value);
}

[[noreturn]] void fail(const char* variable, const std::string& found, const std::string& expected) {
  fail_usage({.where = std::string("environment variable ") + variable,
              .found = found.empty() ? "nothing" : "'" + found + "'",
              .expected = expected,
              .hint = kHint});
}

int number_of(const char* variable, int lowest, int highest) {
  const std::string text = text_of(variable);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < lowest || value > highest)
    fail(variable, text, "a whole number from " + std::to_string(lowest) + " to " + std::to_string(highest));
  return value;
}

}  // namespace

LaunchEnvironment read_launch_environment() {
  constexpr int kMany = 1 << 16, kDay = 24 * 3600;
  LaunchEnvironment launch;
  if (text_of("WORLD_SIZE").empty()) return launch;
  launch.world_size = number_of("WORLD_SIZE", 1, kMany);
  if (launch.world_size == 1) return launch;
  launch.rank = number_of("RANK", 0, launch.world_size - 1);
  launch.local_rank = text_of("LOCAL_RANK").empty() ? launch.rank : number_of("LOCAL_RANK", 0, kMany);
  launch.address = text_of("MASTER_ADDR");
  if (launch.address.empty()) fail("MASTER_ADDR", {}, "the host where the group meets");
  launch.port = static_cast<std::uint16_t>(number_of("MASTER_PORT", 1, std::numeric_limits<std::uint16_t>::max()));
  launch.agent_store = text_of("TORCHELASTIC_USE_AGENT_STORE") == "True";
  launch.attempt = text_of("TORCHELASTIC_RUN_ID") + "/" + text_of("TORCHELASTIC_RESTART_COUNT");
  if (!text_of("C2C_DIST_TIMEOUT").empty())
    launch.timeout = std::chrono::seconds(number_of("C2C_DIST_TIMEOUT", 1, kDay));
  return launch;
}

}  // namespace c2c
