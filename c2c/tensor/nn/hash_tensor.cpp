#include "c2c/tensor/nn/hash_tensor.h"

#include <ATen/ATen.h>

#include <cstddef>
#include <span>

namespace c2c {

void hash_tensor(ContentHash& hash, const at::Tensor& tensor) {
  const at::Tensor bytes = tensor.detach().to(at::kCPU).contiguous();
  hash.add(std::span(static_cast<const std::byte*>(bytes.const_data_ptr()), bytes.nbytes()));
}

}  // namespace c2c
