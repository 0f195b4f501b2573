#include "c2c/io/net/http_error.h"

namespace c2c {

bool is_retryable_status(int status) noexcept {
  return status == 408 || status == 429 || (status >= 500 && status != 501 && status != 505);
}

bool HttpError::is_retryable() const noexcept {
  switch (failure_) {
    case HttpFailure::kRefused:
    case HttpFailure::kTimeout:
    case HttpFailure::kClosed:
      return true;
    case HttpFailure::kStatus:
      return is_retryable_status(status_);
    default:
      return false;
  }
}

}  // namespace c2c
