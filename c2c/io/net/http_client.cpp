#include "c2c/io/net/http_client.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>
#include <vector>

#include "c2c/base/log.h"
#include "c2c/base/utf8.h"
#include "c2c/io/net/client_stream.h"
#include "c2c/io/net/http_parser.h"

namespace c2c {
namespace {

constexpr std::size_t kMaxIdle = 16;      // connections kept for later
constexpr std::size_t kShownBytes = 500;  // of an error's body

struct Connection {
  Connection(const Url& url, SSL_CTX* trust, NetClock::time_point deadline) : stream(url, trust, deadline) {}
  ClientStream stream;
  std::string buffer;  // read, not yet understood
  bool used = false;   // has carried a request before
};

// The sink wants no more: not an error, only the way out.
struct SinkHasEnough {};

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

}  // namespace

struct HttpClient::State {
  Url base;
  std::string base_text, head_fields;
  HttpClientOptions options;
  std::shared_ptr<SSL_CTX> trust;
  std::mutex mutex;
  std::vector<std::unique_ptr<Connection>> idle;

  Url url_of(std::string_view path) const;
  std::unique_ptr<Connection> take(bool fresh);
  void put_back(std::unique_ptr<Connection> connection);
  HttpReply request(const char* method, std::string_view path, std::string_view content_type, std::string_view body,
                    const HttpSink* sink);
  // False: a kept connection turned out to be closed before a byte of the reply came.
  bool exchange(Connection& connection, const std::string& bytes, HttpReply& reply, const HttpSink* sink);
  HttpParser read_head(Connection& connection, NetClock::time_point end) const;
  // Reads once; false at the end of the stream.
  bool read_more(Connection& connection, NetClock::time_point end) const;
};

Url HttpClient::State::url_of(std::string_view path) const {
  Url url = base;
  if (url.target.ends_with('/')) url.target.pop_back();
  url.target += path;
  if (!path.starts_with('/') || !is_request_target(url.target) || url.target.size() > kMaxUrlBytes)
    fail_usage({.where = base_text, .found = "a path that cannot be sent", .expected = "/path, percent-encoded"});
  return url;
}

std::unique_ptr<Connection> HttpClient::State::take(bool fresh) {
  while (!fresh) {
    std::unique_ptr<Connection> connection;
    {
      const std::lock_guard lock(mutex);
      if (idle.empty()) break;
      connection = std::move(idle.back());
      idle.pop_back();
    }
    if (connection->stream.is_quiet()) return connection;
  }
  return std::make_unique<Connection>(base, trust.get(), NetClock::now() + options.connect_timeout);
}

void HttpClient::State::put_back(std::unique_ptr<Connection> connection) {
  connection->used = true;
  const std::lock_guard lock(mutex);
  if (idle.size() < kMaxIdle) idle.push_back(std::move(connection));
}

bool HttpClient::State::read_more(Connection& connection, NetClock::time_point end) const {
  std::array<char, 16 << 10> piece;
  const auto deadline = std::min(end, NetClock::now() + options.idle_timeout);
  const std::size_t n = connection.stream.read_some(piece.data(), piece.size(), deadline);
  connection.buffer.append(piece.data(), n);
  return n > 0;
}

HttpReply HttpClient::State::request(const char* method, std::string_view path, std::string_view content_type,
                                     std::string_view body, const HttpSink* sink) {
  const Url url = url_of(path);
  const bool is_post = std::string_view(method) == "POST";
  std::string bytes = std::string(method) + " " + url.target + " HTTP/1.1\r\n" + head_fields;
  if (is_post) {
    bytes += "Content-Type: " + std::string(content_type) + "\r\nContent-Length: " + std::to_string(body.size()) +
             "\r\n\r\n";
    bytes += body;
  } else {
    bytes += "\r\n";
  }
  HttpReply reply{.url = to_string(url)};
  for (const bool fresh : {false, true}) {
    std::unique_ptr<Connection> connection = take(fresh);
    const bool retry_on_fresh = connection->used && !fresh;
    try {
      if (exchange(*connection, bytes, reply, sink)) put_back(std::move(connection));
      return reply;
    } catch (const HttpError& error) {
      // A kept connection may have been closed while the request was on its way: once more, on a new one.
      if (!retry_on_fresh || error.failure() != HttpFailure::kClosed || reply.status != 0 ||
          !connection->buffer.empty())
        throw;
    }
  }
  return reply;
}

namespace {

// What the parser says about a reply, as the client's own error.
[[noreturn]] void refuse_reply(const std::string& url, const HttpSyntaxError& error, bool cut_off) {
  const HttpFailure failure = cut_off                                          ? HttpFailure::kClosed
                              : error.status() == 413 || error.status() == 431 ? HttpFailure::kTooLarge
                                                                               : HttpFailure::kBadReply;
  throw HttpError(failure,
                  {.where = url, .key = "reply", .found = error.info().found, .expected = error.info().expected});
}

}  // namespace

// Reads past interim replies (100 Continue), of which a few are allowed.
HttpParser HttpClient::State::read_head(Connection& connection, NetClock::time_point end) const {
  for (int interim = 0; interim < 10; ++interim) {
    HttpParser parser(HttpParser::Kind::kReply, options.limits);
    for (parser.feed(connection.buffer); !parser.head_done(); parser.feed(connection.buffer))
      if (!read_more(connection, end)) {
        if (interim == 0 && !parser.started() && connection.buffer.empty())
          throw HttpError(HttpFailure::kClosed,
                          {.where = base_text, .found = "a connection that was closed without a reply"});
        parser.end_of_stream();
      }
    if (parser.head().status >= 200) return parser;
  }
  throw HttpSyntaxError(400, {.found = "ten interim replies", .expected = "an answer"});
}

// True: the connection can carry another request.
bool HttpClient::State::exchange(Connection& connection, const std::string& bytes, HttpReply& reply,
                                 const HttpSink* sink) {
  const auto end = NetClock::now() + options.total_timeout;
  bool ended = false;
  try {
    connection.stream.write_all(bytes, end);
    HttpParser parser = read_head(connection, end);
    reply.status = parser.head().status;
    reply.headers = parser.head().headers;
    if (sink != nullptr && reply.ok())
      parser.set_body_sink([sink](std::string_view piece) {
        if (!(*sink)(piece)) throw SinkHasEnough();
      });
    for (parser.feed(connection.buffer); !parser.done() && !ended; parser.feed(connection.buffer))
      if (!read_more(connection, end)) {
        ended = true;
        parser.end_of_stream();
      }
    reply.body = std::move(parser.body());
    return !ended && parser.keep_alive() && connection.buffer.empty();
  } catch (const SinkHasEnough&) {
    return false;
  } catch (const HttpSyntaxError& error) {
    refuse_reply(reply.url, error, ended || error.info().found == "a message that is cut off");
  }
}

HttpClient::HttpClient(std::string_view base_url, HttpClientOptions options) : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.base = parse_url(base_url);
  state.base_text = to_string(state.base);
  if (state.base.target.find('?') != std::string::npos)
    fail_usage({.where = state.base_text, .found = "a query", .expected = "an address that paths can be appended to"});
  HttpHeaders headers = {{"Host", authority(state.base)}, {"User-Agent", "c2c"}, {"Accept", "*/*"}};
  if (!options.bearer_key.empty()) {
    headers.push_back({"Authorization", "Bearer " + options.bearer_key});
    if (!is_valid_header(headers.back()))
      fail_usage({.where = state.base_text, .key = "key", .found = "control characters in it", .expected = "one line"});
    if (!state.base.tls && !is_loopback(state.base.host))
      log_warning(state.base_text + ": the key is sent without encryption (http, not https)");
  }
  headers.insert(headers.end(), options.headers.begin(), options.headers.end());
  for (const HttpHeader& header : headers) {
    if (!is_valid_header(header))
      fail_usage({.where = state.base_text, .key = "headers", .found = "a header that cannot be sent"});
    state.head_fields += header.name + ": " + header.value + "\r\n";
  }
  if (state.base.tls) state.trust = make_tls_trust();
  state.options = std::move(options);
}
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

HttpReply HttpClient::get(std::string_view path) {
  return state_->request("GET", path, {}, {}, nullptr);
}
HttpReply HttpClient::post(std::string_view path, std::string_view body, std::string_view content_type) {
  if (!is_valid_header({"Content-Type", std::string(content_type)}))
    fail_usage({.where = state_->base_text, .found = "a content type that cannot be sent"});
  return state_->request("POST", path, content_type, body, nullptr);
}
HttpReply HttpClient::post_streamed(std::string_view path, std::string_view body, const HttpSink& sink) {
  return state_->request("POST", path, "application/json", body, &sink);
}

void HttpClient::check_ok(const HttpReply& reply) const {
  if (reply.ok()) return;
  const std::string& key = state_->options.bearer_key;
  std::string shown = reply.body.substr(0, kShownBytes + key.size());  // a key across the cut is seen whole
  for (std::size_t at = 0; !key.empty() && (at = shown.find(key, at)) != std::string::npos; at += 3)
    shown.replace(at, key.size(), "***");
  shown = sanitize_utf8(std::string_view(shown).substr(0, kShownBytes));
  std::ranges::replace_if(shown, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  const std::string status = std::to_string(reply.status) + " " + std::string(reason_phrase(reply.status));
  throw HttpError(reply.status, reply.retry_after(),
                  {.where = reply.url, .found = shown.empty() ? status : status + ": " + shown, .expected = "200"});
}

const std::string& HttpClient::base_url() const {
  return state_->base_text;
}

}  // namespace c2c
