// POST /v1/completions
#include <ctime>

#include "c2c/base/utf8.h"
#include "c2c/serve/answer_loop.h"
#include "c2c/serve/to_request.h"

namespace c2c {
namespace {

using api::Json;

class CompletionSink final : public AnswerSink {
 public:
  CompletionSink(Call& call, api::ReplyHead head, const api::CompletionRequest& asked, const Tokenizer& tokenizer)
      : call_(call), head_(std::move(head)), asked_(asked), tokenizer_(tokenizer) {
    choices_.resize(asked.prompts.size() * static_cast<std::size_t>(asked.generation.choices));
    offsets_.resize(choices_.size());
  }

  void on_accepted(std::size_t index) override {
    if (!asked_.echo) return;
    const std::string prompt = prompt_text(index);
    send(index, prompt, {});
    offsets_[index] = static_cast<std::int64_t>(count_code_points(prompt));
  }
  void on_text(const AnswerEvent& event) override { send(event.index, event.text, event.tokens); }
  void on_done(AnswerEvent event) override {
    const api::Usage usage = usage_of(event.answer);
    usage_.completion_tokens += usage.completion_tokens;
    if (event.index % static_cast<std::size_t>(asked_.generation.choices) == 0) {
      usage_.prompt_tokens += usage.prompt_tokens;
      usage_.cached_tokens += usage.cached_tokens;
    }
    if (call_.is_streaming())
      finish_stream(event);
    else
      keep(event);
  }

  void reply() {
    call_.record().usage = usage_;
    if (!call_.is_streaming()) return call_.reply(api::text_completion(head_, choices_, usage_));
    if (asked_.generation.include_usage) call_.send_event(api::usage_chunk(head_, api::kTextCompletion, usage_));
    call_.end_stream();
  }

 private:
  std::string prompt_text(std::size_t index) const {
    const api::Prompt& prompt = asked_.prompts[index / static_cast<std::size_t>(asked_.generation.choices)];
    if (const auto* text = std::get_if<std::string>(&prompt)) return *text;
    return tokenizer_.decode(std::get<api::TokenIds>(prompt));
  }

  void send(std::size_t index, const std::string& text, const std::vector<NewToken>& tokens) {
    std::optional<Json> logprobs;
    if (!tokens.empty()) {
      const auto texts = token_texts(tokenizer_, tokens);
      logprobs = api::text_logprobs(texts, offsets_[index]);
      for (const api::TokenText& token : texts)
        offsets_[index] += static_cast<std::int64_t>(count_code_points(token.text));
    }
    Json chunk = api::text_chunk(head_, static_cast<std::int64_t>(index), text, std::move(logprobs));
    if (asked_.generation.include_usage) chunk["usage"] = nullptr;
    call_.send_event(chunk);
  }

  void finish_stream(const AnswerEvent& event) {
    if (!event.tokens.empty()) send(event.index, "", event.tokens);
    Json last = api::text_chunk(head_, static_cast<std::int64_t>(event.index), "", std::nullopt, event.answer.finish);
    last["timings"] = api::timings_json(timings_of(event.answer));
    if (asked_.generation.include_usage) last["usage"] = nullptr;
    call_.send_event(last);
  }

  void keep(const AnswerEvent& event) {
    const Answer& answer = event.answer;
    api::TextChoice& choice = choices_[event.index];
    choice = {.text = (asked_.echo ? prompt_text(event.index) : std::string()) + answer.text,
              .finish = answer.finish,
              .logprobs = {},
              .timings = timings_of(answer)};
    if (asked_.logprobs < 0) return;
    std::vector<api::TokenText> tokens;
    if (asked_.echo) add_prompt(answer, tokens);
    for (std::size_t i = 0; i < answer.ids.size(); ++i)
      tokens.push_back(token_text(tokenizer_, answer.ids[i], &answer.logprobs[i]));
    choice.logprobs = api::text_logprobs(tokens);
  }

  // Nothing stands before the first token, so nothing can be said about it.
  void add_prompt(const Answer& answer, std::vector<api::TokenText>& tokens) const {
    for (std::size_t i = 0; i < answer.prompt_ids.size(); ++i) {
      if (i == 0) {
        tokens.push_back(token_text(tokenizer_, answer.prompt_ids[i], nullptr));
        continue;
      }
      const TokenScore& score = answer.prompt_scores.at(i - 1);
      const TokenLogprob logprob{score.logprob, score.top};
      tokens.push_back(token_text(tokenizer_, answer.prompt_ids[i], &logprob));
    }
  }

  Call& call_;
  const api::ReplyHead head_;
  const api::CompletionRequest& asked_;
  const Tokenizer& tokenizer_;
  std::vector<api::TextChoice> choices_;
  std::vector<std::int64_t> offsets_;  // streams: code points sent so far
  api::Usage usage_;
};

}  // namespace

void completions(Call& call, const ServeContext& context) {
  call.prompt_field = "prompt";
  const api::CompletionRequest asked = api::parse_completion_request(call.request().body);
  const ServedModel& model = context.models.find(asked.model);
  call.record().model = model.id;
  call.record().id = new_id("cmpl-");
  if (asked.generation.stream && asked.echo && asked.logprobs >= 0)
    api::fail_field("logprobs", "echo and stream beside it", "a whole reply for scores of the prompt",
                    "unsupported_field");
  const RequestTerms terms{call.tenant, context.config.max_tokens_limit, call.interruption()->cancellation()};
  std::vector<Request> requests;
  for (const api::Prompt& prompt : asked.prompts) {
    const Request first = to_request(model, asked, prompt, terms);
    for (std::int64_t i = 0; i < asked.generation.choices; ++i)
      requests.push_back(i == 0 ? first : next_choice(first, i));
  }
  call.record().mode = requests[0].mode;
  const TextSide& text = speaking_text(model, requests[0]);
  CompletionSink sink(call, {call.record().id, std::time(nullptr), model.id}, asked, *text.tokenizer);
  if (run_answers(call, context, *model.session, std::move(requests), asked.generation.stream, sink)) sink.reply();
}

}  // namespace c2c
