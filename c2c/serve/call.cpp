#include "c2c/serve/call.h"

#include <random>

#include "c2c/base/log.h"
#include "c2c/infer/engine/request.h"
#include "c2c/io/net/sse.h"
#include "c2c/serve/api/replies.h"

namespace c2c {
namespace {

constexpr const char* kJson = "application/json";

}  // namespace

Call::Call(HttpRequest request, HttpResponder responder, OnEnd on_end)
    : request_(std::move(request)), responder_(std::move(responder)), on_end_(std::move(on_end)) {
  record_.id = new_id("req-");
  responder_.on_client_gone([interruption = interruption_] { interruption->interrupt(Interrupt::kClientGone); });
}

Call::~Call() {
  if (!is_finished_) fail({.status = 500, .message = "No answer", .type = "server_error", .code = "internal"});
}

HttpHeaders Call::common_headers() const {
  HttpHeaders headers = more_headers;
  headers.push_back({"X-Request-Id", record_.id});
  return headers;
}

double Call::elapsed() const {
  return std::chrono::duration<double>(Clock::now() - start_).count();
}

void Call::finish(int status) {
  if (is_finished_) return;
  is_finished_ = true;
  record_.status = status;
  record_.total = elapsed();
  if (on_end_) on_end_(record_);
}

void Call::reply(const api::Json& json, int status) {
  reply(status, kJson, api::to_text(json));
}

void Call::reply(int status, const char* content_type, std::string body) {
  HttpHeaders headers = common_headers();
  headers.push_back({"Content-Type", content_type});
  finish(status);
  responder_.send({.status = status, .headers = std::move(headers), .body = std::move(body)});
}

void Call::reply_empty(int status) {
  finish(status);
  responder_.send({.status = status, .headers = common_headers(), .body = {}});
}

void Call::fail(const api::ApiFault& fault) {
  if (is_finished_) return;
  record_.error = fault.code.empty() ? fault.type : fault.code;
  if (record_.finish.empty()) record_.finish = "error";
  if (is_streaming_) {
    responder_.write(format_sse(api::error_body(fault)));
    finish(200);
    responder_.end();
    return;
  }
  HttpHeaders headers = common_headers();
  headers.push_back({"Content-Type", kJson});
  if (fault.retry_after) headers.push_back({"Retry-After", std::to_string(*fault.retry_after)});
  if (fault.status == 401) headers.push_back({"WWW-Authenticate", "Bearer"});
  finish(fault.status);
  responder_.send({.status = fault.status, .headers = std::move(headers), .body = api::error_body(fault)});
}

void Call::begin_stream() {
  if (is_streaming_) return;
  is_streaming_ = record_.stream = true;
  HttpHeaders headers = common_headers();
  headers.push_back({"Content-Type", "text/event-stream; charset=utf-8"});
  headers.push_back({"Cache-Control", "no-cache"});
  headers.push_back({"X-Accel-Buffering", "no"});  // a proxy that gathers events would undo the streaming
  responder_.start(200, std::move(headers));
}

bool Call::send_event(const api::Json& json) {
  return responder_.write(format_sse(api::to_text(json)));
}

bool Call::send_ping() {
  return responder_.write(format_sse_comment("ping"));
}

void Call::end_stream() {
  responder_.write(format_sse("[DONE]"));
  finish(200);
  responder_.end();
}

void Call::leave() {
  if (is_finished_) return;
  record_.finish = "cancelled";
  finish(499);
  if (is_streaming_) responder_.end();
}

void answer_guarded(Call& call, const std::function<void()>& work) {
  try {
    work();
  } catch (const api::ApiError& error) {
    call.fail(error.fault());
  } catch (const QueueFull&) {
    call.fail(api::too_busy("Too many requests wait"));
  } catch (const Error& error) {
    api::ApiFault fault = api::fault_of(error);
    if (fault.code == "context_length_exceeded" && fault.param.empty()) fault.param = call.prompt_field;
    if (fault.status == 500) log_warning(call.record().route + ": " + error.what());
    call.fail(fault);
  } catch (const std::exception& error) {
    log_warning(call.record().route + ": " + error.what());
    call.fail({.status = 500, .message = "An error of the server's own", .type = "server_error", .code = "internal"});
  }
}

std::string new_id(const char* prefix) {
  static thread_local std::random_device device;
  constexpr char kDigits[] = "0123456789abcdef";
  std::string id = prefix;
  for (int i = 0; i < 3; ++i) {
    unsigned int word = device();
    for (int d = 0; d < 8; ++d, word >>= 4) id += kDigits[word & 15];
  }
  return id;
}

}  // namespace c2c
