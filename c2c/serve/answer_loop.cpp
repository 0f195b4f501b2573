#include "c2c/serve/answer_loop.h"

#include <algorithm>

namespace c2c {
namespace {

using Clock = AnswerRun::Clock;

class Loop {
 public:
  Loop(Call& call, const ServeContext& context, bool stream, AnswerSink& sink)
      : call_(call), context_(context), stream_(stream), sink_(sink) {
    const std::int64_t timeout = context.config.timeout, ping = context.config.ping_seconds;
    if (timeout > 0) deadline_ = Clock::now() + std::chrono::seconds(timeout);
    if (ping > 0) silence_ = std::chrono::seconds(ping);
  }

  bool run(AnswerRun& run, std::size_t open) {
    while (open > 0) {
      const Clock::time_point ping = spoke_ + silence_;
      const bool may_ping = stream_ && call_.is_streaming() && silence_.count() > 0;
      std::optional<AnswerEvent> event = run.next(may_ping ? std::min(ping, deadline_) : deadline_);
      if (call_.interruption()->why() != Interrupt::kNone) return end_early();
      if (!event) {
        if (Clock::now() >= deadline_) return time_is_up();
        call_.send_ping();
        spoke_ = Clock::now();
        continue;
      }
      if (event->kind == AnswerEvent::Kind::kFailed) std::rethrow_exception(event->error);
      if (event->kind == AnswerEvent::Kind::kDone) {
        if (event->answer.finish == "cancelled") return end_early();
        --open;
      }
      hand_on(std::move(*event));
    }
    return true;
  }

 private:
  void hand_on(AnswerEvent event) {
    switch (event.kind) {
      case AnswerEvent::Kind::kAccepted:
        if (!stream_) return;
        call_.begin_stream();
        sink_.on_accepted(event.index);
        break;
      case AnswerEvent::Kind::kText:
        sink_.on_text(event);
        break;
      case AnswerEvent::Kind::kDone:
        count(event);
        sink_.on_done(std::move(event));
        break;
      case AnswerEvent::Kind::kFailed:
        break;
    }
    spoke_ = Clock::now();
  }

  void count(const AnswerEvent& event) {
    api::AccessRecord& record = call_.record();
    const api::AnswerTimings timings = timings_of(event.answer);
    if (record.finish.empty()) {
      record.finish = event.answer.finish;
      record.timings = timings;
    }
    context_.metrics.count_answer(record, event.answer.finish, timings, event.token_times, call_.elapsed());
  }

  bool time_is_up() {
    call_.interruption()->interrupt(Interrupt::kTimeout);
    return end_early();
  }

  // An answer that was cancelled for no known reason outran its reader: nobody reads as slowly as that but who has
  // left.
  bool end_early() {
    switch (call_.interruption()->why()) {
      case Interrupt::kTimeout:
        throw api::ApiError(api::timed_out(static_cast<double>(context_.config.timeout)));
      case Interrupt::kShutdown:
        throw api::ApiError(api::shutting_down());
      default:
        call_.leave();
        return false;
    }
  }

  Call& call_;
  const ServeContext& context_;
  const bool stream_;
  AnswerSink& sink_;
  Clock::time_point deadline_ = Clock::now() + std::chrono::hours(24 * 365);
  Clock::time_point spoke_ = Clock::now();
  Clock::duration silence_{};
};

}  // namespace

bool run_answers(Call& call, const ServeContext& context, Session& session, std::vector<Request> requests, bool stream,
                 AnswerSink& sink) {
  const std::size_t count = requests.size();
  const auto parallel = static_cast<std::size_t>(context.engine.options().max_running);
  AnswerRun run(session, std::move(requests), parallel, stream);
  return Loop(call, context, stream, sink).run(run, count);
}

api::AnswerTimings timings_of(const Answer& answer) {
  const Timings& t = answer.timings;
  return {.queue = t.queue,
          .sharer_prefill = t.sharer_prefill,
          .receiver_prefill = t.receiver_prefill,
          .fuse = t.fuse,
          .context = t.context,
          .decode = t.decode,
          .first_token = t.first_token,
          .total = t.total,
          .predicted_per_second = t.tokens_per_second,
          .prompt_n = answer.prompt_tokens,
          .predicted_n = static_cast<std::int64_t>(answer.ids.size()),
          .cache_n = answer.reused_tokens,
          .fused_n = answer.fused_tokens,
          .context_n = answer.context_tokens};
}

api::Usage usage_of(const Answer& answer) {
  return {.prompt_tokens = answer.prompt_tokens,
          .completion_tokens = static_cast<std::int64_t>(answer.ids.size()),
          .cached_tokens = answer.reused_tokens};
}

api::TokenText token_text(const Tokenizer& tokenizer, std::int64_t id, const TokenLogprob* logprob) {
  const auto text = [&](std::int64_t one) { return tokenizer.decode({static_cast<TokenId>(one)}); };
  api::TokenText out{.text = text(id), .logprob = {}, .top = {}};
  if (logprob == nullptr) return out;
  out.logprob = logprob->chosen;
  for (const auto& [other, value] : logprob->top) out.top.emplace_back(text(other), value);
  return out;
}

std::vector<api::TokenText> token_texts(const Tokenizer& tokenizer, const std::vector<NewToken>& tokens) {
  std::vector<api::TokenText> out;
  for (const NewToken& token : tokens)
    out.push_back(token_text(tokenizer, token.id, token.logprob ? &*token.logprob : nullptr));
  return out;
}

}  // namespace c2c
