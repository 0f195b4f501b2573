#include "c2c/fuser/modern_mlp.h"

#include <ATen/ATen.h>

#include "c2c/fuser/parameters.h"

namespace c2c {

ModernMlp::ModernMlp(const ModernMlpConfig& config, at::ScalarType dtype) : config_(config) {
  std::int64_t index = 0;
  for (std::int64_t i = 0; i < config.layers; ++i) {
    const auto in = i == 0 ? config.in : config.hidden;
    Stage stage;
    stage.last = i == config.layers - 1;
    const auto out = stage.last ? config.out : config.hidden;
    stage.index = index++;
    stage.swiglu = config.swiglu && !stage.last;
    stage.linear = draw_linear(in, out, true, dtype);
    if (stage.swiglu) stage.up = draw_linear(in, out, true, dtype);
    if (!stage.last) {
      if (config.layer_norm) {
        stage.norm_weight = constant_parameter({out}, 1.0, dtype);
        stage.norm_bias = constant_parameter({out}, 0.0, dtype);
        ++index;
      }
      if (!config.swiglu) ++index;
      if (config.dropout > 0) ++index;
    }
    stages_.push_back(std::move(stage));
  }
}

at::Tensor ModernMlp::operator()(const at::Tensor& x, bool training) const {
  at::Tensor y = x;
  for (const auto& stage : stages_) {
    y = stage.swiglu ? at::silu(stage.linear(y)) * stage.up(y) : stage.linear(y);
    if (stage.last) break;
    if (stage.norm_weight.defined())
      y = at::layer_norm(y, stage.norm_weight.sizes(), stage.norm_weight, stage.norm_bias, 1e-5);
    if (!config_.swiglu) {
      if (config_.activation == "relu")
        y = at::relu(y);
      else
        y = config_.activation == "silu" ? at::silu(y) : at::gelu(y);
    }
    if (training && config_.dropout > 0) y = at::dropout(y, config_.dropout, /*train=*/true);
  }
  return config_.residual && config_.in == config_.out ? y + x : y;
}

void ModernMlp::visit(const std::string& prefix, const ParameterVisitor& visitor) {
  for (auto& stage : stages_) {
    const std::string name = prefix + "layers." + std::to_string(stage.index) + ".";
    stage.linear.visit(stage.swiglu ? name + "gate_proj." : name, visitor);
    if (stage.swiglu) stage.up.visit(name + "up_proj.", visitor);
    if (!stage.norm_weight.defined()) continue;
    const std::string norm = prefix + "layers." + std::to_string(stage.index + 1) + ".";
    visitor({norm + "weight", &stage.norm_weight, false});
    visitor({norm + "bias", &stage.norm_bias, false});
  }
}

}  // namespace c2c
