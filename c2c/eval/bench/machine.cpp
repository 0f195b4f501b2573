#include <ATen/Version.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "c2c/eval/bench/report.h"
#include "c2c/tensor/kernels/isa.h"

namespace c2c::bench {

Machine describe_machine() {
  Machine machine;
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; machine.cpu.empty() && std::getline(file, line);)
    if (line.starts_with("model name")) machine.cpu = line.substr(std::min(line.find(':') + 2, line.size()));
  machine.logical_cores = ::sysconf(_SC_NPROCESSORS_ONLN);
  machine.memory_bytes = static_cast<std::int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE);
  std::ifstream("/proc/loadavg") >> machine.load;
  machine.libtorch_uses = at::get_cpu_capability();
  machine.kernels_use = kernels::isa_name(kernels::isa());
  return machine;
}

}  // namespace c2c::bench
