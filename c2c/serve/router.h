// Which route a request takes, and what is checked before it is taken: method, key, type of the body, whether models
// are there. Knows no sockets.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "c2c/serve/api/api_keys.h"
#include "c2c/serve/call.h"

namespace c2c {

struct Route {
  const char* method;  // GET (HEAD too) or POST
  const char* path;
  // Answers the call. Those that work wait for models and engine on a thread of their own.
  std::function<void(Call&)> answer;
  bool needs_key = true;
  bool needs_models = true;
  bool works = false;
};

class Router {
 public:
  Router(std::vector<Route> routes, api::ApiKeys keys, std::vector<std::string> cors_origins);

  // Nothing: the call has been answered (an error, or a browser's question before its request). Sets the call's route,
  // tenant and CORS headers.
  const Route* choose(Call& call) const;

 private:
  bool answer_preflight(Call& call, const std::string& methods) const;
  void add_cors_headers(Call& call) const;

  const std::vector<Route> routes_;
  const api::ApiKeys keys_;
  const std::vector<std::string> cors_origins_;
};

}  // namespace c2c
