// Inside this folder: c10d's backends, and the group that wraps one. Which backends exist is decided by CMake
// (cmake/C2CProcessGroups.cmake: C2C_GLOO, C2C_NCCL), each in one .cpp.
#pragma once
#include <memory>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include "c2c/tensor/dist/launch_environment.h"
#include "c2c/tensor/dist/process_group.h"

namespace c2c {

using BackendPtr = c10::intrusive_ptr<c10d::Backend>;
using StorePtr = c10::intrusive_ptr<c10d::Store>;

// Over TCP: a client of torchrun's store, or of rank 0's, under a prefix of this attempt.
StorePtr make_store(const LaunchEnvironment& launch);
BackendPtr make_gloo_backend(const StorePtr& store, const LaunchEnvironment& launch);
BackendPtr make_nccl_backend(const StorePtr& store, const LaunchEnvironment& launch);

std::unique_ptr<ProcessGroup> make_single_group(at::Device device);
std::unique_ptr<ProcessGroup> make_backend_group(BackendPtr backend, at::Device device);

}  // namespace c2c
