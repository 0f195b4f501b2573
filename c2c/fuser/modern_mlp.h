// The projection network of AllInOneProjector (reference: ModernMLP): linears (or SwiGLU blocks before the last), each
// but the last followed by layer norm, activation and dropout where they are enabled.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "c2c/tensor/nn/linear.h"
#include "c2c/tensor/nn/module.h"

namespace c2c {

struct ModernMlpConfig {
  std::int64_t in = 0, out = 0, hidden = 512, layers = 2;
  std::string activation = "gelu";  // gelu, relu, silu
  bool layer_norm = true, residual = true, swiglu = false;
  double dropout = 0.1;
};

class ModernMlp {
 public:
  ModernMlp() = default;
  ModernMlp(const ModernMlpConfig& config, at::ScalarType dtype);
  // x (..., in) -> (..., out); adds x where `residual` is set and the widths are equal.
  at::Tensor operator()(const at::Tensor& x, bool training) const;
  void visit(const std::string& prefix, const ParameterVisitor& visitor);

 private:
  // One step of the network; `index` is its place in the reference's module list, hence its name.
  struct Stage {
    std::int64_t index = 0;
    Linear linear;  // or gate_proj where up is there
    Linear up;      // swiglu only
    bool swiglu = false;
    at::Tensor norm_weight, norm_bias;  // undefined: no layer norm
    bool last = false;
  };
  ModernMlpConfig config_;
  std::vector<Stage> stages_;
};

}  // namespace c2c
