// The registry of OpenAI evals (PyPI `evals`): evals/*.yaml say which data and which class a set has.
#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "c2c/eval/grading/ideals.h"

namespace c2c {

struct EvalsSet {
  std::string name;  // as the registry calls it, without version
  std::filesystem::path samples;
  std::filesystem::path few_shot;  // empty: none
  std::int64_t num_few_shot = 0;
  grading::IdealMatch match = grading::IdealMatch::kStartsWith;
  bool ignore_case = false;
};

// `path`: one of the registry's YAML files, or its folder (that has evals/ and data/); `set`: a set's name, needed
// where there are several. Throws kInput or kUsage naming what is missing, and sets whose class is not Match, Includes
// or FuzzyMatch.
EvalsSet find_evals_set(const std::filesystem::path& path, const std::string& set);

}  // namespace c2c
