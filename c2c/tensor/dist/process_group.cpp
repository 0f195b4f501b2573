#include "c2c/tensor/dist/process_group.h"

#include <chrono>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "c2c/base/error.h"
#include "c2c/tensor/dist/backends.h"

namespace c2c {
namespace {

std::string place(const LaunchEnvironment& launch) {
  return "rank " + std::to_string(launch.rank) + " of " + std::to_string(launch.world_size);
}

[[noreturn]] void fail_not_built(const LaunchEnvironment& launch, const std::string& kind, const std::string& hint) {
  fail_usage({.where = "environment variable WORLD_SIZE",
              .found = std::to_string(launch.world_size),
              .expected = "1: this build of c2c has no process group '" + kind + "'",
              .hint = hint});
}

void check_built(const LaunchEnvironment& launch, const at::Device& device) {
#if !defined(C2C_GLOO)
  if (device.is_cpu())
    fail_not_built(launch, "gloo", "install Debian's libgloo-dev (headers only) and build c2c again");
#endif
#if !defined(C2C_NCCL)
  if (!device.is_cpu())
    fail_not_built(launch, "nccl", "build c2c with -DC2C_NCCL=ON against a CUDA LibTorch, or train on the CPU");
#endif
  if (!device.is_cpu() && !device.is_cuda())
    fail_not_built(launch, "for device " + device.str(), "use the CPU or CUDA");
}

BackendPtr make_backend([[maybe_unused]] const StorePtr& store, [[maybe_unused]] const LaunchEnvironment& launch,
                        [[maybe_unused]] const at::Device& device) {
#if defined(C2C_GLOO)
  if (device.is_cpu()) return make_gloo_backend(store, launch);
#endif
#if defined(C2C_NCCL)
  if (device.is_cuda()) return make_nccl_backend(store, launch);
#endif
  fail_internal("check_built lets only known kinds through");
}

}  // namespace

StorePtr make_store(const LaunchEnvironment& launch) {
  c10d::TCPStoreOptions options;
  options.port = launch.port;
  options.isServer = !launch.agent_store && launch.rank == 0;
  options.timeout = std::min<std::chrono::milliseconds>(launch.timeout, c10d::Store::kDefaultTimeout);
  // Only a store of our own knows its clients; torchrun's also serves the agent.
  if (!launch.agent_store) options.numWorkers = static_cast<std::size_t>(launch.world_size);
  return c10::make_intrusive<c10d::PrefixStore>("c2c/" + launch.attempt,
                                                c10::make_intrusive<c10d::TCPStore>(launch.address, options));
}

std::unique_ptr<ProcessGroup> make_process_group(at::Device device) {
  const LaunchEnvironment launch = read_launch_environment();
  if (launch.world_size == 1) return make_single_group(device);
  check_built(launch, device);
  if (device.is_cuda()) device.set_index(static_cast<at::DeviceIndex>(launch.local_rank));
  try {
    return make_backend_group(make_backend(make_store(launch), launch, device), device);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
    fail_input({.where = place(launch),
                .key = "MASTER_ADDR:MASTER_PORT " + launch.address + ":" + std::to_string(launch.port),
                .found = torch_error != nullptr ? torch_error->what_without_backtrace() : error.what(),
                .expected = "all ranks to meet there",
                .hint = "are all processes running, and is the port free and reachable? Where a machine has several "
                        "networks, GLOO_SOCKET_IFNAME names the interface"});
  }
}

std::vector<std::string> process_group_kinds() {
  std::vector<std::string> kinds = {"single"};
#if defined(C2C_GLOO)
  kinds.emplace_back("gloo");
#endif
#if defined(C2C_NCCL)
  kinds.emplace_back("nccl");
#endif
  return kinds;
}

}  // namespace c2c
