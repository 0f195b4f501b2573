#include "c2c/tensor/nn/embedding.h"

#include <ATen/ATen.h>

namespace c2c {

at::Tensor Embedding::operator()(const at::Tensor& ids) const {
  return at::embedding(weight_, ids);
}

}  // namespace c2c
