#include "c2c/eval/bench/work.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "c2c/fuser/parameters.h"

namespace c2c::bench {
namespace {

std::int64_t layers_of(const ModelConfig& config, std::int64_t layers) {
  return layers < 0 ? config.layers : std::min(layers, config.layers);
}

// Pairs of a token and one that it sees.
double seen_pairs(std::int64_t tokens, std::int64_t window) {
  const auto n = static_cast<double>(tokens);
  if (window <= 0 || window >= tokens) return n * (n + 1) / 2;
  const auto w = static_cast<double>(window);
  return w * (w + 1) / 2 + (n - w) * w;
}

}  // namespace

std::int64_t kv_parameters(const ModelConfig& config) {
  return 2 * config.hidden_size * config.kv_heads * config.head_dim;
}

std::int64_t layer_parameters(const ModelConfig& config, std::int64_t layers) {
  const std::int64_t query_and_output = 2 * config.hidden_size * config.heads * config.head_dim;
  const std::int64_t mlp = 3 * config.hidden_size * config.intermediate_size;
  return layers_of(config, layers) * (query_and_output + kv_parameters(config) + mlp);
}

double attention_flops(const ModelConfig& config, std::int64_t tokens, std::int64_t layers) {
  double pairs = 0;
  for (std::int64_t i = 0; i < layers_of(config, layers); ++i) {
    const auto index = static_cast<std::size_t>(i);
    const bool is_local = index < config.layer_is_local.size() && config.layer_is_local[index];
    pairs += seen_pairs(tokens, is_local ? config.sliding_window : 0);
  }
  return 4 * static_cast<double>(config.heads * config.head_dim) * pairs;
}

double prefill_flops(const ModelConfig& config, std::int64_t tokens) {
  return 2.0 * static_cast<double>(layer_parameters(config)) * static_cast<double>(tokens) +
         attention_flops(config, tokens);
}

double sharer_flops(const ModelConfig& config, std::int64_t tokens, std::int64_t layers) {
  if (layers <= 0) return 0;
  const auto parameters = static_cast<double>(layer_parameters(config, layers - 1) + kv_parameters(config));
  return 2.0 * parameters * static_cast<double>(tokens) + attention_flops(config, tokens, layers - 1);
}

std::int64_t projector_parameters(const Projector& projector) {
  const ShapesOnly shapes;
  std::int64_t elements = 0;
  make_projector(projector.class_name(), projector.init_args())->visit("", [&](const ParameterRef& ref) {
    if (ref.tensor->dim() == 2) elements += ref.tensor->numel();
  });
  return elements;
}

double fuser_flops(const Fuser& fuser, std::int64_t tokens) {
  double elements = 0;
  for (const auto& link : fuser.layers) {
    const Projector& projector = *fuser.projectors.at(static_cast<std::size_t>(link.second.at(0).projector));
    if (!projector.is_closed()) elements += static_cast<double>(projector_parameters(projector));
  }
  return 2.0 * elements * static_cast<double>(tokens);
}

double cache_bytes(const KvGeometry& geometry, double tokens, double element_bytes) {
  return 2.0 * static_cast<double>(geometry.layers * geometry.kv_heads * geometry.head_dim) * tokens * element_bytes;
}

double weight_bytes_per_token(std::int64_t weight_bytes, std::int64_t embedding_bytes, bool is_tied) {
  return static_cast<double>(is_tied ? weight_bytes : weight_bytes - embedding_bytes);
}

}  // namespace c2c::bench
