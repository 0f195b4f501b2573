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

Answer Session::answer_with_context(const Request& request, const OnText& on_text) {
  const auto start = std::chrono::steady_clock::now();
  if (request.raw)
    fail_usage({.where = "--raw", .found = "mode t2t", .expected = "a conversation", .hint = "leave --raw out"});
  const LoadedModel& writer = sharer(0);
  const auto [history, question] = split_question(with_system(request.messages));
  const std::string background = fill_question(config_.t2t.background_prompt, question);

  Messages first = history;
  first.push_back({"user", background});
  DecodeSettings context_settings = settings(request);
  context_settings.max_new_tokens = config_.t2t.context_tokens;
  context_settings.stop.clear();
  const auto on_context = [&](std::string_view piece) { return !on_text || on_text(TextKind::kContext, piece); };
  const DecodedText context =
      decode_text(engine(), alone(writer, sharer_alone_), writer, single_plan(writer.text, first, config_.thinking),
                  context_settings, on_context);
  const double context_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

  Messages second = history;
  second.push_back({"user", background});
  second.push_back({"assistant", context.text});
  second.push_back({"user", question});
  Request answer_request;
  answer_request.messages = std::move(second);
  answer_request.reuse = request.reuse;
  Answer answer = answer_alone(receiver(), alone(receiver(), receiver_alone_), answer_request, on_text);
  answer.context = context.text;
  answer.context_tokens = static_cast<std::int64_t>(context.ids.size());
  answer.timings.context = context_seconds;
  answer.timings.sharer_prefill = context.prefill.receiver_prefill;
  answer.timings.first_token += context_seconds;
  answer.cache_bytes = std::max(answer.cache_bytes, context.cache_bytes);
  if (context.finish == "cancelled") answer.finish = "cancelled";
  return answer;
}

}  // namespace c2c
