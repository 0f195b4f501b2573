// What OpenAI-compatible services send back for chat completions. Their bytes are hostile: bounded in size and depth,
// every field checked; errors name what was expected and where.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace c2c {

struct OpenAiUsage {
  std::int64_t prompt_tokens = 0, completion_tokens = 0, total_tokens = 0;  // 0 where the service says nothing
};

struct OpenAiReply {
  std::string text;           // of the first choice; "" where its content is null
  std::string finish_reason;  // "stop", "length", ...; "" where the service says nothing
  std::string model;          // that answered, as the service calls it
  OpenAiUsage usage;
};

// A whole reply ("chat.completion"). Throws HttpError kBadReply or kTooLarge; `url` is for the error.
OpenAiReply parse_openai_reply(std::string_view json, const std::string& url);

// One event of a streamed reply ("chat.completion.chunk"): adds its text to the reply and returns it.
std::string add_openai_chunk(std::string_view json, const std::string& url, OpenAiReply& reply);

// The ids of a list of models ("/models"). Throws as above.
std::vector<std::string> parse_openai_models(std::string_view json, const std::string& url);

}  // namespace c2c
