// Which parameters a recipe's `partial_training` section trains (spec/training.md 6), by name alone.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace c2c {

struct PartialTraining {
  std::string method = "layer_wise";  // or parameter_wise
  double ratio = 0.6;                 // [0, 1]
};

// `names`: the model's parameters as CausalLm::visit gives them, which is Hugging Face's named_parameters order; a tied
// head is not among them. The names to train, in that order. Throws kUsage for another method or ratio.
//   layer_wise: the last trunc(layers * ratio) decoder layers, the final norm, and lm_head (tied: the embedding).
//   parameter_wise: the last trunc(names * ratio) names; all of them where that is 0.
std::vector<std::string> trained_parameters(const std::vector<std::string>& names, std::int64_t layers,
                                            const PartialTraining& partial);
std::vector<std::string> layer_wise_parameters(const std::vector<std::string>& names, std::int64_t layers,
                                               double ratio);
std::vector<std::string> parameter_wise_parameters(const std::vector<std::string>& names, double ratio);

}  // namespace c2c
