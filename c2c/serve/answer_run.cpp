#include "c2c/serve/answer_run.h"

#include <algorithm>

namespace c2c {
namespace {

// Tokens that may wait for a writer: it only falls behind where the machine is overloaded, since writing to a client
// never blocks.
constexpr std::size_t kMostWaiting = 4096;

}  // namespace

AnswerRun::AnswerRun(Session& session, std::vector<Request> requests, std::size_t parallel, bool with_text)
    : session_(session), requests_(std::move(requests)), with_text_(with_text), events_(kMostWaiting) {
  const std::size_t threads = std::clamp<std::size_t>(requests_.size(), 1, std::max<std::size_t>(1, parallel));
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

AnswerRun::~AnswerRun() {
  next_ = requests_.size();
  for (const Request& request : requests_) request.cancellation->cancel();
  for (std::thread& thread : threads_) thread.join();
}

void AnswerRun::work() {
  for (std::size_t index = next_++; index < requests_.size(); index = next_++) {
    try {
      answer(index);
    } catch (...) {
      events_.force({.kind = AnswerEvent::Kind::kFailed, .index = index, .error = std::current_exception()});
    }
  }
}

void AnswerRun::answer(std::size_t index) {
  Request& request = requests_[index];
  std::vector<NewToken> tokens;
  std::vector<double> times;
  bool ended = false;
  const bool keep_tokens = with_text_ && request.logprobs >= 0;
  request.on_submitted = [&] { events_.force({.kind = AnswerEvent::Kind::kAccepted, .index = index}); };
  request.on_token = [&](const TokenEvent& event) {
    times.push_back(std::chrono::duration<double>(Clock::now() - start_).count());
    ended = event.ends_answer;
    if (!keep_tokens) return;
    tokens.push_back({event.id, {}, event.ends_answer});
    if (event.logprob != nullptr) tokens.back().logprob = *event.logprob;
  };
  OnText on_text;
  if (with_text_)
    on_text = [&](TextKind kind, std::string_view piece) {
      return events_.put({.index = index,
                          .speaker = kind,
                          .text = std::string(piece),
                          .tokens = kind == TextKind::kAnswer ? std::exchange(tokens, {}) : std::vector<NewToken>()});
    };
  Answer answer = session_.run(request, on_text);
  // Tokens without text of their own, such as the one that ended the answer.
  events_.force({.kind = AnswerEvent::Kind::kDone,
                 .index = index,
                 .tokens = std::move(tokens),
                 .answer = std::move(answer),
                 .ended_by_token = ended,
                 .token_times = std::move(times)});
}

}  // namespace c2c
