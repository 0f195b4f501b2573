#include "c2c/eval/bench/report.h"

namespace c2c::bench {
namespace {

using Json = nlohmann::ordered_json;

// Every list, also one that is empty.
template <class Item, class ToJson>
Json list_of(const std::vector<Item>& items, const ToJson& make) {
  Json json = Json::array();
  for (const Item& item : items) json.push_back(make(item));
  return json;
}

Json machine_json(const Machine& machine) {
  return {{"cpu", machine.cpu},   {"logical_cores", machine.logical_cores}, {"memory_bytes", machine.memory_bytes},
          {"load", machine.load}, {"libtorch_uses", machine.libtorch_uses}, {"kernels_use", machine.kernels_use}};
}

Json gemm_json(const GemmPeak& peak) {
  return {{"type", peak.type}, {"by", peak.by}, {"size", peak.size}, {"flops_per_second", peak.flops_per_second}};
}

Json ceilings_json(const Ceilings& ceilings) {
  return {{"threads", ceilings.threads},
          {"read_bytes_per_second", ceilings.read_bytes_per_second},
          {"gemm", list_of(ceilings.gemm, gemm_json)}};
}

Json model_json(const ModelRow& row) {
  return {{"role", row.role},
          {"name", row.name},
          {"weights", row.weights},
          {"parameters", row.parameters},
          {"held_bytes", row.held_bytes}};
}

Json row_json(const Row& row) {
  return {{"who", row.who},
          {"what", row.what},
          {"weights", row.weights},
          {"threads", row.threads},
          {"prompt", row.prompt},
          {"new_tokens", row.new_tokens},
          {"requests", row.requests},
          {"turn", row.turn},
          {"tokens", row.tokens},
          {"median_seconds", row.samples.median()},
          {"min_seconds", row.samples.minimum()},
          {"seconds", row.samples.seconds},
          {"tokens_per_second", row.tokens_per_second()},
          {"flops", row.flops},
          {"bytes", row.bytes},
          {"flops_per_second", row.flops_per_second()},
          {"bytes_per_second", row.bytes_per_second()}};
}

Json memory_json(const MemoryRow& row) {
  return {{"weights", row.weights},
          {"prompt", row.prompt},
          {"weight_bytes", row.weight_bytes},
          {"cache_bytes", row.cache_bytes},
          {"baseline_bytes", row.baseline_bytes},
          {"peak_bytes", row.peak_bytes},
          {"bound_bytes", row.bound_bytes()}};
}

Json quality_json(const QualityRow& row) {
  return {{"who", row.who},         {"hears", row.hears}, {"weights", row.weights}, {"texts", row.texts.size()},
          {"tokens", row.tokens()}, {"nats", row.nats()}};
}

Json quality_loss_json(const QualityLoss& loss) {
  return {{"who", loss.who},         {"hears", loss.hears},     {"weights", loss.weights},
          {"against", loss.against}, {"percent", loss.percent}, {"error", loss.error}};
}

Json ratio_json(const Ratio& ratio) {
  return {{"what", ratio.what},       {"against", ratio.against}, {"weights", ratio.weights},
          {"threads", ratio.threads}, {"prompt", ratio.prompt},   {"requests", ratio.requests},
          {"value", ratio.value}};
}

}  // namespace

Json to_json(const Report& report) {
  Json json;
  json["version"] = report.version;
  json["date"] = report.date;
  json["command"] = report.command;
  json["run_seconds"] = report.seconds;
  json["machine"] = machine_json(report.machine);
  json["rivals"] = report.rivals;
  json["models"] = list_of(report.models, model_json);
  json["ceilings"] = list_of(report.ceilings, ceilings_json);
  json["rows"] = list_of(report.rows, row_json);
  json["memory"] = list_of(report.memory, memory_json);
  json["quality"] = list_of(report.quality, quality_json);
  json["quality_losses"] = list_of(quality_losses(report), quality_loss_json);
  json["ratios"] = list_of(ratios_of(report), ratio_json);
  json["left_out"] =
      list_of(report.left_out, [](const LeftOut& left) { return Json{{"what", left.what}, {"why", left.why}}; });
  return json;
}

}  // namespace c2c::bench
