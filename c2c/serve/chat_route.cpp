// POST /v1/chat/completions
#include <algorithm>
#include <ctime>

#include "c2c/serve/answer_loop.h"
#include "c2c/serve/to_request.h"

namespace c2c {
namespace {

using api::Json;

// Tokens that have text: the one that ended the answer is none of its own.
std::vector<NewToken> spoken(std::vector<NewToken> tokens) {
  std::erase_if(tokens, [](const NewToken& token) { return token.ends_answer; });
  return tokens;
}

class ChatSink final : public AnswerSink {
 public:
  ChatSink(Call& call, api::ReplyHead head, const api::ChatRequest& asked, const Tokenizer& tokenizer)
      : call_(call), head_(std::move(head)), asked_(asked), tokenizer_(tokenizer) {
    choices_.resize(static_cast<std::size_t>(asked.generation.choices));
  }

  void on_accepted(std::size_t index) override {
    send(api::chat_chunk(head_, static_cast<std::int64_t>(index), {{"role", "assistant"}, {"content", ""}}));
  }
  void on_text(const AnswerEvent& event) override {
    const char* field = event.speaker == TextKind::kContext ? "c2c_context" : "content";
    send_delta(event, {{field, event.text}});
  }
  void on_done(AnswerEvent event) override {
    const api::Usage usage = usage_of(event.answer);
    usage_.completion_tokens += usage.completion_tokens;
    if (event.index == 0) {
      usage_.prompt_tokens = usage.prompt_tokens;
      usage_.cached_tokens = usage.cached_tokens;
    }
    if (call_.is_streaming())
      finish_stream(event);
    else
      keep(event);
  }

  void reply() {
    call_.record().usage = usage_;
    if (!call_.is_streaming()) return call_.reply(api::chat_completion(head_, choices_, usage_));
    if (asked_.generation.include_usage) call_.send_event(api::usage_chunk(head_, api::kChatChunk, usage_));
    call_.end_stream();
  }

 private:
  void finish_stream(const AnswerEvent& event) {
    if (!spoken(event.tokens).empty()) send_delta(event, Json::object());
    Json last = api::chat_chunk(head_, static_cast<std::int64_t>(event.index), Json::object(), event.answer.finish);
    last["timings"] = api::timings_json(timings_of(event.answer));
    send(std::move(last));
  }

  void keep(const AnswerEvent& event) {
    const Answer& answer = event.answer;
    api::ChatChoice& choice = choices_[event.index];
    choice = {.content = answer.text,
              .finish = answer.finish,
              .context = answer.context,
              .tokens = {},
              .timings = timings_of(answer)};
    if (asked_.logprobs < 0) return;
    choice.tokens.emplace();
    // All but a token that ended the answer, which is the last.
    const std::size_t count = answer.ids.size() - (event.ended_by_token ? 1 : 0);
    for (std::size_t i = 0; i < count; ++i)
      choice.tokens->push_back(token_text(tokenizer_, answer.ids[i], &answer.logprobs[i]));
  }

  void send_delta(const AnswerEvent& event, Json delta) {
    Json chunk = api::chat_chunk(head_, static_cast<std::int64_t>(event.index), std::move(delta));
    const std::vector<NewToken> tokens = spoken(event.tokens);
    if (!tokens.empty()) chunk["choices"][0]["logprobs"] = api::chat_logprobs(token_texts(tokenizer_, tokens));
    send(std::move(chunk));
  }

  void send(Json chunk) {
    if (asked_.generation.include_usage) chunk["usage"] = nullptr;  // as OpenAI: all chunks have the field then
    call_.send_event(chunk);
  }

  Call& call_;
  const api::ReplyHead head_;
  const api::ChatRequest& asked_;
  const Tokenizer& tokenizer_;
  std::vector<api::ChatChoice> choices_;
  api::Usage usage_;
};

}  // namespace

void chat_completions(Call& call, const ServeContext& context) {
  const api::ChatRequest asked = api::parse_chat_request(call.request().body);
  const ServedModel& model = context.models.find(asked.model);
  call.record().model = model.id;
  call.record().id = new_id("chatcmpl-");
  const RequestTerms terms{call.tenant, context.config.max_tokens_limit, call.interruption()->cancellation()};
  std::vector<Request> requests = {to_request(model, asked, terms)};
  call.record().mode = requests[0].mode;
  const TextSide& text = speaking_text(model, requests[0]);
  for (std::int64_t i = 1; i < asked.generation.choices; ++i) requests.push_back(next_choice(requests[0], i));
  ChatSink sink(call, {call.record().id, std::time(nullptr), model.id}, asked, *text.tokenizer);
  if (run_answers(call, context, *model.session, std::move(requests), asked.generation.stream, sink)) sink.reply();
}

}  // namespace c2c
