// Which option a model prefers by the log-likelihood of each option's text, as lm-eval (0.4.13) judges
// `multiple_choice` tasks. Ties go to the first option, as numpy's argmax does.
#pragma once
#include <cstddef>
#include <span>
#include <string_view>

namespace c2c::grading {

struct OptionScore {
  double log_likelihood = 0;  // sum over the option's tokens, in nats; -infinity is allowed
  std::size_t characters = 0;
  std::size_t bytes = 0;
  std::size_t tokens = 0;  // 0 where unknown: then every option's must be 0
};

// Lengths of an option's text, counted as lm-eval counts them: without the separator before it.
OptionScore option_score(std::string_view text, double log_likelihood, std::size_t tokens = 0);

// Indices of the preferred options.
struct OptionChoice {
  std::size_t raw = 0;
  std::size_t by_characters = 0;
  std::size_t by_bytes = 0;
  std::size_t by_tokens = 0;  // raw, where token counts are not known
};

struct OptionVerdict {
  OptionChoice chosen;
  bool acc = false;         // lm-eval's acc: largest log-likelihood
  bool acc_norm = false;    // lm-eval's acc_norm: per character (code point)
  bool acc_bytes = false;   // lm-eval's acc_bytes: per UTF-8 byte
  bool acc_tokens = false;  // per token; not one of lm-eval's
  double probability = 0;   // of the truth: softmax over the raw log-likelihoods
};

// Throws kInput for no options, an option without text, NaN or a log-likelihood above 0 by more than rounding, token
// counts of only some options, and a truth that is not one of them.
OptionVerdict judge_options(std::span<const OptionScore> options, std::size_t truth);

}  // namespace c2c::grading
