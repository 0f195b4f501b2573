// One reply between the handler's threads and its connection: turns calls into bytes, bounds what waits, tells both
// sides of each other's end. Knows no sockets.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "c2c/io/net/http_server.h"

namespace c2c {

// What the request and the server say about how to answer.
struct ReplyTerms {
  bool head_only = false;  // HEAD: headers as for GET, no body
  bool http_1_0 = false;   // no chunks: the connection's end is the body's
  bool keep_alive = true;  // unless the server is stopping by then
  std::size_t max_unsent_bytes = 0;
  std::shared_ptr<const std::atomic<bool>> stopping;
  HttpErrorReply error_reply;  // never empty
};

class Exchange {
 public:
  explicit Exchange(ReplyTerms terms) : terms_(std::move(terms)) {}

  // The handler's side; see HttpResponder.
  void send(HttpResponse response);
  void start(int status, HttpHeaders headers);
  bool write(std::string_view piece);
  void end();
  void on_client_gone(std::function<void()> callback);
  bool client_gone() const;
  void abandon();                                  // nobody will answer any more
  void fail(int status, const std::string& what);  // an error reply, unless one has begun

  // The connection's side.
  struct Outgoing {
    std::string bytes;    // to be sent now
    bool last = false;    // nothing follows
    bool broken = false;  // close the connection: the stream was given up, or its client is too slow
  };
  void set_wake(std::function<void()> wake);  // called under a lock whenever take() has something new; must not block
  Outgoing take();                            // what it returned before has been sent
  bool keep_alive() const;                    // after the last byte
  void client_left();                         // calls on_client_gone's callback; never wakes again

 private:
  enum class Stage { kWaiting, kStreaming, kDone };
  void put_head(int status, const HttpHeaders& headers, const std::string& framing);
  void put_whole(const HttpResponse& response);
  void wake() const;

  const ReplyTerms terms_;
  mutable std::mutex mutex_;
  Stage stage_ = Stage::kWaiting;
  bool body_allowed_ = true, chunked_ = false, keep_alive_ = true, gone_ = false, broken_ = false;
  std::string unsent_;
  std::size_t in_flight_ = 0;
  std::function<void()> wake_, on_gone_;
};

}  // namespace c2c
