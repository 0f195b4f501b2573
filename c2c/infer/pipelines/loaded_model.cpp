#include "c2c/infer/pipelines/loaded_model.h"

#include "c2c/base/error.h"
#include "c2c/infer/pipelines/stop_ids.h"
#include "c2c/model/families/lora_adapter.h"

namespace c2c {

at::ScalarType parse_dtype(const std::string& dtype) {
  if (dtype == "bf16") return at::kBFloat16;
  if (dtype == "f32") return at::kFloat;
  fail_usage({.where = "dtype", .found = dtype, .expected = "bf16 or f32"});
}

WeightFormat parse_weight_format(const std::string& weights, at::ScalarType dtype) {
  if (weights == "auto") return dtype == at::kFloat ? WeightFormat::kF32 : WeightFormat::kBf16;
  const std::optional<WeightFormat> format = weight_format_from_name(weights);
  if (!format) fail_usage({.where = "weights", .found = weights, .expected = "auto, f32, bf16, q8 or q4"});
  return *format;
}

std::optional<KvFormat> parse_kv_format(const std::string& kv) {
  if (kv == "auto") return {};
  const std::optional<KvFormat> format = kv_format_from_name(kv);
  if (!format) fail_usage({.where = "kv", .found = kv, .expected = "auto, f32, bf16 or q8"});
  return format;
}

LoadedModel load_weights_of(TextSide text, const LoadOptions& options) {
  LoadedModel model;
  std::unique_ptr<CausalLm> lm = load_model(text.path, options);
  if (!text.adapter.empty()) load_adapter(*lm, text.adapter);
  model.lm = std::move(lm);
  model.stop_ids = stop_ids_of(model.lm->config(), *text.tokenizer);
  model.text = std::move(text);
  return model;
}

}  // namespace c2c
