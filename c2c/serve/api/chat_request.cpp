#include "c2c/serve/api/chat_request.h"

namespace c2c::api {
namespace {

constexpr std::size_t kMostMessages = 10'000;

std::string read_part(const Json& part, const std::string& path) {
  const Fields fields(part, path);
  const std::string type = fields.required_text("type");
  if (type != "text")
    fail_field(path, "a part of type \"" + type + "\"", "text: the models read nothing else", "unsupported_content");
  const std::optional<std::string> text = fields.text("text");
  if (!text) fail_field(path + ".text", "nothing", "a string");
  return *text;
}

std::string read_content(const Fields& message) {
  const Json* content = message.find("content");
  const std::string path = message.path("content");
  if (content == nullptr) fail_field(path, "nothing", "a string or a list of text parts");
  if (content->is_string()) return content->get<std::string>();
  if (!content->is_array() || content->empty())
    fail_field(path, describe(*content), "a string or a list of text parts");
  std::string text;
  for (std::size_t i = 0; i < content->size(); ++i)
    text += (i > 0 ? "\n" : "") + read_part((*content)[i], path + "[" + std::to_string(i) + "]");
  return text;
}

Message read_message(const Json& value, const std::string& path) {
  const Fields fields(value, path);
  std::string role = fields.required_text("role");
  if (role == "developer") role = "system";  // OpenAI's newer name
  if (role != "system" && role != "user" && role != "assistant")
    fail_field(fields.path("role"), "string \"" + role + "\"", "system, developer, user or assistant");
  for (const char* name : {"tool_calls", "function_call"})
    if (const Json* calls = fields.find(name); calls != nullptr && !calls->empty())
      fail_field(fields.path(name), "calls of tools", "a message of text", "unsupported_field");
  return {role, read_content(fields)};
}

void refuse_tools(const Fields& fields) {
  for (const char* name : {"tools", "functions"})
    if (const Json* value = fields.find(name); value != nullptr && !value->empty())
      fail_field(name, "tools", "none: tools are not supported", "unsupported_field");
  for (const char* name : {"tool_choice", "function_call"})
    if (const Json* value = fields.find(name); value != nullptr && *value != "none" && *value != "auto")
      fail_field(name, describe(*value), "none: tools are not supported", "unsupported_field");
}

void check_response_format(const Fields& fields) {
  const Json* value = fields.find("response_format");
  if (value == nullptr) return;
  const std::string type = Fields(*value, "response_format").required_text("type");
  if (type != "text") fail_field("response_format.type", "string \"" + type + "\"", "text", "unsupported_field");
}

std::optional<bool> read_thinking(const Fields& fields) {
  const Json* value = fields.find("chat_template_kwargs");
  if (value == nullptr) return {};
  return Fields(*value, "chat_template_kwargs").boolean("enable_thinking");
}

std::int64_t read_logprobs(const Fields& fields) {
  const bool wanted = fields.boolean("logprobs").value_or(false);
  const std::optional<std::int64_t> top = fields.integer("top_logprobs", 0, kMostAlternatives);
  if (top.value_or(0) > 0 && !wanted) fail_field("top_logprobs", std::to_string(*top), "logprobs true beside it");
  return wanted ? top.value_or(0) : -1;
}

}  // namespace

Messages read_messages(const Fields& fields) {
  const Json* value = fields.find("messages");
  if (value == nullptr || !value->is_array() || value->empty())
    fail_field("messages",
               value == nullptr ? "nothing"
               : value->empty() ? "an empty list"
                                : describe(*value),
               "a list of messages");
  if (value->size() > kMostMessages)
    fail_field("messages", std::to_string(value->size()) + " messages", "at most " + std::to_string(kMostMessages));
  Messages messages;
  for (std::size_t i = 0; i < value->size(); ++i)
    messages.push_back(read_message((*value)[i], "messages[" + std::to_string(i) + "]"));
  return messages;
}

ChatRequest parse_chat_request(std::string_view body) {
  const Json json = parse_body(body);
  const Fields fields(json);
  ChatRequest request;
  request.model = fields.text("model").value_or("");
  request.messages = read_messages(fields);
  request.generation = read_generation(fields);
  request.c2c = read_c2c(fields);
  request.enable_thinking = read_thinking(fields);
  request.logprobs = read_logprobs(fields);
  refuse_tools(fields);
  check_response_format(fields);
  return request;
}

PromptRequest parse_prompt_request(std::string_view body) {
  const Json json = parse_body(body);
  const Fields fields(json);
  PromptRequest request;
  request.model = fields.text("model").value_or("");
  request.messages = read_messages(fields);
  request.c2c = read_c2c(fields);
  request.enable_thinking = read_thinking(fields);
  request.add_generation_prompt = fields.boolean("add_generation_prompt").value_or(true);
  return request;
}

}  // namespace c2c::api
