#include "c2c/infer/pipelines/decode_text.h"

#include <algorithm>

#include "c2c/base/error.h"
#include "c2c/infer/pipelines/stop_strings.h"

namespace c2c {
namespace {

// Collects one answer token by token.
class Collector {
 public:
  Collector(const LoadedModel& speaker, const DecodeSettings& settings, const OnPiece& on_piece, DecodedText& out)
      : speaker_(speaker),
        settings_(settings),
        decoder_(speaker.text.tokenizer),
        stops_(settings.stop),
        on_piece_(on_piece),
        out_(out) {}

  bool take(std::int64_t id, const TokenLogprob* logprob) {
    const auto& stop_ids = speaker_.stop_ids;
    const bool ends = std::find(stop_ids.begin(), stop_ids.end(), id) != stop_ids.end();
    if (settings_.on_token) settings_.on_token({id, logprob, ends});
    if (ends) return true;
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
  const DecodeSettings& settings_;
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

DecodedText decode_text(Engine& engine, const std::shared_ptr<const Rosetta>& rosetta, const LoadedModel& speaker,
                        const SectionPlan& plan, const DecodeSettings& settings, const OnPiece& on_piece) {
  DecodedText out;
  EngineRequest request{.model = rosetta, .plan = plan, .reuse = settings.reuse, .tenant = settings.tenant};
  request.options.sampling = settings.sampling;
  if (!settings.ignore_eos) request.options.stop_ids = speaker.stop_ids;
  request.options.max_new_tokens =
      room_for_answer(speaker.lm->config(), speaker.text.name, plan.ids.size(), settings.max_new_tokens);
  Collector collector(speaker, settings, on_piece, out);
  request.options.logprobs = settings.logprobs;
  if (settings.prompt_alternatives >= 0) {
    request.prompt_logprobs = static_cast<std::int64_t>(plan.ids.size()) - 1;
    request.prompt_alternatives = settings.prompt_alternatives;
  }
  request.on_token = [&](std::int64_t id, const TokenLogprob* logprob) { return collector.take(id, logprob); };
  const EngineHandle handle = engine.submit(std::move(request));
  const Cancellation::Watch watch(settings.cancellation, handle);
  if (settings.on_submitted) settings.on_submitted();
  const EngineResult& result = handle.wait();
  collector.finish();
  out.ids = result.row.ids;
  const bool stopped = collector.is_stopped() || result.row.finish == FinishReason::kStop;
  const bool cancelled = !stopped && result.row.finish == FinishReason::kCancelled;
  out.finish = collector.is_cancelled() || cancelled ? "cancelled" : stopped ? "stop" : "length";
  out.logprobs = result.row.logprobs;
  out.prompt_scores = result.prompt_scores;
  out.queue_seconds = result.queue_seconds;
  out.prefill = result.prefill;
  out.first_token_seconds = result.first_token_seconds;
  out.decode_seconds = result.decode_seconds;
  out.decode_steps = result.decode_steps;
  out.cache_bytes = result.cache_bytes;
  out.reused_tokens = result.reused_receiver_tokens;
  return out;
}

}  // namespace c2c
