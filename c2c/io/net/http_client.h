// HTTP/1.1 as a client, blocking: one service, connections kept for the next request. https with the system's trust.
// Redirects are not followed; a reply of any status is a reply, `check_ok` makes errors of those that are none.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "c2c/io/net/http_error.h"
#include "c2c/io/net/http_message.h"

namespace c2c {

struct HttpClientOptions {
  std::string bearer_key;  // secret: sent as "Authorization: Bearer", in no error and no log
  HttpHeaders headers;     // with every request
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds idle_timeout{120'000};   // between two bytes of a reply, and until the first
  std::chrono::milliseconds total_timeout{600'000};  // a whole request
  HttpLimits limits;                                 // of a reply
};

struct HttpReply {
  std::string url;  // that was asked
  int status = 0;
  HttpHeaders headers;
  std::string body;

  bool ok() const noexcept { return status >= 200 && status < 300; }
  bool is_retryable() const noexcept { return is_retryable_status(status); }
  // From Retry-After: seconds, or a date (as seconds from now, at least 0).
  std::optional<std::chrono::seconds> retry_after() const;
};

// Takes a piece of a 2xx reply's body as it comes; false ends the request and closes its connection.
using HttpSink = std::function<bool(std::string_view piece)>;

// Any number of threads may use one client at once; each request has a connection of its own while it runs.
class HttpClient {
 public:
  // base_url: paths are appended to it ("https://host/v1" + "/models"). Throws kUsage for an address, key or header
  // that cannot be sent.
  explicit HttpClient(std::string_view base_url, HttpClientOptions options = {});
  HttpClient(HttpClient&&) noexcept;
  ~HttpClient();

  // Throw HttpError, kUsage for a path that is none.
  HttpReply get(std::string_view path);
  HttpReply post(std::string_view path, std::string_view body, std::string_view content_type = "application/json");
  // The body goes to `sink` unless the status is an error's; then it is in the reply. idle_timeout counts between
  // pieces.
  HttpReply post_streamed(std::string_view path, std::string_view body, const HttpSink& sink);

  // Throws HttpError kStatus with the beginning of the body, the key made unreadable where a service repeats it.
  void check_ok(const HttpReply& reply) const;
  const std::string& base_url() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Seconds or an HTTP date ("Sun, 06 Nov 1994 08:49:37 GMT"), seen from `now`; nothing where it is neither.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value,
                                                      std::chrono::system_clock::time_point now);

}  // namespace c2c
