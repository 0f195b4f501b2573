// Between the answers that are made and the client that reads them: hands events on, keeps silent streams alive, ends
// everything when the client leaves, the time is up or the server stops.
#pragma once
#include <vector>

#include "c2c/serve/answer_run.h"
#include "c2c/serve/call.h"
#include "c2c/serve/routes.h"

namespace c2c {

// What a route makes of events. Calls come from one thread, in order.
class AnswerSink {
 public:
  virtual ~AnswerSink() = default;
  virtual void on_accepted(std::size_t index) = 0;     // streams only, begun by then
  virtual void on_text(const AnswerEvent& event) = 0;  // streams only
  virtual void on_done(AnswerEvent event) = 0;         // each answer's last event
};

// Until every answer is done. Throws what a request failed with, and ApiError where the server or the clock ends it.
// False: the client has left.
bool run_answers(Call& call, const ServeContext& context, Session& session, std::vector<Request> requests, bool stream,
                 AnswerSink& sink);

api::AnswerTimings timings_of(const Answer& answer);
api::Usage usage_of(const Answer& answer);
// Ids as texts, one by one: what clients see of tokens.
std::vector<api::TokenText> token_texts(const Tokenizer& tokenizer, const std::vector<NewToken>& tokens);
api::TokenText token_text(const Tokenizer& tokenizer, std::int64_t id, const TokenLogprob* logprob);

}  // namespace c2c
