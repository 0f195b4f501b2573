// What one system made of one sample by one answer method: a row of a run's store, and all that reports are made from.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace c2c {

struct SampleResult {
  std::string system, task, method;            // labels; method: generate, judge, logits, loglikelihood, cross_entropy
  std::string id;                              // unique in its task, the same in every run
  std::string subject, subcategory, category;  // empty where the benchmark has none
  std::int64_t row = 0;
  std::string question;
  std::vector<std::string> options;
  std::string prompt;  // as rendered
  std::string truth;
  std::string reply;
  std::string context;                   // the text that the first of two stages wrote
  std::optional<std::string> predicted;  // letter, number; none: no answer was found
  double score = 0;                      // 1 or 0, or a metric in [0,1]; cross_entropy: negative log-likelihood, nats
  std::optional<double> score_norm;      // loglikelihood: the same by likelihood per byte (lm-eval's acc_norm)
  std::vector<double> option_scores;     // probabilities (logits) or log-likelihoods
  std::vector<std::int64_t> option_bytes;
  std::int64_t prompt_tokens = 0, sharer_tokens = 0, new_tokens = 0, context_tokens = 0;
  double prefill_ms = 0, fuse_ms = 0, decode_ms = 0, total_ms = 0;
  bool cot = false;
  std::string error;     // not empty: could not be evaluated; counted as wrong, and named
  nlohmann::json extra;  // what only some benchmarks have, e.g. LongBench's fields

  bool is_cross_entropy() const { return method == "cross_entropy"; }
};

// Every field comes back as it was; infinities and NaN travel as the strings "inf", "-inf", "nan", and bytes that are
// not UTF-8 become U+FFFD. `from_json` throws kInput naming the field that is missing or of another type.
nlohmann::json to_json(const SampleResult& result);
SampleResult sample_result_from_json(const nlohmann::json& json);

}  // namespace c2c
