// POST /v1/chat/completions, and what else takes a conversation, as typed requests.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "c2c/serve/api/generation_fields.h"
#include "c2c/text/chat/chat_template.h"

namespace c2c::api {

struct ChatRequest {
  std::string model;  // empty: the server's first
  Messages messages;
  GenerationFields generation;
  C2cFields c2c;
  std::optional<bool> enable_thinking;
  std::int64_t logprobs = -1;  // >= 0: with so many alternatives
};

// Throws ApiError naming the field. Fields that OpenAI has and we do not are ignored, unless they ask for what we would
// not do (tools, other response formats): then they are errors.
ChatRequest parse_chat_request(std::string_view body);

// POST /c2c/inspect and /apply-template: model, messages, c2c, chat_template_kwargs; of the rest only the types count.
struct PromptRequest {
  std::string model;
  Messages messages;
  C2cFields c2c;
  std::optional<bool> enable_thinking;
  bool add_generation_prompt = true;
};
PromptRequest parse_prompt_request(std::string_view body);

// Text contents only: a string, or a list of text parts, joined by newlines.
Messages read_messages(const Fields& fields);

}  // namespace c2c::api
