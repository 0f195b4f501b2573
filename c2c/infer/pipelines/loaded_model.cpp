#include "c2c/infer/pipelines/loaded_model.h"

#include "c2c/base/error.h"
#include "c2c/infer/pipelines/stop_ids.h"

namespace c2c {

at::ScalarType parse_dtype(const std::string& dtype) {
  if (dtype == "bf16") return at::kBFloat16;
  if (dtype == "f32") return at::kFloat;
  fail_usage({.where = "dtype", .found = dtype, .expected = "bf16 or f32"});
}

LoadedModel load_weights_of(TextSide text, at::ScalarType dtype, const ProgressFn& progress) {
  LoadedModel model;
  model.lm = load_model(text.path, {.dtype = dtype, .progress = progress});
  model.stop_ids = stop_ids_of(model.lm->config(), *text.tokenizer);
  model.text = std::move(text);
  return model;
}

}  // namespace c2c
