#include <ATen/ATen.h>

#include "c2c/base/error.h"
#include "c2c/cli/inspect.h"
#include "c2c/cli/tensor_check.h"
#include "c2c/infer/pipelines/loaded_model.h"
#include "c2c/infer/pipelines/memory.h"
#include "c2c/tensor/weights/weight_source.h"

namespace c2c::cli {
namespace {

using Json = nlohmann::ordered_json;

Json config_json(const ModelConfig& config) {
  Json json;
  json["family"] = family_name(config.family);
  json["layers"] = config.layers;
  json["hidden_size"] = config.hidden_size;
  json["intermediate_size"] = config.intermediate_size;
  json["heads"] = config.heads;
  json["kv_heads"] = config.kv_heads;
  json["head_dim"] = config.head_dim;
  json["vocab_size"] = config.vocab_size;
  json["context"] = config.max_positions;
  json["rope_theta"] = config.rope_theta;
  json["rope_scaling"] = config.rope_scaling.type;
  if (config.sliding_window > 0) json["sliding_window"] = config.sliding_window;
  json["tied_embeddings"] = config.tied_embeddings;
  json["eos_ids"] = config.eos_ids;
  return json;
}

Json tensors_json(const WeightSource& source, const ProgressFn& progress, std::int64_t& bad) {
  Json tensors = Json::array();
  const auto total = static_cast<double>(source.tensors().size());
  for (const TensorInfo& info : source.tensors()) {
    const TensorStats stats = tensor_stats(source.load(info, at::kFloat));
    Json entry = {{"name", info.name}, {"type", dtype_name(info.dtype)}, {"shape", info.shape}};
    entry["min"] = stats.minimum;
    entry["max"] = stats.maximum;
    entry["rms"] = stats.rms;
    if (stats.not_finite > 0) entry["not_finite"] = stats.not_finite;
    bad += stats.not_finite;
    tensors.push_back(std::move(entry));
    progress("reading every tensor", static_cast<double>(tensors.size()), total);
  }
  return tensors;
}

}  // namespace

Json inspect_model(const std::filesystem::path& path, const std::string& dtype, const ProgressFn& progress) {
  Json json;
  json["path"] = path.string();
  std::int64_t bad = 0, file_bytes = 0;
  {
    const auto source = open_weights(path);
    for (const TensorInfo& info : source->tensors()) file_bytes += static_cast<std::int64_t>(info.data.size());
    json["tensors"] = tensors_json(*source, progress, bad);
  }
  const auto model = load_model(path, {.dtype = parse_dtype(dtype), .progress = progress});
  json["config"] = config_json(model->config());
  const KvGeometry geometry = model->kv_geometry();
  const auto element = static_cast<std::int64_t>(model->options().dtype().itemsize());
  json["memory"] = {{"file_tensor_bytes", file_bytes},
                    {"weight_bytes", model->weight_bytes()},
                    {"cache_bytes_per_token", 2 * geometry.layers * geometry.kv_heads * geometry.head_dim * element},
                    {"peak_bytes", process_memory("VmHWM")}};
  json["not_finite"] = bad;
  json["ok"] = bad == 0;
  return json;
}

}  // namespace c2c::cli
