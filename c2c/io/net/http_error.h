// What can go wrong between a client and a service. The message names the address, never the key.
#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "c2c/base/error.h"

namespace c2c {

enum class HttpFailure {
  kResolve,   // no such host
  kRefused,   // nobody listens there, or no way to it
  kTimeout,   // connecting, silence in between, or the whole took too long
  kTls,       // no trust: certificate, host name, protocol
  kClosed,    // the connection broke before the reply was whole
  kBadReply,  // bytes that are no HTTP, or not what the API promises
  kTooLarge,  // a reply beyond the limit
  kStatus,    // a reply, but not 2xx: status() says which
};

class HttpError : public Error {
 public:
  HttpError(HttpFailure failure, ErrorInfo info) : Error(ErrorKind::kInput, std::move(info)), failure_(failure) {}
  HttpError(int status, std::optional<std::chrono::seconds> retry_after, ErrorInfo info)
      : HttpError(HttpFailure::kStatus, std::move(info)) {
    status_ = status;
    retry_after_ = retry_after;
  }

  HttpFailure failure() const noexcept { return failure_; }
  int status() const noexcept { return status_; }  // 0 unless kStatus
  std::optional<std::chrono::seconds> retry_after() const noexcept { return retry_after_; }
  // Whether the same request may succeed a little later: nobody there yet, time-outs, broken connections, 408, 429,
  // 5xx.
  bool is_retryable() const noexcept;

 private:
  HttpFailure failure_;
  int status_ = 0;
  std::optional<std::chrono::seconds> retry_after_;
};

bool is_retryable_status(int status) noexcept;

}  // namespace c2c
