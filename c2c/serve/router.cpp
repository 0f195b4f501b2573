#include "c2c/serve/router.h"

#include <algorithm>

#include "c2c/base/error.h"

namespace c2c {
namespace {

std::string header_of(const HttpRequest& request, std::string_view name) {
  const std::string* value = find_header(request.headers, name);
  return value == nullptr ? std::string() : *value;
}

// "application/json; charset=utf-8"
bool is_json_type(const std::string& type) {
  std::string_view name = std::string_view(type).substr(0, type.find(';'));
  while (name.ends_with(' ')) name.remove_suffix(1);
  return equals_ignoring_case(name, "application/json");
}

bool method_fits(const Route& route, const std::string& method) {
  return method == route.method || (method == "HEAD" && std::string_view(route.method) == "GET");
}

std::vector<std::string> checked(std::vector<std::string> origins) {
  for (const std::string& origin : origins)
    if (origin != "*" && origin.find("://") == std::string::npos)
      fail_usage({.where = "--cors-origin", .found = origin, .expected = "https://example.org, or *"});
  return origins;
}

}  // namespace

Router::Router(std::vector<Route> routes, api::ApiKeys keys, std::vector<std::string> cors_origins)
    : routes_(std::move(routes)), keys_(std::move(keys)), cors_origins_(checked(std::move(cors_origins))) {}

const Route* Router::choose(Call& call) const {
  const HttpRequest& request = call.request();
  const Route* route = nullptr;
  std::string methods;
  for (const Route& one : routes_) {
    if (request.path != one.path) continue;
    if (method_fits(one, request.method)) route = &one;
    methods += (methods.empty() ? "" : ", ") + std::string(one.method);
  }
  call.record().route = methods.empty() ? "unknown" : request.path;
  add_cors_headers(call);
  if (methods.empty()) {
    call.fail(api::not_found("There is no " + request.path.substr(0, 100) + " here; /openapi.json lists what is"));
    return nullptr;
  }
  if (request.method == "OPTIONS" && answer_preflight(call, methods)) return nullptr;
  if (route == nullptr) {
    call.more_headers.push_back({"Allow", methods});
    call.fail(api::method_not_allowed(request.method, methods));
    return nullptr;
  }
  if (route->needs_key && !keys_.is_open()) {
    const auto key = keys_.find(header_of(request, "Authorization"));
    if (!key) {
      call.fail(api::unauthorized());
      return nullptr;
    }
    call.tenant = "key " + std::to_string(*key);
  }
  if (std::string_view(route->method) == "POST" && !is_json_type(header_of(request, "Content-Type"))) {
    call.fail(api::unsupported_media_type(header_of(request, "Content-Type")));
    return nullptr;
  }
  return route;
}

void Router::add_cors_headers(Call& call) const {
  if (cors_origins_.empty()) return;
  call.more_headers.push_back({"Vary", "Origin"});
  const std::string origin = header_of(call.request(), "Origin");
  if (origin.empty()) return;
  const auto named = [&](const std::string& one) { return one == "*" || one == origin; };
  if (std::none_of(cors_origins_.begin(), cors_origins_.end(), named)) return;
  call.more_headers.push_back({"Access-Control-Allow-Origin", origin});
}

// Credentials are never allowed: keys travel in a header that pages set themselves.
bool Router::answer_preflight(Call& call, const std::string& methods) const {
  if (find_header(call.more_headers, "Access-Control-Allow-Origin") == nullptr) return false;
  call.more_headers.push_back({"Access-Control-Allow-Methods", methods});
  call.more_headers.push_back({"Access-Control-Allow-Headers", "Authorization, Content-Type"});
  call.more_headers.push_back({"Access-Control-Max-Age", "600"});
  call.reply_empty(204);
  return true;
}

}  // namespace c2c
