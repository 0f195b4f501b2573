// What a client is told when a request fails: an HTTP status and OpenAI's error object.
#pragma once
#include <optional>
#include <stdexcept>
#include <string>

#include "c2c/base/error.h"

namespace c2c::api {

struct ApiFault {
  int status = 400;
  std::string message;
  std::string type = "invalid_request_error";
  std::string param;                    // the field at fault: "messages[0].content"; empty: null
  std::string code;                     // for programs: "model_not_found"; empty: null
  std::optional<int> retry_after = {};  // seconds: the Retry-After header of a 429 or 503
};

class ApiError : public std::runtime_error {
 public:
  explicit ApiError(ApiFault fault) : std::runtime_error(fault.message), fault_(std::move(fault)) {}
  const ApiFault& fault() const noexcept { return fault_; }

 private:
  ApiFault fault_;
};

// {"error": {"message", "type", "param", "code"}}
std::string error_body(const ApiFault& fault);

// 400: a field is not what it must be. `found` is shortened where it is long.
[[noreturn]] void fail_field(const std::string& param, const std::string& found, const std::string& expected,
                             const std::string& code = {});

// The faults that do not come from a field.
ApiFault unauthorized();
ApiFault not_found(const std::string& what);
ApiFault method_not_allowed(const std::string& method, const std::string& allowed);
ApiFault unsupported_media_type(const std::string& found);
ApiFault too_busy(const std::string& what);
ApiFault still_loading();
ApiFault shutting_down();
ApiFault timed_out(double seconds);
// Of a status that the HTTP parser chose: 400, 408, 413, 431, ...
ApiFault bad_http(int status, const std::string& message);
// Whatever the library threw while it worked on a request. What is ours (500) says nothing of our insides.
ApiFault fault_of(const Error& error);

}  // namespace c2c::api
