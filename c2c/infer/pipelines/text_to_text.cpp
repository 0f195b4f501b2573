// Text-to-text (reference: rosetta/baseline/multi_stage.py, TwoStageInference): the sharer writes background for the
// question, the receiver reads it as its own earlier answer.
#include <chrono>

#include "c2c/base/error.h"
#include "c2c/infer/pipelines/session.h"
#include "c2c/infer/pipelines/single_plan.h"

namespace c2c {
namespace {

std::string fill_question(const std::string& prompt, const std::string& question) {
  constexpr std::string_view kHole = "{question}";
  const std::size_t at = prompt.find(kHole);
  if (at == std::string::npos)
    fail_usage({.where = "t2t.background_prompt", .found = "no {question}", .expected = "a prompt with {question}"});
  return prompt.substr(0, at) + question + prompt.substr(at + kHole.size());
}

// The conversation before its last message, and that message, which must be the user's question.
std::pair<Messages, std::string> split_question(const Messages& messages) {
  if (messages.empty() || messages.back().role != "user")
    fail_usage({.where = "messages",
                .found = messages.empty() ? "none" : "a last message of role " + messages.back().role,
                .expected = "a question: a last message of role user"});
  return {Messages(messages.begin(), messages.end() - 1), messages.back().content};
}

}  // namespace

Answer Session::answer_with_context(const Asked& asked, const OnText& on_text) {
  const auto start = std::chrono::steady_clock::now();
  const Request& request = asked.request;
  if (request.raw || !request.ids.empty())
    fail_usage({.where = "mode t2t", .found = "a prompt without a conversation", .expected = "messages"});
  const Speaker writer = speaker("sharer", request.sharer);
  const auto [history, question] = split_question(with_system(request.messages, asked.run.system));
  const std::string background = fill_question(asked.run.t2t.background_prompt, question);

  Messages first = history;
  first.push_back({"user", background});
  DecodeSettings context_settings = settings(asked);
  context_settings.max_new_tokens = asked.run.t2t.context_tokens;
  context_settings.stop.clear();
  context_settings.logprobs = context_settings.prompt_alternatives = -1;
  context_settings.on_token = {};
  const auto on_context = [&](std::string_view piece) { return !on_text || on_text(TextKind::kContext, piece); };
  const DecodedText context =
      decode_text(engine(), writer.rosetta, writer.model, single_plan(writer.model.text, first, asked.run.thinking),
                  context_settings, on_context);
  const double context_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  Answer answer;
  if (context.finish == "cancelled") {
    answer.finish = context.finish;
  } else {
    Request second = request;
    second.on_submitted = {};  // that was the first one
    second.messages = history;
    second.messages.push_back({"user", background});
    second.messages.push_back({"assistant", context.text});
    second.messages.push_back({"user", question});
    answer = answer_alone(speaker("receiver"), {second, asked.run, asked.mode}, on_text);
  }
  answer.context = context.text;
  answer.context_tokens = static_cast<std::int64_t>(context.ids.size());
  answer.timings.queue += context.queue_seconds;
  answer.timings.context = context_seconds;
  answer.timings.sharer_prefill = context.prefill.receiver_prefill;
  answer.timings.first_token += context_seconds;
  answer.cache_bytes = std::max(answer.cache_bytes, context.cache_bytes);
  return answer;
}

}  // namespace c2c
