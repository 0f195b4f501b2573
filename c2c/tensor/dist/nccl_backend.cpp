// Behind the CMake option C2C_NCCL, for a CUDA LibTorch. UNTESTED: no machine with a GPU has seen it.
#if defined(C2C_NCCL)
#if !defined(USE_C10D_NCCL)
#define USE_C10D_NCCL
#endif
#include <c10/cuda/CUDAFunctions.h>

#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include "c2c/base/error.h"
#include "c2c/tensor/dist/backends.h"

namespace c2c {

BackendPtr make_nccl_backend(const StorePtr& store, const LaunchEnvironment& launch) {
  if (launch.local_rank >= c10::cuda::device_count())
    fail_usage({.where = "environment variable LOCAL_RANK",
                .found = std::to_string(launch.local_rank),
                .expected = "less than the " + std::to_string(c10::cuda::device_count()) + " GPUs of this machine",
                .hint = "start one process per GPU"});
  c10::cuda::set_device(static_cast<c10::DeviceIndex>(launch.local_rank));
  const auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = launch.timeout;
  return c10::make_intrusive<c10d::ProcessGroupNCCL>(store, launch.rank, launch.world_size, options);
}

}  // namespace c2c
#endif
