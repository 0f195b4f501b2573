#include "c2c/serve/api/api_error.h"

#include <nlohmann/json.hpp>

#include "c2c/base/utf8.h"

namespace c2c::api {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostShown = 100;  // bytes of what a client sent, in a message

std::string shortened(const std::string& text) {
  if (text.size() <= kMostShown) return text;
  std::string_view head = std::string_view(text).substr(0, kMostShown);
  head.remove_suffix(incomplete_suffix(head));
  return std::string(head) + "...";
}

// Names of the library's fields as the API calls them.
std::string param_of(const ErrorInfo& info) {
  if (info.where == "sampling") return info.key;
  if (info.where == "mask") return "c2c.mask";
  if (info.where == "fusion") return "c2c.fusion";
  if (info.where == "mode control") return "c2c.control";
  if (info.where == "mode" || info.where == "mode t2t") return "c2c.mode";
  if (info.where == "context_tokens") return "c2c.context_tokens";
  if (info.where == "max_new_tokens") return "max_tokens";
  if (info.where == "messages" || info.where.starts_with("message ")) return "messages";
  return {};
}

bool is_context_overflow(const ErrorInfo& info) {
  return info.where.starts_with("prompt") && info.expected.find("positions") != std::string::npos;
}

}  // namespace

std::string error_body(const ApiFault& fault) {
  const auto or_null = [](const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); };
  const Json body = {{"error",
                      {{"message", fault.message},
                       {"type", fault.type},
                       {"param", or_null(fault.param)},
                       {"code", or_null(fault.code)}}}};
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void fail_field(const std::string& param, const std::string& found, const std::string& expected,
                const std::string& code) {
  std::string message = param.empty() ? "request" : param;
  message += ": found " + shortened(found) + ", expected " + expected;
  throw ApiError({.status = 400, .message = message, .param = param, .code = code});
}

ApiFault unauthorized() {
  return {.status = 401,
          .message = "A valid API key is needed: Authorization: Bearer KEY",
          .type = "authentication_error",
          .code = "invalid_api_key"};
}

ApiFault not_found(const std::string& what) {
  return {.status = 404, .message = what, .type = "not_found_error", .code = "not_found"};
}

ApiFault method_not_allowed(const std::string& method, const std::string& allowed) {
  return {.status = 405,
          .message = "Method " + shortened(method) + " is not allowed here, only " + allowed,
          .code = "method_not_allowed"};
}

ApiFault unsupported_media_type(const std::string& found) {
  return {.status = 415,
          .message =
              "Content-Type: found " + (found.empty() ? "nothing" : shortened(found)) + ", expected application/json",
          .code = "unsupported_media_type"};
}

ApiFault too_busy(const std::string& what) {
  return {.status = 429,
          .message = what + "; try again a little later",
          .type = "rate_limit_error",
          .code = "queue_full",
          .retry_after = 1};
}

ApiFault still_loading() {
  return {.status = 503,
          .message = "The models are still being loaded",
          .type = "unavailable_error",
          .code = "loading",
          .retry_after = 2};
}

ApiFault shutting_down() {
  return {.status = 503,
          .message = "The server is shutting down",
          .type = "unavailable_error",
          .code = "shutting_down",
          .retry_after = 5};
}

ApiFault timed_out(double seconds) {
  return {.status = 503,
          .message = "The request took longer than " + std::to_string(static_cast<long>(seconds)) + " s",
          .type = "timeout_error",
          .code = "timeout"};
}

ApiFault bad_http(int status, const std::string& message) {
  return {.status = status, .message = message, .code = status == 413 ? "body_too_large" : "bad_http"};
}

ApiFault fault_of(const Error& error) {
  if (error.kind() == ErrorKind::kInternal)
    return {.status = 500, .message = "An error of the server's own", .type = "server_error", .code = "internal"};
  const ErrorInfo& info = error.info();
  if (info.found == "no memory left")
    return {.status = 503,
            .message = "No memory left for this request",
            .type = "unavailable_error",
            .code = "out_of_memory",
            .retry_after = 5};
  return {.status = 400,
          .message = sanitize_utf8(error.what()),
          .param = param_of(info),
          .code = is_context_overflow(info) ? "context_length_exceeded" : ""};
}

}  // namespace c2c::api
