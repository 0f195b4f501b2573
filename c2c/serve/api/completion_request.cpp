#include "c2c/serve/api/completion_request.h"

#include <algorithm>
#include <limits>

#include "c2c/serve/api/chat_request.h"

namespace c2c::api {
namespace {

std::string at(const std::string& path, std::size_t index) {
  return path + "[" + std::to_string(index) + "]";
}

TokenIds read_ids(const Json& list, const std::string& path) {
  TokenIds ids;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Json& id = list[i];
    if (!id.is_number_unsigned() || id > std::numeric_limits<std::int32_t>::max())
      fail_field(at(path, i), describe(id), "a token id");
    ids.push_back(id.get<std::int32_t>());
  }
  return ids;
}

Prompt read_prompt(const Json& value, const std::string& path) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array() || value.empty())
    fail_field(path, value.is_array() ? "an empty list" : describe(value), "a string or a list of token ids");
  return read_ids(value, path);
}

std::vector<Prompt> read_prompts(const Fields& fields) {
  const Json* value = fields.find("prompt");
  if (value == nullptr) fail_field("prompt", "nothing", "a string, token ids, or a list of either");
  if (!value->is_array()) return {read_prompt(*value, "prompt")};
  if (value->empty()) fail_field("prompt", "an empty list", "a string, token ids, or a list of either");
  if (value->front().is_number()) return {read_ids(*value, "prompt")};
  if (value->size() > kMostPrompts)
    fail_field("prompt", std::to_string(value->size()) + " prompts", "at most " + std::to_string(kMostPrompts));
  std::vector<Prompt> prompts;
  for (std::size_t i = 0; i < value->size(); ++i) prompts.push_back(read_prompt((*value)[i], at("prompt", i)));
  return prompts;
}

// OpenAI's fields that would change the answer and that we do not have.
void refuse_unsupported(const Fields& fields, std::int64_t choices) {
  if (const auto suffix = fields.text("suffix"); suffix && !suffix->empty())
    fail_field("suffix", "a text", "none: the models only write at the end", "unsupported_field");
  if (const auto best = fields.integer("best_of", 1, kMostChoices); best && *best != choices)
    fail_field("best_of", std::to_string(*best), "as many as n", "unsupported_field");
}

}  // namespace

CompletionRequest parse_completion_request(std::string_view body) {
  const Json json = parse_body(body);
  const Fields fields(json);
  CompletionRequest request;
  request.model = fields.text("model").value_or("");
  request.prompts = read_prompts(fields);
  request.generation = read_generation(fields);
  request.c2c = read_c2c(fields);
  request.echo = fields.boolean("echo").value_or(false);
  // vLLM's clients send true here, OpenAI's a number.
  const Json* logprobs = fields.find("logprobs");
  if (logprobs != nullptr && logprobs->is_boolean())
    request.logprobs = logprobs->get<bool>() ? 0 : -1;
  else
    request.logprobs = fields.integer("logprobs", 0, kMostAlternatives).value_or(-1);
  if (request.prompts.size() * static_cast<std::size_t>(request.generation.choices) > kMostPrompts)
    fail_field("n", std::to_string(request.generation.choices) + " answers to each prompt",
               "at most " + std::to_string(kMostPrompts) + " answers in all");
  refuse_unsupported(fields, request.generation.choices);
  return request;
}

TokenizeRequest parse_tokenize_request(std::string_view body) {
  const Json json = parse_body(body);
  const Fields fields(json);
  TokenizeRequest request;
  request.model = fields.text("model").value_or("");
  // llama-server says content, vLLM prompt.
  std::optional<std::string> content = fields.text("content");
  if (!content) content = fields.text("prompt");
  if (fields.find("messages") != nullptr) {
    if (content) fail_field("messages", "content beside it", "one of the two");
    request.messages = read_messages(fields);
  } else if (!content) {
    fail_field("content", "nothing", "a string, or messages");
  }
  request.content = content.value_or("");
  request.add_special = fields.boolean("add_special").value_or(fields.boolean("add_special_tokens").value_or(false));
  request.with_pieces = fields.boolean("with_pieces").value_or(false);
  return request;
}

DetokenizeRequest parse_detokenize_request(std::string_view body) {
  const Json json = parse_body(body);
  const Fields fields(json);
  const Json* tokens = fields.find("tokens");
  if (tokens == nullptr || !tokens->is_array())
    fail_field("tokens", tokens == nullptr ? "nothing" : describe(*tokens), "a list of token ids");
  return {fields.text("model").value_or(""), read_ids(*tokens, "tokens")};
}

}  // namespace c2c::api
