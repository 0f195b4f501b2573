#include "c2c/infer/engine/job.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace c2c {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::int64_t bytes_of(const RosettaState& state) {
  std::int64_t bytes = state.receiver.bytes() + state.shadow.bytes();
  for (const SharerState& sharer : state.sharers) bytes += sharer.cache.bytes();
  return bytes;
}

// New tokens that the receiver's context still has room for, at most `wanted`.
std::int64_t room_for_answer(const ModelConfig& config, std::int64_t prompt_tokens, std::int64_t wanted) {
  if (config.max_positions <= 0 || wanted <= 0) return wanted;
  if (prompt_tokens >= config.max_positions)
    fail_usage({.where = "prompt",
                .found = std::to_string(prompt_tokens) + " tokens",
                .expected = "fewer than the " + std::to_string(config.max_positions) + " positions of " + config.source,
                .hint = "shorten the prompt or start a new conversation"});
  return std::min(wanted, config.max_positions - prompt_tokens);
}

// Tenants' names and fingerprints of different lengths cannot be confused: a fingerprint has no zero byte.
std::string fingerprint_for(const std::string& tenant, const std::string& fingerprint) {
  return tenant.empty() ? fingerprint : fingerprint + '\0' + tenant;
}

}  // namespace

Job::Job(std::function<void()> work) : work_(std::move(work)) {}

Job::Job(EngineRequest request) : request_(std::move(request)) {}

void Job::read_piece(PrefixStore& store, std::int64_t chunk) {
  if (work_) {
    result_.queue_seconds = seconds_since(submitted_);
    work_();
    is_work_done_ = true;
    return;
  }
  if (!prefill_) begin(store, chunk);
  if (prefill_->advance()) end_prefill(store);
}

void Job::begin(PrefixStore& store, std::int64_t chunk) {
  result_.queue_seconds = seconds_since(submitted_);
  const Rosetta& model = *request_.model;
  result_.prompt_tokens = static_cast<std::int64_t>(request_.plan.ids.size());
  GenerateOptions& options = request_.options;
  options.max_new_tokens = room_for_answer(model.receiver().config(), result_.prompt_tokens, options.max_new_tokens);
  PrefillOptions prefill{.reserve = std::max<std::int64_t>(0, options.max_new_tokens),
                         .chunk = chunk,
                         .scored = request_.prompt_logprobs,
                         .scored_top = request_.prompt_alternatives};
  // A prompt whose response is fused leaves nothing that another could take over.
  if (request_.reuse && store.is_on() && !model.options().include_response) {
    fingerprint_ = fingerprint_for(request_.tenant, model.fingerprint());
    PrefixFound found = store.find({fingerprint_, request_.plan});
    prefill.reuse = std::move(found.prompt);
    prefill.keep = !found.is_whole;
  }
  prefill_.emplace(model, request_.plan, std::move(prefill));
  const PrefixMatch& reused = prefill_->reused();
  result_.reused_receiver_tokens = reused.receiver;
  result_.reused_sharer_tokens = std::accumulate(reused.sharers.begin(), reused.sharers.end(), std::int64_t{0});
}

void Job::end_prefill(PrefixStore& store) {
  if (!fingerprint_.empty())
    if (std::shared_ptr<const ReusedPrompt> kept = prefill_->kept()) store.put(fingerprint_, std::move(kept));
  const at::Tensor logits_V = prefill_->logits()[0];
  if (request_.keep_logits) result_.logits_V = logits_V;
  result_.prompt_scores = prefill_->scores();
  state_ = std::move(prefill_->state());
  prefill_.reset();
  result_.prefill = state_.timing;
  const GenerateOptions& options = request_.options;
  std::optional<std::uint64_t> seed;
  if (!options.row_seeds.empty()) seed = options.row_seeds.front();
  row_.emplace(options, std::vector<std::int64_t>(request_.plan.ids.begin(), request_.plan.ids.end()), seed);
  if (row_->is_running()) take(logits_V);
}

void Job::take(const at::Tensor& logits_V) {
  const bool is_first = made() == 0;
  row_->take(logits_V, request_.on_token);
  if (!is_first) {
    ++result_.decode_steps;
    return;
  }
  first_token_ = Clock::now();
  result_.first_token_seconds = std::chrono::duration<double>(first_token_ - submitted_).count();
}

void Job::cancel() {
  was_cancelled_ = true;
  if (row_) row_->cancel();
}

void Job::complete() {
  if (row_)
    result_.row = std::move(row_->result());
  else if (is_work_done_)
    result_.row.finish = FinishReason::kStop;
  else
    result_.row.finish = FinishReason::kCancelled;
  if (result_.row.ids.size() > 1) result_.decode_seconds = seconds_since(first_token_);
  result_.cache_bytes = bytes_of(state_);
  row_.reset();
  prefill_.reset();
  state_ = {};
  request_ = {};
  work_ = {};
  ticket_.finish(std::move(error_));
}

}  // namespace c2c
