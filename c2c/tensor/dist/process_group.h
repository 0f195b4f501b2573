// The processes of one run. Collectives are called by every rank, in the same order, from one thread; they return when
// they are done. A failed one throws kInput naming the rank it was seen on (a process that ended says why itself).
#pragma once
#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

namespace c2c {

class ProcessGroup {
 public:
  virtual ~ProcessGroup() = default;
  virtual std::string name() const = 0;  // single, gloo or nccl
  virtual int rank() const = 0;
  virtual int world_size() const = 0;
  virtual at::Device device() const = 0;  // where tensors must lie

  virtual void barrier() = 0;
  // In place; same shape and dtype on every rank; any strides.
  virtual void broadcast(const at::Tensor& tensor, int root) = 0;
  // In place. The same bits on every rank, and in every run of the same world size.
  virtual void all_reduce_sum(const at::Tensor& tensor) = 0;
  // Small byte strings of every rank, by rank.
  virtual std::vector<std::string> gather_strings(const std::string& text) = 0;

  bool is_root() const { return rank() == 0; }
};

// One process alone where WORLD_SIZE is unset or 1. Else the group that torchrun's environment describes: Gloo for CPU
// tensors, NCCL for CUDA tensors (`device`'s index is replaced by LOCAL_RANK). Throws kUsage where the environment is
// wrong or this build has no such group.
std::unique_ptr<ProcessGroup> make_process_group(at::Device device);
// Kinds that this build knows: "single", then "gloo" and "nccl" as far as they were compiled in.
std::vector<std::string> process_group_kinds();

}  // namespace c2c
