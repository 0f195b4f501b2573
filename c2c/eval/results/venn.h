// Who answers what: the samples that three systems get right, by region (spec/baselines-and-analysis.md 3.2).
#pragma once
#include <array>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "c2c/eval/results/sample_result.h"

namespace c2c {

struct Venn {
  std::array<std::string, 3> systems;
  // By who is right: bit 0 the first system, bit 1 the second, bit 2 the third. Ids sorted; only samples that all three
  // have and that cross-entropy does not measure.
  std::array<std::vector<std::string>, 8> regions;
};

// The reference's words for the three: rosetta_only, slm_only, llm_only, rosetta_slm, rosetta_llm, slm_llm, all_three,
// none.
inline constexpr std::array<std::string_view, 3> kReferenceVennLabels = {"rosetta", "slm", "llm"};

// <a>_only, <a>_<b>, all_three, none for the given names.
std::string venn_region_name(unsigned mask, const std::array<std::string, 3>& labels);

// A sample is right when its score is at least `right` and it has no error. Throws kUsage when a system has no samples
// of that task and method.
Venn make_venn(std::span<const SampleResult> results, const std::array<std::string, 3>& systems,
               const std::string& task, const std::string& method, double right = 1.0);

// {"<region>": [ids]} in the reference's order of regions.
nlohmann::ordered_json to_json(const Venn& venn, const std::array<std::string, 3>& labels);
nlohmann::ordered_json to_json(const Venn& venn);  // by the systems' names

}  // namespace c2c
