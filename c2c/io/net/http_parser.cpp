#include "c2c/io/net/http_parser.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <optional>

namespace c2c {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

[[noreturn]] void refuse(int status, std::string found, std::string expected = {}) {
  throw HttpSyntaxError(status, {.where = "HTTP message", .found = std::move(found), .expected = std::move(expected)});
}

// What both kinds of message leave behind.
struct Message {
  HttpLimits limits;
  HttpHead head;
  std::string body;
  std::function<void(std::string_view)> sink;
  std::size_t header_bytes = 0, fields = 0;
  std::size_t hosts = 0, transfer_encodings = 0, lengths = 0;
  std::optional<HttpSyntaxError> problem;  // found in a callback, whose own word for it would be too coarse

  void fail(int status, std::string found, error_code& ec, std::string expected = {}) {
    problem.emplace(status,
                    ErrorInfo{.where = "HTTP message", .found = std::move(found), .expected = std::move(expected)});
    ec = http::error::bad_value;
  }
};

// Beast's grammar; what it leaves to its users (limits on all headers together, the framing's contradictions) is here.
template <bool kIsRequest>
class Machine : public http::basic_parser<kIsRequest> {
 public:
  explicit Machine(Message& message) : message_(message) {
    this->eager(false);
    this->header_limit(static_cast<std::uint32_t>(message.limits.max_header_bytes));
    this->body_limit(message.limits.max_body_bytes);
  }

 private:
  void on_request_impl(http::verb, string_view method, string_view target, int version, error_code& ec) override {
    message_.head.method = std::string(method);
    message_.head.target = std::string(target);
    message_.head.version = version;
    count(method.size() + target.size() + 12, ec);
  }
  void on_response_impl(int status, string_view reason, int version, error_code& ec) override {
    message_.head.status = status;
    message_.head.version = version;
    count(reason.size() + 15, ec);
  }
  void on_field_impl(http::field field, string_view name, string_view value, error_code& ec) override {
    count(name.size() + value.size() + 4, ec);
    if (ec) return;
    if (++message_.fields > message_.limits.max_headers)
      return message_.fail(431, "more than " + std::to_string(message_.limits.max_headers) + " headers", ec);
    if (head_done_) return;  // trailers say nothing that we need, and must not pass for headers
    message_.head.headers.push_back({std::string(name), std::string(value)});
    message_.hosts += field == http::field::host;
    if (field == http::field::transfer_encoding) {
      ++message_.transfer_encodings;
      if (!boost::beast::iequals(value, "chunked"))
        message_.fail(501, "transfer encoding \"" + std::string(value.substr(0, 40)) + "\"", ec, "chunked");
    }
    // Beast takes "5, 5" for 5; others on the way might not.
    if (field == http::field::content_length && (++message_.lengths > 1 || !is_number(value)))
      message_.fail(400, "Content-Length twice or no number", ec, "once");
  }
  void on_header_impl(error_code& ec) override {
    head_done_ = true;
    const Message& m = message_;
    if (m.transfer_encodings > 1 || (m.transfer_encodings == 1 && (m.lengths > 0 || m.head.version < 11)))
      message_.fail(400, "contradictory Content-Length and Transfer-Encoding", ec, "one of them, once");
    else if (kIsRequest && (m.hosts > 1 || (m.hosts == 0 && m.head.version == 11)))
      message_.fail(400, std::to_string(m.hosts) + " Host headers", ec, "1");
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view piece, error_code&) override { return take(piece); }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view piece, error_code&) override { return take(piece); }
  void on_finish_impl(error_code&) override {}

  static bool is_number(string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  }
  std::size_t take(string_view piece) {
    if (message_.sink)
      message_.sink({piece.data(), piece.size()});
    else
      message_.body.append(piece.data(), piece.size());
    return piece.size();
  }
  void count(std::size_t bytes, error_code& ec) {
    message_.header_bytes += bytes;
    if (message_.header_bytes > message_.limits.max_header_bytes) ec = http::error::header_limit;
  }

  Message& message_;
  bool head_done_ = false;
};

[[noreturn]] void translate(const Message& message, const error_code& ec) {
  if (message.problem) throw *message.problem;
  if (ec == http::error::header_limit)
    refuse(431, "headers of more than " + std::to_string(message.limits.max_header_bytes) + " bytes");
  if (ec == http::error::body_limit)
    refuse(413, "a body of more than " + std::to_string(message.limits.max_body_bytes) + " bytes");
  if (ec == http::error::bad_version) refuse(505, "another version of HTTP", "HTTP/1.1 or HTTP/1.0");
  if (ec == http::error::partial_message || ec == http::error::end_of_stream) refuse(400, "a message that is cut off");
  refuse(400, ec.message(), "HTTP/1.1");
}

}  // namespace

struct HttpParser::State {
  Message message;
  std::optional<Machine<true>> request;
  std::optional<Machine<false>> reply;

  template <class Action>
  auto with(Action action) {
    return request ? action(*request) : action(*reply);
  }
};

HttpParser::HttpParser(Kind kind, const HttpLimits& limits) : state_(std::make_unique<State>()) {
  state_->message.limits = limits;
  if (kind == Kind::kRequest) {
    state_->request.emplace(state_->message);
  } else {
    state_->reply.emplace(state_->message);
    state_->reply->skip(kind == Kind::kReplyToHead);
  }
}
HttpParser::HttpParser(HttpParser&&) noexcept = default;
HttpParser& HttpParser::operator=(HttpParser&&) noexcept = default;
HttpParser::~HttpParser() = default;

void HttpParser::feed(std::string& buffer) {
  state_->with([&](auto& machine) {
    const bool had_head = machine.is_header_done();
    std::size_t used = 0;
    while (!machine.is_done() && used < buffer.size() && machine.is_header_done() == had_head) {
      error_code ec;
      const std::size_t n = machine.put({buffer.data() + used, buffer.size() - used}, ec);
      used += n;
      if (ec == http::error::need_more) {
        // A line that never ends: what is kept of it is bounded, whatever part of the message it belongs to.
        if (buffer.size() - used > state_->message.limits.max_header_bytes)
          translate(state_->message, http::error::header_limit);
        break;
      }
      if (ec) translate(state_->message, ec);
    }
    buffer.erase(0, used);
  });
}

void HttpParser::end_of_stream() {
  state_->with([&](auto& machine) {
    error_code ec = http::error::partial_message;
    if (machine.got_some() && !machine.is_done()) machine.put_eof(ec);
    if (ec && !machine.is_done()) translate(state_->message, ec);
  });
}

bool HttpParser::started() const {
  return state_->with([](auto& machine) { return machine.got_some(); });
}
bool HttpParser::head_done() const {
  return state_->with([](auto& machine) { return machine.is_header_done(); });
}
bool HttpParser::done() const {
  return state_->with([](auto& machine) { return machine.is_done(); });
}
bool HttpParser::keep_alive() const {
  return state_->with([](auto& machine) { return machine.keep_alive(); });
}
const HttpHead& HttpParser::head() const {
  return state_->message.head;
}
std::string& HttpParser::body() {
  return state_->message.body;
}
void HttpParser::set_body_sink(std::function<void(std::string_view)> sink) {
  state_->message.sink = std::move(sink);
}

}  // namespace c2c
