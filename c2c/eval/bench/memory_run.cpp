#include "c2c/eval/bench/memory_run.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "c2c/base/error.h"
#include "c2c/eval/bench/bench_pair.h"
#include "c2c/eval/bench/work.h"
#include "c2c/infer/pipelines/memory.h"

namespace c2c::bench {

MemoryRow run_for_memory(const BenchConfig& config, const std::string& weights, const ProgressFn& progress) {
  const c10::InferenceMode inference;
  BenchPair pair(config, weights, progress);
  const std::shared_ptr<const Rosetta> rosetta = pair.fused() ? pair.fused() : pair.alone();
  MemoryRow row{.weights = weights, .prompt = config.prompts.at(0)};
  RosettaState state;
  const SectionPlan plan = pair.plan(*rosetta, pair.random_ids(row.prompt, 1));
  at::Tensor token = rosetta->prefill({plan}, state, config.new_tokens).argmax(-1);
  for (std::int64_t i = 0; i < config.new_tokens; ++i) token = rosetta->decode(token, state).argmax(-1);

  for (const ModelRow& model : pair.describe()) row.weight_bytes += model.held_bytes;
  row.cache_bytes = state.receiver.bytes();
  for (const SharerEntry& sharer : rosetta->sharers())
    row.cache_bytes += static_cast<std::int64_t>(cache_bytes(
        sharer.model->kv_geometry(), static_cast<double>(row.prompt - 1), pair.kv_element_bytes(*sharer.model)));
  row.peak_bytes = process_memory("VmHWM");
  return row;
}

nlohmann::ordered_json memory_to_json(const MemoryRow& row) {
  return {{"weights", row.weights},
          {"prompt", row.prompt},
          {"weight_bytes", row.weight_bytes},
          {"cache_bytes", row.cache_bytes},
          {"peak_bytes", row.peak_bytes}};
}

MemoryRow memory_from_json(const nlohmann::ordered_json& json) {
  try {
    return {.weights = json.at("weights"),
            .prompt = json.at("prompt"),
            .weight_bytes = json.at("weight_bytes"),
            .cache_bytes = json.at("cache_bytes"),
            .peak_bytes = json.at("peak_bytes")};
  } catch (const nlohmann::json::exception& error) {
    fail_input({.where = "memory of a child", .found = error.what()});
  }
}

}  // namespace c2c::bench
