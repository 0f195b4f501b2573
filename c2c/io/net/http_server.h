// An HTTP/1.1 server for APIs: a handler is given whole requests and answers at once or piece by piece, from any
// thread. It knows no routes and no TLS (a proxy's business), and listens on this machine alone unless told otherwise.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "c2c/io/net/http_message.h"

namespace c2c {

struct HttpRequest {
  std::string method;
  std::string path, query;  // as sent, percent-encoded; the query without its '?'
  HttpHeaders headers;
  std::string body;
  std::string remote_address;
};

struct HttpResponse {
  int status = 200;
  HttpHeaders headers;  // without Content-Length, Transfer-Encoding and Connection: those are the server's
  std::string body;
};

class Exchange;

// The reply to one request. Copies speak for the same reply; any thread may call, and after the server's end too. When
// the last copy goes without an answer, the client gets status 500, or sees a stream that was begun break off.
class HttpResponder {
 public:
  explicit HttpResponder(std::shared_ptr<Exchange> exchange);

  // Once, either `send`, or `start`, any number of `write` and `end`. Throws kInternal for headers that cannot be sent
  // and for a second reply; what comes after the client has left is dropped.
  void send(HttpResponse response) const;
  void start(int status, HttpHeaders headers) const;
  // False: the client has left, or reads so slowly that it was dropped (max_unsent_bytes, write_timeout). Never blocks.
  bool write(std::string_view piece) const;
  void end() const;

  // Called at most once, from one of the server's threads, as soon as the client has left before `send` or `end`,
  // whether or not anything is being written; at once where that has happened. It must be short, and should hold no
  // copy of the responder, which would then never be the last to go. A client that closes its sending half counts as
  // gone. Not noticed while more than max_header_bytes of further requests wait unread.
  void on_client_gone(std::function<void()> callback) const;
  bool client_gone() const;

 private:
  struct Handle;
  std::shared_ptr<Handle> handle_;
};

// Runs on one of the server's threads and must not block there: what takes time goes elsewhere with the responder. What
// it throws becomes status 500.
using HttpHandler = std::function<void(HttpRequest request, HttpResponder responder)>;
// The body of an answer to what never became a request: (400, "why") and the like.
using HttpErrorReply = std::function<HttpResponse(int status, const std::string& what)>;

struct HttpServerOptions {
  std::string address = "127.0.0.1";  // numeric
  std::uint16_t port = 0;             // 0: a free one
  int threads = 2;
  int max_connections = 256;  // more are told 503 and closed
  HttpLimits limits{.max_body_bytes = std::size_t{16} << 20};
  std::chrono::milliseconds request_timeout{30'000};    // from a request's first byte to its last
  std::chrono::milliseconds idle_timeout{60'000};       // between requests, and until the first
  std::chrono::milliseconds write_timeout{30'000};      // until the client has taken 64 KiB
  std::size_t max_unsent_bytes = std::size_t{1} << 20;  // of a stream, waiting for its client
  HttpErrorReply error_reply;                           // empty: plain text
};

class HttpServer {
 public:
  HttpServer(HttpHandler handler, HttpServerOptions options);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();  // stop(0)

  // On return it accepts connections. Once. Throws kUsage for an address that cannot be listened on.
  void start();
  // No new requests; those that are being answered get up to `grace`, then their connections are closed and their
  // clients count as gone. On return no thread is in a handler or a callback. Not from one of them.
  void stop(std::chrono::milliseconds grace);

  std::uint16_t port() const;  // after start
  std::string url() const;     // http://address:port
  int connections() const;     // at this moment

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace c2c
