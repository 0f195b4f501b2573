// The visitor that names every parameter once: it loads, saves, counts and moves (gemma.cpp's weights.h idea).
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace c2c {

// Called for every parameter or buffer in state-dict order with its full dotted name.
struct ParameterRef {
  std::string name;
  at::Tensor* tensor = nullptr;
  bool is_buffer = false;
};
using ParameterVisitor = std::function<void(const ParameterRef&)>;

// Called for every linear layer with its full dotted name ("model.layers.0.self_attn.q_proj").
class Linear;
using LinearVisitor = std::function<void(const std::string& name, Linear& layer)>;

// A layer or model offers: void visit(const std::string& prefix, const ParameterVisitor& visitor);
// prefix is "" or ends with '.'.

}  // namespace c2c
