// Chat completions of an OpenAI-compatible service: messages in; text, why it ended and how long it is out. Requests
// that may succeed a little later are sent again.
#pragma once
#include <chrono>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "c2c/io/net/http_client.h"
#include "c2c/io/net/openai_reply.h"

namespace c2c {

struct OpenAiMessage {
  std::string role, content;
};

struct OpenAiRequest {
  std::string model;
  std::vector<OpenAiMessage> messages;
  std::optional<double> temperature, top_p;  // unset: the service's own
  std::optional<std::int64_t> max_tokens, seed;
  std::vector<std::string> stop;
  nlohmann::json extra = nlohmann::json::object();  // further fields of the request, for one service's own
};

struct RetryOptions {
  int max_tries = 5;  // the first included
  std::chrono::milliseconds first_wait{1'000};
  // Each wait doubles, up to this; a service that asks for more (Retry-After) gets no further try.
  std::chrono::milliseconds max_wait{60'000};
};

struct OpenAiClientOptions {
  HttpClientOptions http;  // bearer_key: from read_api_key
  RetryOptions retry;
};

// The key for OpenAiClientOptions::http: from a file (its one line) where one is named, else from the environment
// variable. Never from argv, which every user of the machine can read. Throws kUsage naming the variable or the file
// (not what is in it); nothing where the variable is not set and `required` is false.
std::string read_api_key(const std::string& variable, const std::filesystem::path& file = {}, bool required = true);

// Any number of threads may use one client at once.
class OpenAiClient {
 public:
  // base_url as OpenAI's own clients take it: "https://host/v1".
  OpenAiClient(std::string_view base_url, OpenAiClientOptions options);

  // Throws HttpError: the last one, with the number of tries, where they have all failed.
  OpenAiReply complete(const OpenAiRequest& request);
  // The text as it comes; false ends the request, and what came so far is the reply. Sent again only as long as
  // nothing has come.
  OpenAiReply stream(const OpenAiRequest& request, const std::function<bool(std::string_view text)>& on_text);
  // Model names that the service offers.
  std::vector<std::string> models();

  const std::string& base_url() const { return http_.base_url(); }

 private:
  template <class Try>
  auto with_retries(const Try& attempt);

  HttpClient http_;
  RetryOptions retry_;
};

// The body of a request; for tests and for logs (it holds no key).
std::string openai_request_body(const OpenAiRequest& request, bool stream = false);

}  // namespace c2c
