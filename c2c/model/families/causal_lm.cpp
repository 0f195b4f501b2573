#include "c2c/model/families/causal_lm.h"

#include <ATen/ATen.h>

#include "c2c/model/families/decoder.h"

namespace c2c {

std::int64_t CausalLm::weight_bytes() const {
  std::int64_t total = 0;
  // visit() hands out mutable tensors; counting leaves them alone.
  const_cast<CausalLm*>(this)->visit("", [&](const ParameterRef& ref) {
    if (!ref.tensor->is_meta()) total += static_cast<std::int64_t>(ref.tensor->nbytes());
  });
  return total;
}

std::unique_ptr<CausalLm> make_model(const ModelConfig& config, at::TensorOptions options) {
  validate(config);
  return std::make_unique<Decoder>(config, options);
}

}  // namespace c2c
