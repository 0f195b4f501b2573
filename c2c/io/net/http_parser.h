// One HTTP/1 message out of bytes as they arrive. Knows no sockets, so that it is fuzzed as the server uses it.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "c2c/base/error.h"
#include "c2c/io/net/http_message.h"

namespace c2c {

// Bytes that are no HTTP, or more of them than allowed. status() is what a server answers: 400, 413, 431, 501 or 505.
class HttpSyntaxError : public Error {
 public:
  HttpSyntaxError(int status, ErrorInfo info) : Error(ErrorKind::kInput, std::move(info)), status_(status) {}
  int status() const noexcept { return status_; }

 private:
  int status_;
};

struct HttpHead {
  std::string method, target;  // of a request
  int status = 0;              // of a reply
  int version = 11;            // 10 or 11
  HttpHeaders headers;
};

class HttpParser {
 public:
  enum class Kind { kRequest, kReply, kReplyToHead };
  HttpParser(Kind kind, const HttpLimits& limits);
  HttpParser(HttpParser&&) noexcept;
  HttpParser& operator=(HttpParser&&) noexcept;
  ~HttpParser();

  // Takes from the front of `buffer` what it understands; the rest needs more bytes behind it, or belongs to the next
  // message. Stops once behind the head, then goes on when called again. Throws HttpSyntaxError; then the parser is
  // spent.
  void feed(std::string& buffer);
  // The other side sends no more. Throws HttpSyntaxError where the message is cut off.
  void end_of_stream();

  bool started() const;  // a byte of it has come
  bool head_done() const;
  bool done() const;
  bool keep_alive() const;  // after head_done: whether the connection can carry another message
  const HttpHead& head() const;
  std::string& body();  // so far
  // Pieces of the body go there instead of body(); they still count against the limit.
  void set_body_sink(std::function<void(std::string_view)> sink);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace c2c
