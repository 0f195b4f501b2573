// What answers look like as JSON: OpenAI's objects, whole and as stream chunks, with `timings` beside them. `object`
// names and fields are OpenAI's where it has them.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace c2c::api {

using Json = nlohmann::ordered_json;

struct Usage {
  std::int64_t prompt_tokens = 0, completion_tokens = 0, cached_tokens = 0;
  Usage& operator+=(const Usage& other);
};

// One answer's; seconds here, milliseconds in JSON.
struct AnswerTimings {
  double queue = 0, sharer_prefill = 0, receiver_prefill = 0, fuse = 0, context = 0, decode = 0;
  double first_token = 0, total = 0;
  double predicted_per_second = 0;
  std::int64_t prompt_n = 0, predicted_n = 0, cache_n = 0, fused_n = 0, context_n = 0;
};

// A token of an answer or a prompt, as text, with what else could have stood there.
struct TokenText {
  std::string text;
  std::optional<double> logprob;  // nothing: the first token of a prompt
  std::vector<std::pair<std::string, double>> top;
};

struct ReplyHead {
  std::string id;  // "chatcmpl-...", "cmpl-..."
  std::int64_t created = 0;
  std::string model;
};

Json usage_json(const Usage& usage);
Json timings_json(const AnswerTimings& timings);

// Chat. `finish`: stop or length.
Json chat_logprobs(const std::vector<TokenText>& tokens);
struct ChatChoice {
  std::string content, finish;
  std::string context;                           // t2t
  std::optional<std::vector<TokenText>> tokens;  // asked for
  AnswerTimings timings;
};
Json chat_completion(const ReplyHead& head, const std::vector<ChatChoice>& choices, const Usage& usage);
// One chunk of a stream. `delta` is an object; `finish` empty: null.
Json chat_chunk(const ReplyHead& head, std::int64_t index, Json delta, const std::string& finish = {});
Json usage_chunk(const ReplyHead& head, const char* object, const Usage& usage);

// Completions. Offsets are code points from where `tokens` begin.
Json text_logprobs(const std::vector<TokenText>& tokens, std::int64_t first_offset = 0);
struct TextChoice {
  std::string text, finish;
  std::optional<Json> logprobs;
  AnswerTimings timings;
};
Json text_completion(const ReplyHead& head, const std::vector<TextChoice>& choices, const Usage& usage);
Json text_chunk(const ReplyHead& head, std::int64_t index, const std::string& text, std::optional<Json> logprobs,
                const std::string& finish = {});

inline constexpr const char* kChatChunk = "chat.completion.chunk";
inline constexpr const char* kTextCompletion = "text_completion";

// One line; bytes that are not UTF-8 are replaced.
std::string to_text(const Json& json);

}  // namespace c2c::api
