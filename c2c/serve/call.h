// One HTTP request while it is answered: what it says, how to answer, what will be said about it in log and metrics.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "c2c/io/net/http_server.h"
#include "c2c/serve/api/access_log.h"
#include "c2c/serve/api/api_error.h"
#include "c2c/serve/interruption.h"

namespace c2c {

class Call {
 public:
  using Clock = std::chrono::steady_clock;
  using OnEnd = std::function<void(const api::AccessRecord& record)>;

  Call(HttpRequest request, HttpResponder responder, OnEnd on_end);
  ~Call();  // a call that nobody answered is answered with 500
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  const HttpRequest& request() const { return request_; }
  const std::shared_ptr<Interruption>& interruption() const { return interruption_; }
  api::AccessRecord& record() { return record_; }
  double elapsed() const;

  std::string tenant;                     // of whom caches are kept apart
  HttpHeaders more_headers;               // of every reply to this call (CORS)
  const char* prompt_field = "messages";  // what the route makes a prompt of: named where it is too long

  // Whole replies.
  void reply(const api::Json& json, int status = 200);
  void reply(int status, const char* content_type, std::string body);
  void reply_empty(int status);
  void fail(const api::ApiFault& fault);

  // A stream of server-sent events; behind begin_stream() fail() is an event, too, and ends it.
  void begin_stream();
  bool is_streaming() const { return is_streaming_; }
  bool send_event(const api::Json& json);  // false: the client has left
  bool send_ping();
  void end_stream();  // data: [DONE]

  void leave();  // the client is gone: nothing more is said, and the log has status 499

 private:
  void finish(int status);
  HttpHeaders common_headers() const;

  HttpRequest request_;
  HttpResponder responder_;
  OnEnd on_end_;
  const Clock::time_point start_ = Clock::now();
  const std::shared_ptr<Interruption> interruption_ = std::make_shared<Interruption>();
  api::AccessRecord record_;
  bool is_streaming_ = false, is_finished_ = false;
};

// Runs `work`; what it throws becomes the call's error reply. An answer that was interrupted gets the reason's.
void answer_guarded(Call& call, const std::function<void()>& work);

// A random id, "chatcmpl-3f0c..."
std::string new_id(const char* prefix);

}  // namespace c2c
