// POST /v1/completions, /tokenize and /detokenize as typed requests.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "c2c/serve/api/generation_fields.h"
#include "c2c/text/chat/chat_template.h"

namespace c2c::api {

inline constexpr std::size_t kMostPrompts = 256;

using TokenIds = std::vector<std::int32_t>;
using Prompt = std::variant<std::string, TokenIds>;

struct CompletionRequest {
  std::string model;
  std::vector<Prompt> prompts;  // at least one
  GenerationFields generation;
  C2cFields c2c;
  bool echo = false;           // the prompt in front of the answer
  std::int64_t logprobs = -1;  // >= 0: with so many alternatives; with echo of the prompt's tokens too
};
CompletionRequest parse_completion_request(std::string_view body);

struct TokenizeRequest {
  std::string model;
  std::string content;  // or messages
  Messages messages;
  bool add_special = false, with_pieces = false;
};
TokenizeRequest parse_tokenize_request(std::string_view body);

struct DetokenizeRequest {
  std::string model;
  TokenIds tokens;
};
DetokenizeRequest parse_detokenize_request(std::string_view body);

}  // namespace c2c::api
