#include "c2c/tensor/dist/reduce_flat.h"

#include <ATen/ATen.h>

#include <map>

#include "c2c/base/error.h"

namespace c2c {
namespace {

void reduce_bucket(ProcessGroup& group, std::vector<at::Tensor>& bucket) {
  if (bucket.size() == 1) {
    group.all_reduce_sum(bucket.front());
  } else if (!bucket.empty()) {
    std::vector<at::Tensor> flats;
    for (const at::Tensor& tensor : bucket) flats.push_back(tensor.reshape(-1));
    const at::Tensor flat = at::cat(flats);
    group.all_reduce_sum(flat);
    std::int64_t offset = 0;
    for (const at::Tensor& tensor : bucket) {
      tensor.copy_(flat.narrow(0, offset, tensor.numel()).view(tensor.sizes()));
      offset += tensor.numel();
    }
  }
  bucket.clear();
}

}  // namespace

void reduce_flat(ProcessGroup& group, const std::vector<at::Tensor>& tensors, std::int64_t bucket_bytes) {
  C2C_CHECK(bucket_bytes > 0, "reduce_flat: a bucket has room");
  if (group.world_size() == 1) return;
  const at::NoGradGuard no_grad;
  struct Bucket {
    std::vector<at::Tensor> tensors;
    std::int64_t bytes = 0;
  };
  std::map<at::ScalarType, Bucket> open;
  for (const at::Tensor& tensor : tensors) {
    C2C_CHECK(tensor.defined(), "reduce_flat: every rank gives every tensor");
    if (tensor.numel() == 0) continue;
    Bucket& bucket = open[tensor.scalar_type()];
    const auto bytes = static_cast<std::int64_t>(tensor.nbytes());
    if (bucket.bytes + bytes > bucket_bytes) {
      reduce_bucket(group, bucket.tensors);
      bucket.bytes = 0;
    }
    bucket.tensors.push_back(tensor.detach());
    bucket.bytes += bytes;
  }
  for (auto& [dtype, bucket] : open) reduce_bucket(group, bucket.tensors);
}

}  // namespace c2c
