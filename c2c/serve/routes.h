// What each route does. They run on a worker's thread, and throw what the client is to be told.
#pragma once
#include <cstdint>
#include <string>

#include "c2c/infer/engine/engine.h"
#include "c2c/serve/call.h"
#include "c2c/serve/models.h"
#include "c2c/serve/serve_config.h"
#include "c2c/serve/serve_metrics.h"

namespace c2c {

// What routes need of the server.
struct ServeContext {
  const ServeConfig& config;
  const Models& models;
  Engine& engine;
  ServeMetrics& metrics;
  std::string version;
  std::int64_t started = 0;  // seconds since 1970
};

void chat_completions(Call& call, const ServeContext& context);
void completions(Call& call, const ServeContext& context);
void tokenize(Call& call, const ServeContext& context);
void detokenize(Call& call, const ServeContext& context);
void apply_template(Call& call, const ServeContext& context);
void inspect(Call& call, const ServeContext& context);

void list_models(Call& call, const ServeContext& context);
void show_properties(Call& call, const ServeContext& context);

}  // namespace c2c
