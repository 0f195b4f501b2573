#include "c2c/io/net/exchange.h"

#include <array>
#include <charconv>
#include <ctime>

#include "c2c/base/error.h"

namespace c2c {
namespace {

std::string date_line() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 64> text{};
  const std::size_t n = std::strftime(text.data(), text.size(), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc);
  return {text.data(), n};
}

std::string hex(std::size_t value) {
  std::array<char, 16> digits{};
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr};
}

bool has_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

void check_headers(int status, const HttpHeaders& headers) {
  C2C_CHECK(status >= 200 && status <= 599, "HttpResponder: a status that ends no exchange");
  for (const HttpHeader& header : headers) {
    C2C_CHECK(is_valid_header(header), "HttpResponder: a header that cannot be sent");
    for (const char* own : {"Content-Length", "Transfer-Encoding", "Connection"})
      C2C_CHECK(!equals_ignoring_case(header.name, own), "HttpResponder: a header that is the server's");
  }
}

}  // namespace

void Exchange::wake() const {
  if (wake_) wake_();
}

void Exchange::put_head(int status, const HttpHeaders& headers, const std::string& framing) {
  keep_alive_ = terms_.keep_alive && !*terms_.stopping && (chunked_ || stage_ == Stage::kDone || !body_allowed_);
  std::string head = "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason_phrase(status)) + "\r\n";
  head += date_line();
  for (const HttpHeader& header : headers) head += header.name + ": " + header.value + "\r\n";
  head += framing;
  if (!keep_alive_)
    head += "Connection: close\r\n";
  else if (terms_.http_1_0)
    head += "Connection: keep-alive\r\n";
  unsent_ += head + "\r\n";
}

void Exchange::put_whole(const HttpResponse& response) {
  stage_ = Stage::kDone;
  body_allowed_ = has_body(response.status);
  const std::string length = "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  put_head(response.status, response.headers, body_allowed_ ? length : "");
  if (body_allowed_ && !terms_.head_only) unsent_ += response.body;
  wake();
}

void Exchange::send(HttpResponse response) {
  check_headers(response.status, response.headers);
  std::function<void()> unneeded;  // goes after the lock: it may hold a responder, whose end comes back here
  const std::lock_guard lock(mutex_);
  C2C_CHECK(stage_ == Stage::kWaiting, "HttpResponder: a second reply");
  std::swap(unneeded, on_gone_);
  if (gone_)
    stage_ = Stage::kDone;
  else
    put_whole(response);
}

void Exchange::start(int status, HttpHeaders headers) {
  check_headers(status, headers);
  const std::lock_guard lock(mutex_);
  C2C_CHECK(stage_ == Stage::kWaiting, "HttpResponder: a second reply");
  stage_ = Stage::kStreaming;
  if (gone_) return;
  body_allowed_ = has_body(status) && !terms_.head_only;
  chunked_ = has_body(status) && !terms_.http_1_0;
  put_head(status, headers, chunked_ ? "Transfer-Encoding: chunked\r\n" : "");
  wake();
}

bool Exchange::write(std::string_view piece) {
  const std::lock_guard lock(mutex_);
  C2C_CHECK(stage_ == Stage::kStreaming, "HttpResponder: write without start, or after end");
  if (gone_ || broken_) return false;
  if (piece.empty() || !body_allowed_) return true;  // an empty chunk would end the body
  if (unsent_.size() + in_flight_ + piece.size() > terms_.max_unsent_bytes) {
    broken_ = true;
    wake();
    return false;
  }
  if (chunked_) unsent_ += hex(piece.size()) + "\r\n";
  unsent_ += piece;
  if (chunked_) unsent_ += "\r\n";
  wake();
  return true;
}

void Exchange::end() {
  std::function<void()> unneeded;
  const std::lock_guard lock(mutex_);
  C2C_CHECK(stage_ == Stage::kStreaming, "HttpResponder: end without start, or twice");
  stage_ = Stage::kDone;
  std::swap(unneeded, on_gone_);
  if (gone_ || broken_) return;
  if (chunked_ && body_allowed_) unsent_ += "0\r\n\r\n";
  wake();
}

void Exchange::fail(int status, const std::string& what) {
  HttpResponse response{.status = status};
  try {
    response = terms_.error_reply(status, what);
    check_headers(response.status, response.headers);
  } catch (const std::exception&) {
    response = {.status = status};  // called from destructors; the status says enough
  }
  const std::lock_guard lock(mutex_);
  if (gone_ || stage_ != Stage::kWaiting) return;
  put_whole(response);
}

void Exchange::abandon() {
  {
    const std::lock_guard lock(mutex_);
    if (stage_ == Stage::kStreaming && !gone_) {
      broken_ = true;
      wake();
    }
    if (stage_ != Stage::kWaiting || gone_) return;
  }
  fail(500, "the request was given up");
}

void Exchange::on_client_gone(std::function<void()> callback) {
  {
    const std::lock_guard lock(mutex_);
    if (stage_ == Stage::kDone) return;
    if (!gone_) {
      std::swap(on_gone_, callback);
      return;
    }
  }
  callback();
}

bool Exchange::client_gone() const {
  const std::lock_guard lock(mutex_);
  return gone_ || broken_;
}

void Exchange::set_wake(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

Exchange::Outgoing Exchange::take() {
  const std::lock_guard lock(mutex_);
  Outgoing out{.bytes = std::move(unsent_), .last = stage_ == Stage::kDone, .broken = broken_};
  unsent_.clear();
  in_flight_ = out.bytes.size();
  return out;
}

bool Exchange::keep_alive() const {
  const std::lock_guard lock(mutex_);
  return keep_alive_;
}

void Exchange::client_left() {
  std::function<void()> callback;
  {
    const std::lock_guard lock(mutex_);
    gone_ = true;
    wake_ = nullptr;
    unsent_.clear();
    std::swap(callback, on_gone_);
  }
  if (callback) callback();
}

}  // namespace c2c
