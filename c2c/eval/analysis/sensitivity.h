// What each layer's cache is worth (the intent of the reference's sensitivity_test.py and
// sensitivity_test_add_cache.py, which cannot run): one layer's keys and values of the question are disturbed, what
// comes behind reads them, and the answers are counted.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "c2c/base/log.h"
#include "c2c/eval/analysis/table.h"
#include "c2c/eval/tasks/eval_config.h"
#include "c2c/model/cache/kv_cache.h"

namespace c2c {

struct SensitivityOptions {
  std::vector<std::string> systems;  // of the configuration; empty: the first. A C2C system brings its control along
  std::vector<std::int64_t> layers;  // empty: all
  // Gaussian noise added to every element; in units of the standard deviation of that layer's own keys (values), or,
  // `absolute`, as in the reference.
  double mean = 0, std = 1;
  bool absolute = false;
  std::string source;  // instead of noise: the keys and values of this model, of the same geometry and vocabulary
  bool whole_prompt = false;  // else the part of the prompt that the question's text takes
  std::int64_t samples = 20;
  std::uint64_t seed = 42;
};

// The first task, by logits or loglikelihood, whichever its answer_method names first (logits where it names neither).
// A row for each system undisturbed (no layer) and for each layer: accuracy, what is lost against undisturbed, paired.
Analysis sensitivity_analysis(const EvalConfig& config, const SensitivityOptions& options,
                              const ProgressFn& progress = {});

// The noise that is added. The same seed gives the same noise on every device.
KvPair disturbed(const KvPair& clean, const SensitivityOptions& options, std::uint64_t seed);

}  // namespace c2c
