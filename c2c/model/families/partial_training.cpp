#include "c2c/model/families/partial_training.h"

#include <algorithm>
#include <charconv>

#include "c2c/base/error.h"

namespace c2c {
namespace {

constexpr const char* kWhere = "partial_training";
constexpr const char* kLayers = "model.layers.";
constexpr const char* kHead = "lm_head.weight";
constexpr const char* kEmbedding = "model.embed_tokens.weight";

void check_ratio(double ratio) {
  if (!(ratio >= 0 && ratio <= 1))
    fail_usage({.where = kWhere, .key = "ratio", .found = std::to_string(ratio), .expected = "a number from 0 to 1"});
}

// The layer of "model.layers.7.mlp.up_proj.weight"; -1: of none.
std::int64_t layer_of(const std::string& name) {
  const std::string prefix = kLayers;
  std::int64_t layer = -1;
  if (name.starts_with(prefix)) std::from_chars(name.data() + prefix.size(), name.data() + name.size(), layer);
  return layer;
}

}  // namespace

std::vector<std::string> layer_wise_parameters(const std::vector<std::string>& names, std::int64_t layers,
                                               double ratio) {
  check_ratio(ratio);
  const std::int64_t first = layers - static_cast<std::int64_t>(static_cast<double>(layers) * ratio);
  const bool tied = std::find(names.begin(), names.end(), kHead) == names.end();
  std::vector<std::string> trained;
  for (const std::string& name : names)
    if (layer_of(name) >= first || name.starts_with("model.norm.") || name == (tied ? kEmbedding : kHead))
      trained.push_back(name);
  return trained;
}

std::vector<std::string> parameter_wise_parameters(const std::vector<std::string>& names, double ratio) {
  check_ratio(ratio);
  const auto count = static_cast<std::int64_t>(static_cast<double>(names.size()) * ratio);
  return count == 0 ? names : std::vector<std::string>(names.end() - count, names.end());
}

std::vector<std::string> trained_parameters(const std::vector<std::string>& names, std::int64_t layers,
                                            const PartialTraining& partial) {
  if (partial.method == "layer_wise") return layer_wise_parameters(names, layers, partial.ratio);
  if (partial.method == "parameter_wise") return parameter_wise_parameters(names, partial.ratio);
  fail_usage({.where = kWhere, .key = "method", .found = partial.method, .expected = "layer_wise or parameter_wise"});
}

}  // namespace c2c
