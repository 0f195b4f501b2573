#include "c2c/fuser/parameters.h"

#include <ATen/ATen.h>

#include <cmath>

namespace c2c {
namespace {

thread_local bool shapes_only = false;

at::TensorOptions parameter_options(at::ScalarType dtype) {
  return at::TensorOptions().dtype(dtype).device(shapes_only ? at::kMeta : at::kCPU);
}

}  // namespace

ShapesOnly::ShapesOnly() : before_(shapes_only) {
  shapes_only = true;
}
ShapesOnly::~ShapesOnly() {
  shapes_only = before_;
}
bool ShapesOnly::active() {
  return shapes_only;
}

Linear draw_linear(std::int64_t in, std::int64_t out, bool with_bias, at::ScalarType dtype) {
  at::Tensor weight = at::empty({out, in}, parameter_options(dtype));
  at::Tensor bias;
  if (with_bias) bias = at::empty({out}, parameter_options(dtype));
  if (!shapes_only) {
    // kaiming_uniform_(a = sqrt(5)) in the same order of double operations, so that the last bit agrees too.
    const double slope = std::sqrt(5.0);
    const double gain = std::sqrt(2.0 / (1.0 + slope * slope));
    const double bound = std::sqrt(3.0) * (gain / std::sqrt(static_cast<double>(in)));
    weight.uniform_(-bound, bound);
    const double bias_bound = 1.0 / std::sqrt(static_cast<double>(in));
    if (with_bias) bias.uniform_(-bias_bound, bias_bound);
  }
  return with_bias ? Linear(weight, bias) : Linear(weight);
}

at::Tensor constant_parameter(at::IntArrayRef shape, double value, at::ScalarType dtype) {
  return at::full(shape, value, parameter_options(dtype));
}

void zero_parameters(Linear& linear) {
  if (shapes_only) return;
  linear.visit("", [](const ParameterRef& ref) {
    if (ref.tensor->defined()) ref.tensor->zero_();
  });
}

}  // namespace c2c
