// How the server is reached and what it allows.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "c2c/infer/engine/engine_options.h"
#include "c2c/io/config/field.h"

namespace c2c {

struct ServeConfig {
  std::string host = "127.0.0.1";
  std::int64_t port = 8080;  // 0: a free one
  std::vector<std::string> aliases;
  std::string api_key_file, api_key_env;
  bool metrics = false;
  std::vector<std::string> cors_origins;
  std::int64_t timeout = 600;         // seconds a request may take; 0: as long as it takes
  std::int64_t grace = 30;            // seconds
  std::int64_t max_body = 16;         // MiB
  std::int64_t max_tokens_limit = 0;  // 0: what the context holds
  std::int64_t max_connections = 512;
  std::int64_t ping_seconds = 15;
  std::string access_log;
  EngineOptions engine;

  void visit_fields(const FieldVisitor& visit);
};

}  // namespace c2c
