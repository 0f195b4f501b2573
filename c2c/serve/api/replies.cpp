#include "c2c/serve/api/replies.h"

#include <algorithm>
#include <cmath>

#include "c2c/base/utf8.h"

namespace c2c::api {
namespace {

double milliseconds(double seconds) {
  return std::round(seconds * 1e6) / 1e3;
}

// The bytes that a token stands for; null where it is a part of a character, whose text is U+FFFD.
Json bytes_of(const std::string& text) {
  if (text.find("\xEF\xBF\xBD") != std::string::npos) return nullptr;
  Json bytes = Json::array();
  for (const char c : text) bytes.push_back(static_cast<unsigned char>(c));
  return bytes;
}

Json null_or(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

// JSON has no minus infinity; nothing is less likely than this (OpenAI's own stand-in).
double finite(double logprob) {
  return std::isfinite(logprob) ? logprob : -9999.0;
}

Json head_json(const ReplyHead& head, const char* object) {
  return {{"id", head.id}, {"object", object}, {"created", head.created}, {"model", head.model}};
}

// One answer's timings stand beside the choices; those of several in each.
template <class Choice>
void add_timings(Json& reply, const std::vector<Choice>& choices) {
  if (choices.size() == 1)
    reply["timings"] = timings_json(choices.front().timings);
  else
    for (std::size_t i = 0; i < choices.size(); ++i) reply["choices"][i]["timings"] = timings_json(choices[i].timings);
}

}  // namespace

Usage& Usage::operator+=(const Usage& other) {
  prompt_tokens += other.prompt_tokens;
  completion_tokens += other.completion_tokens;
  cached_tokens += other.cached_tokens;
  return *this;
}

std::string to_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json usage_json(const Usage& usage) {
  return {{"prompt_tokens", usage.prompt_tokens},
          {"completion_tokens", usage.completion_tokens},
          {"total_tokens", usage.prompt_tokens + usage.completion_tokens},
          {"prompt_tokens_details", {{"cached_tokens", usage.cached_tokens}}}};
}

Json timings_json(const AnswerTimings& t) {
  return {{"queue_ms", milliseconds(t.queue)},
          {"sharer_prefill_ms", milliseconds(t.sharer_prefill)},
          {"receiver_prefill_ms", milliseconds(t.receiver_prefill)},
          {"fuse_ms", milliseconds(t.fuse)},
          {"context_ms", milliseconds(t.context)},
          {"decode_ms", milliseconds(t.decode)},
          {"first_token_ms", milliseconds(t.first_token)},
          {"total_ms", milliseconds(t.total)},
          {"predicted_per_second", std::round(t.predicted_per_second * 100) / 100},
          {"prompt_n", t.prompt_n},
          {"predicted_n", t.predicted_n},
          {"cache_n", t.cache_n},
          {"fused_n", t.fused_n},
          {"context_n", t.context_n}};
}

Json chat_logprobs(const std::vector<TokenText>& tokens) {
  Json content = Json::array();
  for (const TokenText& token : tokens) {
    Json top = Json::array();
    for (const auto& [text, logprob] : token.top)
      top.push_back({{"token", text}, {"logprob", finite(logprob)}, {"bytes", bytes_of(text)}});
    content.push_back({{"token", token.text},
                       {"logprob", finite(token.logprob.value_or(0))},
                       {"bytes", bytes_of(token.text)},
                       {"top_logprobs", std::move(top)}});
  }
  return {{"content", std::move(content)}, {"refusal", nullptr}};
}

Json chat_completion(const ReplyHead& head, const std::vector<ChatChoice>& choices, const Usage& usage) {
  Json reply = head_json(head, "chat.completion");
  reply["choices"] = Json::array();
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const ChatChoice& choice = choices[i];
    Json message = {{"role", "assistant"}, {"content", choice.content}, {"refusal", nullptr}};
    if (!choice.context.empty()) message["c2c_context"] = choice.context;
    reply["choices"].push_back({{"index", i},
                                {"message", std::move(message)},
                                {"logprobs", choice.tokens ? chat_logprobs(*choice.tokens) : Json(nullptr)},
                                {"finish_reason", choice.finish}});
  }
  reply["usage"] = usage_json(usage);
  add_timings(reply, choices);
  return reply;
}

Json chat_chunk(const ReplyHead& head, std::int64_t index, Json delta, const std::string& finish) {
  Json chunk = head_json(head, kChatChunk);
  chunk["choices"] = Json::array(
      {{{"index", index}, {"delta", std::move(delta)}, {"logprobs", nullptr}, {"finish_reason", null_or(finish)}}});
  return chunk;
}

Json usage_chunk(const ReplyHead& head, const char* object, const Usage& usage) {
  Json chunk = head_json(head, object);
  chunk["choices"] = Json::array();
  chunk["usage"] = usage_json(usage);
  return chunk;
}

Json text_logprobs(const std::vector<TokenText>& tokens, std::int64_t first_offset) {
  Json texts = Json::array(), logprobs = Json::array(), tops = Json::array(), offsets = Json::array();
  std::int64_t offset = first_offset;
  for (const TokenText& token : tokens) {
    texts.push_back(token.text);
    offsets.push_back(offset);
    offset += static_cast<std::int64_t>(count_code_points(token.text));
    logprobs.push_back(token.logprob ? Json(finite(*token.logprob)) : Json(nullptr));
    if (!token.logprob) {
      tops.push_back(nullptr);
      continue;
    }
    // Two tokens of one text are one key: the likelier speaks for both.
    Json top = Json::object();
    for (const auto& [text, logprob] : token.top)
      if (!top.contains(text)) top[text] = finite(logprob);
    if (!top.contains(token.text)) top[token.text] = finite(*token.logprob);
    tops.push_back(std::move(top));
  }
  return {{"text_offset", std::move(offsets)},
          {"token_logprobs", std::move(logprobs)},
          {"tokens", std::move(texts)},
          {"top_logprobs", std::move(tops)}};
}

Json text_completion(const ReplyHead& head, const std::vector<TextChoice>& choices, const Usage& usage) {
  Json reply = head_json(head, kTextCompletion);
  reply["choices"] = Json::array();
  for (std::size_t i = 0; i < choices.size(); ++i)
    reply["choices"].push_back({{"index", i},
                                {"text", choices[i].text},
                                {"logprobs", choices[i].logprobs.value_or(nullptr)},
                                {"finish_reason", choices[i].finish}});
  reply["usage"] = usage_json(usage);
  add_timings(reply, choices);
  return reply;
}

Json text_chunk(const ReplyHead& head, std::int64_t index, const std::string& text, std::optional<Json> logprobs,
                const std::string& finish) {
  Json chunk = head_json(head, kTextCompletion);
  chunk["choices"] = Json::array({{{"index", index},
                                   {"text", text},
                                   {"logprobs", logprobs ? std::move(*logprobs) : Json(nullptr)},
                                   {"finish_reason", null_or(finish)}}});
  return chunk;
}

}  // namespace c2c::api
