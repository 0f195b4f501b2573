// One model ready to talk: weights, tokenizer, chat template, what ends its answers.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "c2c/base/log.h"
#include "c2c/model/families/causal_lm.h"
#include "c2c/text/side/text_side.h"

namespace c2c {

struct LoadedModel {
  TextSide text;
  std::shared_ptr<const CausalLm> lm;
  // The model's EOS ids, the tokenizer's, and the end-of-turn tokens of known chat formats that its vocabulary has.
  std::vector<std::int64_t> stop_ids;
};

LoadedModel load_weights_of(TextSide text, const LoadOptions& options);

at::ScalarType parse_dtype(const std::string& dtype);  // "bf16", "f32"
// "f32", "bf16", "q8", "q4"; "auto": as the arithmetic's type. Throws kUsage.
WeightFormat parse_weight_format(const std::string& weights, at::ScalarType dtype);
std::optional<KvFormat> parse_kv_format(const std::string& kv);  // "f32", "bf16", "q8"; "auto": nothing. Throws kUsage.

}  // namespace c2c
