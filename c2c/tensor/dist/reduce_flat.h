// Gradients of many parameters summed over all ranks in few large messages.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "c2c/tensor/dist/process_group.h"

namespace c2c {

constexpr std::int64_t kBucketBytes = std::int64_t{25} << 20;

// Sums each tensor over the ranks, in place. Every rank gives the same shapes and dtypes in the same order, none
// undefined (a parameter without a gradient gives zeros). Tensors of one dtype are copied, in order, into flat buckets
// of about `bucket_bytes`; the buckets depend on shapes alone, so the sums have the same bits in every run.
void reduce_flat(ProcessGroup& group, const std::vector<at::Tensor>& tensors, std::int64_t bucket_bytes = kBucketBytes);

}  // namespace c2c
