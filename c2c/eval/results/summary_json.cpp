#include "c2c/eval/results/json_fields.h"
#include "c2c/eval/results/summary.h"

namespace c2c {

namespace {

using Json = nlohmann::ordered_json;

Json interval_json(const Interval& interval) {
  return {results::number_json(interval.low), results::number_json(interval.high)};
}

Json estimate_json(const Estimate& estimate) {
  return {{"value", results::number_json(estimate.value)}, {"interval", interval_json(estimate.interval)}};
}

Json test_json(const std::optional<PairedTest>& test) {
  if (!test) return nullptr;
  return {{"test", test->test},
          {"pairs", test->pairs},
          {"higher", test->higher},
          {"lower", test->lower},
          {"difference", results::number_json(test->difference)},
          {"interval", interval_json(test->interval)},
          {"p_value", results::number_json(test->p_value)}};
}

Json distribution_json(const Distribution& d) {
  using results::number_json;
  return {{"count", d.count},          {"mean", number_json(d.mean)}, {"std", number_json(d.std)},
          {"min", number_json(d.min)}, {"p50", number_json(d.p50)},   {"p90", number_json(d.p90)},
          {"p95", number_json(d.p95)}, {"p99", number_json(d.p99)},   {"max", number_json(d.max)}};
}

Json groups_json(const std::vector<GroupSummary>& groups) {
  Json json = Json::object();
  for (const GroupSummary& group : groups) {
    Json& entry = json[group.name] = estimate_json(group.score);
    entry["count"] = group.count;
    entry["errors"] = group.errors;
  }
  return json;
}

Json cell_json(const CellSummary& cell) {
  Json json = {{"system", cell.system},
               {"task", cell.task},
               {"method", cell.method},
               {"count", cell.count},
               {"errors", cell.errors},
               {"unanswered", cell.unanswered},
               {cell.is_cross_entropy() ? "nats_per_token" : "accuracy", estimate_json(cell.score)}};
  if (cell.wilson) json["wilson"] = interval_json(*cell.wilson);
  if (cell.score_norm) json["accuracy_norm"] = estimate_json(*cell.score_norm);
  if (cell.nats_per_byte) json["nats_per_byte"] = estimate_json(*cell.nats_per_byte);
  if (cell.chance) json["chance"] = *cell.chance;
  json["against_baseline"] = test_json(cell.against_baseline);
  json["against_control"] = test_json(cell.against_control);
  json["not_claimed"] = cell.not_claimed;
  json["subjects"] = groups_json(cell.subjects);
  json["subcategories"] = groups_json(cell.subcategories);
  json["categories"] = groups_json(cell.categories);
  json["lengths"] = {{"prompt_tokens", distribution_json(cell.prompt_tokens)},
                     {"sharer_tokens", distribution_json(cell.sharer_tokens)},
                     {"new_tokens", distribution_json(cell.new_tokens)},
                     {"context_tokens", distribution_json(cell.context_tokens)}};
  json["latency_ms"] = {{"prefill", distribution_json(cell.prefill_ms)},
                        {"fuse", distribution_json(cell.fuse_ms)},
                        {"decode", distribution_json(cell.decode_ms)},
                        {"total", distribution_json(cell.total_ms)}};
  return json;
}

}  // namespace

nlohmann::ordered_json to_json(const Summary& summary) {
  Json cells = Json::array();
  for (const CellSummary& cell : summary.cells) cells.push_back(cell_json(cell));
  return {{"baseline", summary.baseline},
          {"systems", summary.systems},
          {"significance", summary.significance},
          {"cells", std::move(cells)},
          {"notes", summary.notes}};
}

}  // namespace c2c
