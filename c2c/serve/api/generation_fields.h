// Fields that chat completions and completions share: length, sampling, ends, streaming; and the `c2c` object.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "c2c/serve/api/fields.h"

namespace c2c::api {

inline constexpr std::int64_t kMostChoices = 16, kMostStops = 16, kMostAlternatives = 20;

// What is not set is the run's.
struct GenerationFields {
  std::optional<std::int64_t> max_tokens;
  std::optional<double> temperature, top_p, min_p;
  std::optional<double> presence_penalty, frequency_penalty, repetition_penalty;
  std::optional<std::int64_t> top_k, seed;
  std::vector<std::pair<std::int64_t, double>> logit_bias;
  std::optional<std::vector<std::string>> stop;
  std::int64_t choices = 1;
  std::optional<bool> ignore_eos;
  bool stream = false, include_usage = false;
};

// The namespaced object "c2c": which models speak and hear. Unknown fields in it are errors.
struct C2cFields {
  std::optional<std::string> mode;  // c2c, receiver, sharer, t2t, control
  // By name or by number from 1.
  std::optional<std::vector<std::variant<std::string, std::int64_t>>> sharers;
  std::optional<std::string> mask;     // "all", "none" or a bit mask
  std::optional<std::string> fusion;   // sequential, parallel
  std::optional<std::string> control;  // the other question
  std::optional<std::int64_t> context_tokens;
};

GenerationFields read_generation(const Fields& fields);
C2cFields read_c2c(const Fields& fields);

}  // namespace c2c::api
