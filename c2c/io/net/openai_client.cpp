#include "c2c/io/net/openai_client.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <random>
#include <thread>

#include "c2c/base/log.h"
#include "c2c/io/net/sse.h"

namespace c2c {
namespace {

constexpr const char* kPath = "/chat/completions";

// Between half of it and all, so that clients which failed together do not come back together.
std::chrono::milliseconds jittered(std::chrono::milliseconds wait) {
  static thread_local std::minstd_rand random{std::random_device{}()};
  return std::chrono::milliseconds(std::uniform_int_distribution<long>(wait.count() / 2, wait.count())(random));
}

// How long to wait after the try numbered `tries`, or nothing: give up.
std::optional<std::chrono::milliseconds> wait_after(const HttpError& error, int tries, const RetryOptions& retry) {
  if (!error.is_retryable() || tries >= retry.max_tries) return std::nullopt;
  if (const auto asked = error.retry_after())
    return *asked <= retry.max_wait ? std::optional<std::chrono::milliseconds>(*asked) : std::nullopt;
  const auto doubled = retry.first_wait * (std::int64_t{1} << std::min(tries - 1, 20));
  return jittered(std::min<std::chrono::milliseconds>(doubled, retry.max_wait));
}

[[noreturn]] void fail_after(const HttpError& error, int tries) {
  if (tries == 1) throw error;
  ErrorInfo info = error.info();
  info.found += " (try " + std::to_string(tries) + ", the last)";
  if (error.failure() == HttpFailure::kStatus) throw HttpError(error.status(), error.retry_after(), std::move(info));
  throw HttpError(error.failure(), std::move(info));
}

}  // namespace

std::string read_api_key(const std::string& variable, const std::filesystem::path& file, bool required) {
  std::string key;
  if (!file.empty()) {
    std::ifstream in(file);
    if (!in) fail_usage({.where = file.string(), .found = "no readable file", .expected = "the service's key"});
    std::getline(in, key);
  } else if (const char* value = std::getenv(variable.c_str()); value != nullptr) {
    key = value;
  }
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!key.empty() && is_blank(key.back())) key.pop_back();
  key.erase(0, static_cast<std::size_t>(std::ranges::find_if_not(key, is_blank) - key.begin()));
  if (!key.empty() || (file.empty() && !required)) return key;
  fail_usage({.where = file.empty() ? variable : file.string(),
              .found = "nothing",
              .expected = "the service's key",
              .hint = file.empty() ? "set this environment variable, or name a file that holds the key" : ""});
}

std::string openai_request_body(const OpenAiRequest& request, bool stream) {
  nlohmann::json body = request.extra;
  body["model"] = request.model;
  body["messages"] = nlohmann::json::array();
  for (const OpenAiMessage& message : request.messages)
    body["messages"].push_back({{"role", message.role}, {"content", message.content}});
  if (request.temperature) body["temperature"] = *request.temperature;
  if (request.top_p) body["top_p"] = *request.top_p;
  if (request.max_tokens) body["max_tokens"] = *request.max_tokens;
  if (request.seed) body["seed"] = *request.seed;
  if (!request.stop.empty()) body["stop"] = request.stop;
  if (stream) {
    body["stream"] = true;
    body["stream_options"] = {{"include_usage", true}};
  }
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

OpenAiClient::OpenAiClient(std::string_view base_url, OpenAiClientOptions options)
    : http_(base_url, std::move(options.http)), retry_(options.retry) {
  if (retry_.max_tries < 1)
    fail_usage({.where = http_.base_url(), .key = "max_tries", .found = "less than 1", .expected = "1 or more"});
}

template <class Try>
auto OpenAiClient::with_retries(const Try& attempt) {
  for (int tries = 1;; ++tries) {
    try {
      return attempt();
    } catch (const HttpError& error) {
      const auto wait = wait_after(error, tries, retry_);
      if (!wait) fail_after(error, tries);
      log_info(std::string(error.what()) + "; trying again in " + std::to_string(wait->count()) + " ms");
      std::this_thread::sleep_for(*wait);
    }
  }
}

OpenAiReply OpenAiClient::complete(const OpenAiRequest& request) {
  const std::string body = openai_request_body(request);
  return with_retries([&] {
    const HttpReply reply = http_.post(kPath, body);
    http_.check_ok(reply);
    return parse_openai_reply(reply.body, reply.url);
  });
}

OpenAiReply OpenAiClient::stream(const OpenAiRequest& request,
                                 const std::function<bool(std::string_view text)>& on_text) {
  const std::string body = openai_request_body(request, true);
  OpenAiReply reply;
  const auto attempt = [&] {
    SseParser events;
    bool done = false, stopped = false;
    const HttpReply http = http_.post_streamed(kPath, body, [&](std::string_view piece) {
      events.feed(piece, [&](const SseEvent& event) {
        if (done || stopped) return;
        if (event.data == "[DONE]") {
          done = true;
          return;
        }
        const std::string text = add_openai_chunk(event.data, http_.base_url() + kPath, reply);
        if (!text.empty() && !on_text(text)) stopped = true;
      });
      return !stopped;
    });
    http_.check_ok(http);
    if (!done && !stopped && reply.finish_reason.empty())
      throw HttpError(HttpFailure::kClosed, {.where = http.url, .found = "a stream that ended without [DONE]"});
    return reply;
  };
  return with_retries([&] {
    try {
      return attempt();
    } catch (const HttpError& error) {
      if (reply.text.empty()) throw;
      // Not again: the caller has seen half of it.
      throw HttpError(HttpFailure::kBadReply,
                      {.where = error.info().where,
                       .found = "a stream that broke after " + std::to_string(reply.text.size()) +
                                " bytes of text: " + error.info().found});
    }
  });
}

std::vector<std::string> OpenAiClient::models() {
  return with_retries([&] {
    const HttpReply reply = http_.get("/models");
    http_.check_ok(reply);
    return parse_openai_models(reply.body, reply.url);
  });
}

}  // namespace c2c
