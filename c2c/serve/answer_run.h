// The answers to one API request while they are made: one or several, in parallel, as one stream of events that whoever
// writes to the client takes at leisure. The engine's thread only ever puts small things into a bounded queue.
#pragma once
#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "c2c/infer/pipelines/session.h"
#include "c2c/serve/bounded_queue.h"

namespace c2c {

struct NewToken {
  std::int64_t id = 0;
  std::optional<TokenLogprob> logprob;
  bool ends_answer = false;
};

struct AnswerEvent {
  enum class Kind { kAccepted, kText, kDone, kFailed };
  Kind kind = Kind::kText;
  std::size_t index = 0;  // of the request
  TextKind speaker = TextKind::kAnswer;
  std::string text;
  std::vector<NewToken> tokens;     // kText, where log-probabilities were asked for: those since the last one
  Answer answer;                    // kDone
  bool ended_by_token = false;      // kDone: its last token ended it, and has no text
  std::vector<double> token_times;  // kDone: seconds since the run began, of each token
  std::exception_ptr error;         // kFailed
};

class AnswerRun {
 public:
  using Clock = std::chrono::steady_clock;
  // At most `parallel` of the requests run at once. `with_text`: kText events are wanted.
  AnswerRun(Session& session, std::vector<Request> requests, std::size_t parallel, bool with_text);
  ~AnswerRun();  // cancels what runs and waits for its end
  AnswerRun(const AnswerRun&) = delete;
  AnswerRun& operator=(const AnswerRun&) = delete;

  // Nothing: none came until then. Each request's last event is kDone or kFailed; behind the first kFailed nothing else
  // need be waited for.
  std::optional<AnswerEvent> next(Clock::time_point deadline) { return events_.take_until(deadline); }

 private:
  void work();
  void answer(std::size_t index);

  Session& session_;
  std::vector<Request> requests_;
  const bool with_text_;
  const Clock::time_point start_ = Clock::now();
  BoundedQueue<AnswerEvent> events_;
  std::atomic<std::size_t> next_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace c2c
