#include "c2c/fuser/ffn.h"
#include "c2c/tensor/ops/norm.h"

namespace c2c {

at::Tensor block_norm(const at::Tensor& x, const at::Tensor& weight) {
  return rms_norm_rounded_once(x, weight, 1e-6);
}

}  // namespace c2c
