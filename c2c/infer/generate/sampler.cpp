#include "c2c/infer/generate/sampler.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <string>

#include "c2c/base/error.h"
#include "c2c/tensor/ops/argmax.h"

namespace c2c {
namespace {

using Counts = std::map<std::int64_t, std::int64_t>;

// Tokens that can be drawn. ids undefined: all of the vocabulary in its own order.
struct Candidates {
  at::Tensor probabilities_K, ids_K;
};

void check(bool ok, const char* key, double found, const char* expected) {
  if (!ok) fail_usage({.where = "sampling", .key = key, .found = std::to_string(found), .expected = expected});
}

at::Tensor penalise(const at::Tensor& logits, const Counts& seen, const SamplingOptions& options) {
  if (!options.has_penalties() || seen.empty()) return logits;
  std::vector<std::int64_t> ids;
  std::vector<float> times;
  for (const auto& [id, count] : seen) {
    if (id < 0 || id >= logits.size(0)) continue;  // a pad of our own
    ids.push_back(id);
    times.push_back(static_cast<float>(count));
  }
  if (ids.empty()) return logits;
  const at::Tensor index = at::tensor(ids, at::kLong).to(logits.device());
  const at::Tensor counts = at::tensor(times, at::kFloat).to(logits.device());
  at::Tensor x = logits.index_select(0, index);
  if (options.presence_penalty != 0.0) x = x - options.presence_penalty;
  if (options.frequency_penalty != 0.0) x = x - options.frequency_penalty * counts;
  if (options.repetition_penalty != 1.0)
    x = at::where(x > 0, x / options.repetition_penalty, x * options.repetition_penalty);
  return logits.index_copy(0, index, x);
}

at::Tensor add_bias(const at::Tensor& logits, const std::vector<std::pair<std::int64_t, double>>& bias) {
  if (bias.empty()) return logits;
  at::Tensor biased = logits.to(at::kFloat, /*non_blocking=*/false, /*copy=*/true);
  for (const auto& [id, added] : bias)
    if (id >= 0 && id < biased.size(0)) biased[id] += added;
  return biased;
}

// Sorted candidates whose cumulative probability is <= top_p. The whole vocabulary is sorted only when it must be.
void keep_top_p(Candidates& candidates, double top_p) {
  at::Tensor sorted = candidates.probabilities_K, order, cumulative;
  const std::int64_t all = sorted.size(0);
  for (std::int64_t k = std::min<std::int64_t>(all, 256);; k = std::min(all, k * 16)) {
    if (k < all)
      std::tie(sorted, order) = at::topk(candidates.probabilities_K, k);
    else
      std::tie(sorted, order) = at::sort(candidates.probabilities_K, /*stable=*/true, 0, /*descending=*/true);
    cumulative = at::cumsum(sorted, 0);
    if (k == all || cumulative[-1].item<double>() > top_p) break;
  }
  const std::int64_t kept = std::max<std::int64_t>(1, (cumulative <= top_p).sum().item<std::int64_t>());
  sorted = sorted.narrow(0, 0, kept);
  order = order.narrow(0, 0, kept);
  candidates.ids_K = candidates.ids_K.defined() ? candidates.ids_K.index_select(0, order) : order;
  candidates.probabilities_K = sorted / sorted.sum();
}

Candidates candidates_of(const at::Tensor& logits, const SamplingOptions& options) {
  Candidates out{at::softmax(logits.to(at::kFloat) / options.temperature, 0), {}};
  if (options.top_k > 0 && options.top_k < logits.size(0)) {
    std::tie(out.probabilities_K, out.ids_K) = at::topk(out.probabilities_K, options.top_k);
    out.probabilities_K = out.probabilities_K / out.probabilities_K.sum();
  }
  if (options.top_p < 1.0) keep_top_p(out, options.top_p);
  if (options.min_p > 0.0) {
    const at::Tensor& p = out.probabilities_K;
    const at::Tensor kept = at::where(p >= options.min_p * p.max(), p, 0.0);
    out.probabilities_K = kept / kept.sum();
  }
  return out;
}

// Inverse of the cumulative distribution at u in [0, 1).
std::int64_t draw(const Candidates& candidates, double u) {
  const at::Tensor cumulative = at::cumsum(candidates.probabilities_K.to(at::kCPU, at::kDouble), 0);
  const double* c = cumulative.const_data_ptr<double>();
  const std::int64_t count = cumulative.size(0);
  const double target = u * c[count - 1];
  const std::int64_t k = std::min(std::upper_bound(c, c + count, target) - c, count - 1);
  return candidates.ids_K.defined() ? candidates.ids_K[k].item<std::int64_t>() : k;
}

}  // namespace

void validate(const SamplingOptions& options) {
  check(options.temperature >= 0.0, "temperature", options.temperature, "0 (greedy) or more");
  check(options.top_p > 0.0 && options.top_p <= 1.0, "top_p", options.top_p, "above 0, at most 1 (off)");
  check(options.min_p >= 0.0 && options.min_p <= 1.0, "min_p", options.min_p, "from 0 (off) to 1");
  check(options.repetition_penalty > 0.0, "repetition_penalty", options.repetition_penalty, "above 0 (1: off)");
}

at::Tensor apply_penalties(const at::Tensor& logits, const std::vector<std::int64_t>& seen,
                           const SamplingOptions& options) {
  Counts counts;
  for (const std::int64_t id : seen) ++counts[id];
  return penalise(logits, counts, options);
}

at::Tensor sampling_distribution(const at::Tensor& logits, const SamplingOptions& options) {
  if (options.is_greedy()) return at::one_hot(at::argmax(logits), logits.size(0)).to(at::kFloat);
  const Candidates candidates = candidates_of(logits, options);
  if (!candidates.ids_K.defined()) return candidates.probabilities_K;
  return at::zeros_like(logits, at::kFloat).index_copy_(0, candidates.ids_K, candidates.probabilities_K);
}

TokenLogprob log_probability(const at::Tensor& logits, std::int64_t id, std::int64_t top) {
  const at::Tensor log_p = at::log_softmax(logits.to(at::kFloat), 0);
  TokenLogprob out{log_p[id].item<double>(), {}};
  if (top <= 0) return out;
  const auto [values, ids] = at::topk(log_p, std::min(top, log_p.size(0)));
  for (std::int64_t i = 0; i < values.size(0); ++i)
    out.top.emplace_back(ids[i].item<std::int64_t>(), values[i].item<double>());
  return out;
}

Sampler::Sampler(const SamplingOptions& options, const std::vector<std::int64_t>& prompt,
                 std::optional<std::uint64_t> seed)
    : options_(options) {
  validate(options);
  if (!seed) seed = options.seed;
  if (options_.has_penalties())
    for (const std::int64_t id : prompt) ++seen_[id];
  if (!options_.is_greedy())
    generator_ = at::make_generator<at::CPUGeneratorImpl>(seed ? *seed : c10::detail::getNonDeterministicRandom());
}

std::int64_t Sampler::next(const at::Tensor& logits) {
  const at::Tensor penalised = add_bias(penalise(logits, seen_, options_), options_.logit_bias);
  std::int64_t id = 0;
  if (options_.is_greedy()) {
    id = ops::argmax(penalised).item<std::int64_t>();
  } else {
    auto* generator = generator_.get<at::CPUGeneratorImpl>();
    const double u = static_cast<double>(generator->random64() >> 11) * 0x1.0p-53;
    id = draw(candidates_of(penalised, options_), u);
  }
  if (options_.has_penalties()) ++seen_[id];
  return id;
}

}  // namespace c2c
