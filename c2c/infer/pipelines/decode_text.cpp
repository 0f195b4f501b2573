#include "c2c/infer/pipelines/decode_text.h"

#include <algorithm>
#include <chrono>

#include "c2c/base/error.h"
#include "c2c/infer/pipelines/stop_strings.h"

namespace c2c {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::int64_t bytes_of(const RosettaState& state) {
  std::int64_t bytes = state.receiver.bytes() + state.shadow.bytes();
  for (const SharerState& sharer : state.sharers) bytes += sharer.cache.bytes();
  return bytes;
}

// Collects one answer token by token.
class Collector {
 public:
  Collector(const LoadedModel& speaker, const DecodeSettings& settings, const OnPiece& on_piece, DecodedText& out)
      : speaker_(speaker), decoder_(speaker.text.tokenizer), stops_(settings.stop), on_piece_(on_piece), out_(out) {}

  bool take(std::int64_t id) {
    const auto& stop_ids = speaker_.stop_ids;
    if (std::find(stop_ids.begin(), stop_ids.end(), id) != stop_ids.end()) return true;
    return emit(stops_.push(decoder_.push(static_cast<TokenId>(id))));
  }
  void finish() {
    if (cancelled_ || stops_.is_stopped()) return;
    emit(stops_.push(decoder_.flush()));
    emit(stops_.flush());
  }
  bool is_cancelled() const { return cancelled_; }
  bool is_stopped() const { return stops_.is_stopped(); }

 private:
  bool emit(const std::string& piece) {
    out_.text += piece;
    if (!piece.empty() && on_piece_ && !on_piece_(piece)) cancelled_ = true;
    return !cancelled_ && !stops_.is_stopped();
  }

  const LoadedModel& speaker_;
  StreamDecoder decoder_;
  StopStrings stops_;
  const OnPiece& on_piece_;
  DecodedText& out_;
  bool cancelled_ = false;
};

}  // namespace

std::int64_t room_for_answer(const ModelConfig& config, const std::string& who, std::size_t prompt_tokens,
                             std::int64_t wanted) {
  const auto used = static_cast<std::int64_t>(prompt_tokens);
  if (config.max_positions <= 0) return wanted;
  if (used >= config.max_positions)
    fail_usage({.where = "prompt",
                .found = std::to_string(used) + " tokens",
                .expected = "fewer than the " + std::to_string(config.max_positions) + " positions of " + who,
                .hint = "shorten the prompt or start a new conversation"});
  const std::int64_t room = config.max_positions - used;
  if (room < wanted)
    log_warning("only " + std::to_string(room) + " of " + std::to_string(wanted) + " new tokens fit the context of " +
                who);
  return std::min(room, wanted);
}

DecodedText decode_text(const Rosetta& rosetta, const LoadedModel& speaker, const SectionPlan& plan,
                        const DecodeSettings& settings, const OnPiece& on_piece) {
  const auto start = Clock::now();
  DecodedText out;
  GenerateOptions options;
  options.sampling = settings.sampling;
  options.stop_ids = speaker.stop_ids;
  options.max_new_tokens =
      room_for_answer(speaker.lm->config(), speaker.text.name, plan.ids.size(), settings.max_new_tokens);
  RosettaState state;
  const at::Tensor logits = rosetta.prefill({plan}, state, options.max_new_tokens);
  Collector collector(speaker, settings, on_piece, out);
  const auto on_token = [&](std::size_t, std::int64_t id) {
    if (out.first_token_seconds == 0) out.first_token_seconds = seconds_since(start);
    return collector.take(id);
  };
  const auto step = [&](const at::Tensor& ids) { return rosetta.decode(ids, state); };
  GenerateTiming timing;
  const std::vector<std::int64_t> prompt(plan.ids.begin(), plan.ids.end());
  auto rows = generate(logits, {prompt}, step, options, on_token, &timing);
  collector.finish();
  out.ids = std::move(rows.at(0).ids);
  const bool stopped = collector.is_stopped() || rows[0].finish == FinishReason::kStop;
  out.finish = collector.is_cancelled() ? "cancelled" : stopped ? "stop" : "length";
  out.prefill = state.timing;
  out.decode_seconds = timing.decode_seconds;
  out.decode_steps = timing.steps;
  out.cache_bytes = bytes_of(state);
  return out;
}

}  // namespace c2c
