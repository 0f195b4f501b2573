#include "c2c/eval/results/venn.h"

#include <algorithm>
#include <map>

#include "c2c/base/error.h"

namespace c2c {

namespace {

// The reference's order: alone, in pairs, all, none.
constexpr std::array<unsigned, 8> kOrder = {1, 2, 4, 3, 5, 6, 7, 0};

}  // namespace

std::string venn_region_name(unsigned mask, const std::array<std::string, 3>& labels) {
  if (mask == 0) return "none";
  if (mask == 7) return "all_three";
  std::string name;
  int count = 0;
  for (unsigned i = 0; i < 3; ++i)
    if ((mask >> i & 1) != 0) name += (count++ == 0 ? "" : "_") + labels[i];
  return count == 1 ? name + "_only" : name;
}

Venn make_venn(std::span<const SampleResult> results, const std::array<std::string, 3>& systems,
               const std::string& task, const std::string& method, double right) {
  struct Seen {
    unsigned by = 0, right = 0;
  };
  std::map<std::string, Seen> seen;
  std::array<bool, 3> found = {};
  for (const SampleResult& result : results) {
    if (result.task != task || result.method != method || result.is_cross_entropy()) continue;
    for (unsigned i = 0; i < 3; ++i) {
      if (result.system != systems[i]) continue;
      found[i] = true;
      Seen& sample = seen[result.id];
      sample.by |= 1u << i;
      if (result.error.empty() && result.score >= right) sample.right |= 1u << i;
    }
  }
  for (unsigned i = 0; i < 3; ++i)
    if (!found[i])
      fail_usage({.where = task + " " + method,
                  .key = systems[i],
                  .found = "no results of this system",
                  .expected = "three systems with graded answers to the same samples"});
  Venn venn{systems, {}};
  for (const auto& [id, sample] : seen)
    if (sample.by == 7) venn.regions[sample.right].push_back(id);
  return venn;
}

nlohmann::ordered_json to_json(const Venn& venn, const std::array<std::string, 3>& labels) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const unsigned mask : kOrder) json[venn_region_name(mask, labels)] = venn.regions[mask];
  return json;
}

nlohmann::ordered_json to_json(const Venn& venn) {
  return to_json(venn, venn.systems);
}

}  // namespace c2c
