// A tensor's bytes as one item of a fingerprint.
#pragma once
#include <ATen/core/Tensor.h>

#include "c2c/base/content_hash.h"

namespace c2c {

void hash_tensor(ContentHash& hash, const at::Tensor& tensor);

}  // namespace c2c
