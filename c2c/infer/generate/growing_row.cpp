#include "c2c/infer/generate/growing_row.h"

#include <algorithm>

#include "c2c/base/error.h"

namespace c2c {

GrowingRow::GrowingRow(const GenerateOptions& options, const std::vector<std::int64_t>& prompt,
                       std::optional<std::uint64_t> seed)
    : options_(&options), sampler_(options.sampling, prompt, seed), running_(options.max_new_tokens > 0) {}

void GrowingRow::take(const at::Tensor& logits_V, const OnRowToken& on_token) {
  C2C_CHECK(running_, "GrowingRow: the row has ended");
  const std::int64_t id = sampler_.next(logits_V);
  result_.ids.push_back(id);
  const TokenLogprob* logprob = nullptr;
  if (options_->logprobs >= 0)
    logprob = &result_.logprobs.emplace_back(log_probability(logits_V, id, options_->logprobs));
  const auto& stops = options_->stop_ids;
  if (std::find(stops.begin(), stops.end(), id) != stops.end()) {
    result_.finish = FinishReason::kStop;
    running_ = false;
  }
  if (on_token && !on_token(id, logprob) && running_) cancel();
  if (static_cast<std::int64_t>(result_.ids.size()) >= options_->max_new_tokens) running_ = false;
}

void GrowingRow::cancel() {
  result_.finish = FinishReason::kCancelled;
  running_ = false;
}

}  // namespace c2c
