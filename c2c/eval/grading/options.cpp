#include "c2c/eval/grading/options.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"

namespace c2c::grading {
namespace {

void check(std::span<const OptionScore> options, std::size_t truth) {
  const auto fail = [](std::size_t index, std::string found, std::string expected) {
    fail_input({.where = "option scores",
                .key = "option " + std::to_string(index),
                .found = std::move(found),
                .expected = std::move(expected),
                .hint = {}});
  };
  if (truth >= options.size())
    fail_input({.where = "option scores",
                .key = "truth",
                .found = "option " + std::to_string(truth) + " of " + std::to_string(options.size()),
                .expected = "the index of an option, from 0",
                .hint = "the benchmark's answer key does not fit its choices"});
  const bool counted = options.front().tokens != 0;
  for (std::size_t i = 0; i < options.size(); ++i) {
    const OptionScore& option = options[i];
    constexpr double kRounding = 1e-3;
    if (std::isnan(option.log_likelihood) || option.log_likelihood > kRounding)
      fail(i, "log-likelihood " + std::to_string(option.log_likelihood), "a number not above 0");
    if (option.characters == 0 || option.bytes == 0) fail(i, "no text", "at least one character");
    if ((option.tokens != 0) != counted) fail(i, "no token count", "one for every option or for none");
  }
}

template <class Length>
std::size_t best(std::span<const OptionScore> options, Length length) {
  std::size_t out = 0;
  for (std::size_t i = 1; i < options.size(); ++i)
    if (options[i].log_likelihood / length(options[i]) > options[out].log_likelihood / length(options[out])) out = i;
  return out;
}

double softmax_at(std::span<const OptionScore> options, std::size_t truth) {
  double most = options.front().log_likelihood;
  for (const OptionScore& option : options) most = std::max(most, option.log_likelihood);
  if (std::isinf(most)) return 1.0 / static_cast<double>(options.size());
  double sum = 0;
  for (const OptionScore& option : options) sum += std::exp(option.log_likelihood - most);
  return std::exp(options[truth].log_likelihood - most) / sum;
}

}  // namespace

OptionScore option_score(std::string_view text, double log_likelihood, std::size_t tokens) {
  return {
      .log_likelihood = log_likelihood, .characters = count_code_points(text), .bytes = text.size(), .tokens = tokens};
}

OptionVerdict judge_options(std::span<const OptionScore> options, std::size_t truth) {
  check(options, truth);
  OptionVerdict out;
  out.chosen.raw = best(options, [](const OptionScore&) { return 1.0; });
  out.chosen.by_characters = best(options, [](const OptionScore& o) { return static_cast<double>(o.characters); });
  out.chosen.by_bytes = best(options, [](const OptionScore& o) { return static_cast<double>(o.bytes); });
  out.chosen.by_tokens =
      best(options, [](const OptionScore& o) { return o.tokens == 0 ? 1.0 : static_cast<double>(o.tokens); });
  out.acc = out.chosen.raw == truth;
  out.acc_norm = out.chosen.by_characters == truth;
  out.acc_bytes = out.chosen.by_bytes == truth;
  out.acc_tokens = out.chosen.by_tokens == truth;
  out.probability = softmax_at(options, truth);
  return out;
}

}  // namespace c2c::grading
