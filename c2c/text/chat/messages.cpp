// messages_from_json of chat_template.h.
#include <nlohmann/json.hpp>

#include "c2c/base/error.h"
#include "c2c/text/chat/chat_template.h"

namespace c2c {
namespace {

using nlohmann::json;

[[noreturn]] void fail_message(std::size_t index, const std::string& key, const std::string& found,
                               const std::string& expected) {
  fail_input({.where = "message " + std::to_string(index), .key = key, .found = found, .expected = expected});
}

std::string joined_parts(std::size_t index, const json& parts) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string key = "content[" + std::to_string(i) + "]";
    const json& part = parts[i];
    if (!part.is_object()) fail_message(index, key, part.type_name(), "an object with type and text");
    if (const auto type = part.find("type"); type != part.end() && *type != "text")
      fail_message(index, key, "a part of type " + type->dump(), "parts of type \"text\"");
    const auto found = part.find("text");
    if (found == part.end() || !found->is_string())
      fail_message(index, key + ".text", found == part.end() ? "nothing" : found->type_name(), "a string");
    if (i > 0) text += '\n';
    text += found->get_ref<const std::string&>();
  }
  return text;
}

Message read_message(std::size_t index, const json& value) {
  if (!value.is_object()) fail_message(index, "", value.type_name(), "an object with role and content");
  for (const char* key : {"tool_calls", "function_call"})
    if (const auto found = value.find(key); found != value.end() && !found->is_null() && !found->empty())
      fail_message(index, key, "calls of tools", "a message of text");
  Message message;
  const auto role = value.find("role");
  if (role == value.end() || !role->is_string() || role->get_ref<const std::string&>().empty())
    fail_message(index, "role", role == value.end() ? "nothing" : role->dump(), "a string such as \"user\"");
  message.role = role->get<std::string>();
  const auto content = value.find("content");
  if (content != value.end() && content->is_array())
    message.content = joined_parts(index, *content);
  else if (content == value.end() || !content->is_string())
    fail_message(index, "content", content == value.end() ? "nothing" : content->type_name(), "a string");
  else
    message.content = content->get<std::string>();
  return message;
}

}  // namespace

Messages messages_from_json(std::string_view json_text) {
  json document;
  try {
    document = json::parse(json_text);
  } catch (const json::exception& error) {
    fail_input({.where = "messages", .found = error.what(), .expected = "a JSON array of messages"});
  }
  if (!document.is_array())
    fail_input({.where = "messages", .found = document.type_name(), .expected = "a JSON array of messages"});
  Messages messages;
  for (std::size_t i = 0; i < document.size(); ++i) messages.push_back(read_message(i, document[i]));
  return messages;
}

}  // namespace c2c
