#include "c2c/cli/busy_machine.h"

#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>

namespace c2c::cli {
namespace {

bool is_busy() {
  std::ifstream file("/proc/loadavg");
  double last_minute = 0;
  return file >> last_minute && last_minute > 0.75 * static_cast<double>(::sysconf(_SC_NPROCESSORS_ONLN));
}

}  // namespace

void sleep_where_busy(std::int64_t threads, char** argv) {
  const char* omp_threads = std::getenv("OMP_NUM_THREADS");
  if (threads == 1 || (threads == 0 && omp_threads != nullptr && std::strcmp(omp_threads, "1") == 0)) return;
  for (const char* variable : {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"})
    if (std::getenv(variable) != nullptr) return;
  if (!is_busy()) return;
  ::setenv("GOMP_SPINCOUNT", "1000", 1);
  ::execv("/proc/self/exe", argv);  // returns where that is not possible: then the threads spin
}

}  // namespace c2c::cli
