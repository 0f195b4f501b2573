#include "c2c/io/net/openai_reply.h"

#include <nlohmann/json.hpp>

#include "c2c/base/utf8.h"
#include "c2c/io/net/http_error.h"

namespace c2c {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxBytes = std::size_t{64} << 20;
constexpr int kMaxDepth = 32;
constexpr std::int64_t kMaxTokens = std::int64_t{1} << 40;

[[noreturn]] void refuse(const std::string& url, std::string key, std::string found, std::string expected) {
  throw HttpError(HttpFailure::kBadReply, {.where = url,
                                           .key = std::move(key),
                                           .found = std::move(found),
                                           .expected = std::move(expected),
                                           .hint = "does this address speak OpenAI's chat completions?"});
}

std::string shown(const json& value) {
  const std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  return text.size() <= 200 ? text : sanitize_utf8(std::string_view(text).substr(0, 200)) + "...";
}

json parse(std::string_view text, const std::string& url) {
  if (text.size() > kMaxBytes)
    throw HttpError(HttpFailure::kTooLarge, {.where = url,
                                             .found = std::to_string(text.size()) + " bytes of JSON",
                                             .expected = "at most " + std::to_string(kMaxBytes)});
  const auto watch_depth = [&](int depth, json::parse_event_t, json&) {
    if (depth > kMaxDepth) refuse(url, {}, "JSON nested deeper than " + std::to_string(kMaxDepth), "a chat completion");
    return true;
  };
  try {
    return json::parse(text, watch_depth);
  } catch (const json::exception&) {
    const std::string start = sanitize_utf8(text.substr(0, 80));
    refuse(url, {}, text.empty() ? "an empty reply" : "no JSON: " + shown(start), "a chat completion (JSON)");
  }
}

// The member, or nullptr where it is missing or null.
const json* find(const json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

// Walks a reply; knows where it is, for errors.
class Reader {
 public:
  Reader(const json& object, std::string path, const std::string& url)
      : object_(object), path_(std::move(path)), url_(url) {
    if (!object.is_object()) refuse(url, path_, shown(object), "an object");
  }

  bool has(const char* key) const { return find(object_, key) != nullptr; }
  const json& need(const char* key, const char* expected) const {
    const json* const value = find(object_, key);
    if (value == nullptr) refuse(url_, path_of(key), "nothing in " + shown(object_), expected);
    return *value;
  }
  Reader child(const char* key) const { return {need(key, "an object"), path_of(key), url_}; }
  // "" where it is missing or null.
  std::string text(const char* key) const {
    const json* const value = find(object_, key);
    if (value == nullptr) return {};
    if (!value->is_string()) refuse(url_, path_of(key), shown(*value), "a text");
    return value->get<std::string>();
  }
  std::int64_t tokens(const char* key) const {
    const json* const value = find(object_, key);
    if (value == nullptr) return 0;
    // Some services write 12.0.
    const double number = value->is_number() ? value->get<double>() : -1;
    if (!(number >= 0 && number <= static_cast<double>(kMaxTokens)))
      refuse(url_, path_of(key), shown(*value), "a number of tokens");
    return static_cast<std::int64_t>(number);
  }
  std::string path_of(const char* key) const { return path_.empty() ? key : path_ + "." + key; }

 private:
  const json& object_;
  std::string path_;
  const std::string& url_;
};

void read_common(const Reader& reader, OpenAiReply& reply) {
  if (const std::string model = reader.text("model"); !model.empty()) reply.model = model;
  if (!reader.has("usage")) return;
  const Reader usage = reader.child("usage");
  reply.usage = {usage.tokens("prompt_tokens"), usage.tokens("completion_tokens"), usage.tokens("total_tokens")};
}

// An error with status 200, as some proxies send.
void check_no_error(const json& document, const std::string& url) {
  if (document.is_object() && find(document, "error") != nullptr)
    refuse(url, "error", shown(*find(document, "error")), "a chat completion");
}

}  // namespace

OpenAiReply parse_openai_reply(std::string_view text, const std::string& url) {
  const json document = parse(text, url);
  check_no_error(document, url);
  const Reader reader(document, {}, url);
  const json& choices = reader.need("choices", "a list of one choice or more");
  if (!choices.is_array() || choices.empty()) refuse(url, "choices", shown(choices), "a list of one choice or more");
  const Reader choice(choices[0], "choices[0]", url);
  const Reader message = choice.child("message");
  OpenAiReply reply{.text = message.text("content"), .finish_reason = choice.text("finish_reason")};
  read_common(reader, reply);
  return reply;
}

std::string add_openai_chunk(std::string_view text, const std::string& url, OpenAiReply& reply) {
  const json document = parse(text, url);
  check_no_error(document, url);
  const Reader reader(document, {}, url);
  const json& choices = reader.need("choices", "a list of choices");
  if (!choices.is_array()) refuse(url, "choices", shown(choices), "a list of choices");
  read_common(reader, reply);
  if (choices.empty()) return {};  // the last event, with the usage alone
  const Reader choice(choices[0], "choices[0]", url);
  if (const std::string reason = choice.text("finish_reason"); !reason.empty()) reply.finish_reason = reason;
  const std::string piece = choice.has("delta") ? choice.child("delta").text("content") : std::string();
  if (piece.size() > kMaxBytes - reply.text.size())
    throw HttpError(HttpFailure::kTooLarge, {.where = url, .found = "a streamed reply beyond all bounds"});
  reply.text += piece;
  return piece;
}

std::vector<std::string> parse_openai_models(std::string_view text, const std::string& url) {
  const json document = parse(text, url);
  check_no_error(document, url);
  const json& data = Reader(document, {}, url).need("data", "a list of models");
  if (!data.is_array()) refuse(url, "data", shown(data), "a list of models");
  std::vector<std::string> names;
  for (const json& entry : data) names.push_back(Reader(entry, "data[]", url).text("id"));
  return names;
}

}  // namespace c2c
