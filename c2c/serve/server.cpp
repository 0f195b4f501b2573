#include "c2c/serve/server.h"

#include <atomic>
#include <cstdlib>
#include <ctime>

#include "c2c/base/error.h"
#include "c2c/infer/pipelines/torch_errors.h"
#include "c2c/serve/api/api_keys.h"
#include "c2c/serve/api/documents.h"
#include "c2c/serve/live_calls.h"
#include "c2c/serve/router.h"
#include "c2c/serve/routes.h"
#include "c2c/serve/worker_pool.h"

namespace c2c {
namespace {

std::vector<std::string> read_keys(const ServeConfig& config) {
  std::vector<std::string> keys;
  if (!config.api_key_file.empty()) keys = api::read_key_file(config.api_key_file);
  if (config.api_key_env.empty()) return keys;
  const char* value = std::getenv(config.api_key_env.c_str());
  if (value == nullptr || *value == '\0')
    fail_usage({.where = "--api-key-env",
                .key = config.api_key_env,
                .found = value == nullptr ? "not set" : "empty",
                .expected = "an API key"});
  keys.emplace_back(value);
  return keys;
}

HttpResponse http_error(int status, const std::string& what) {
  return {.status = status,
          .headers = {{"Content-Type", "application/json"}},
          .body = api::error_body(api::bad_http(status, what))};
}

HttpServerOptions http_options(const ServeConfig& config) {
  HttpServerOptions options;
  options.address = config.host;
  options.port = static_cast<std::uint16_t>(config.port);
  options.max_connections = static_cast<int>(config.max_connections);
  options.limits.max_body_bytes = static_cast<std::size_t>(config.max_body) << 20;
  options.error_reply = http_error;
  return options;
}

}  // namespace

struct Server::State {
  State(ServeConfig serve_config, ServerParts parts)
      : config(std::move(serve_config)),
        log(config.access_log),
        engine(std::make_shared<Engine>(config.engine)),
        models(std::move(parts.runs), config.aliases, engine, parts.progress),
        context{config, models, *engine, metrics, std::move(parts.version), std::time(nullptr)},
        router(routes(), api::ApiKeys(read_keys(config)), config.cors_origins),
        workers(static_cast<std::size_t>(config.engine.max_running + config.engine.max_queued)),
        http([this](HttpRequest request, HttpResponder responder) { handle(std::move(request), std::move(responder)); },
             http_options(config)) {}

  std::vector<Route> routes();
  void add_open_routes(std::vector<Route>& all);
  void handle(HttpRequest request, HttpResponder responder);
  void show_health(Call& call) const;

  const ServeConfig config;
  api::AccessLog log;
  const std::shared_ptr<Engine> engine;
  Models models;
  ServeMetrics metrics;
  const ServeContext context;
  const Router router;
  std::atomic<bool> is_ready = false, is_stopping = false;
  LiveCalls live;
  WorkerPool workers;
  HttpServer http;  // goes first: its threads use the rest
};

std::vector<Route> Server::State::routes() {
  std::vector<Route> all;
  const auto add = [&](const char* method, const char* path, void (*answer)(Call&, const ServeContext&), bool works) {
    all.push_back({.method = method,
                   .path = path,
                   .answer = [this, answer](Call& call) { answer(call, context); },
                   .works = works});
  };
  add("POST", "/v1/chat/completions", chat_completions, true);
  add("POST", "/v1/completions", completions, true);
  add("POST", "/tokenize", tokenize, true);
  add("POST", "/detokenize", detokenize, true);
  add("POST", "/apply-template", apply_template, true);
  add("POST", "/c2c/inspect", inspect, true);
  add("GET", "/v1/models", list_models, false);
  add("GET", "/props", show_properties, false);
  add_open_routes(all);
  return all;
}

void Server::State::add_open_routes(std::vector<Route>& all) {
  const auto add = [&](const char* path, bool needs_key, std::function<void(Call&)> answer) {
    all.push_back(
        {.method = "GET", .path = path, .answer = std::move(answer), .needs_key = needs_key, .needs_models = false});
  };
  for (const char* path : {"/health", "/ready"}) add(path, false, [this](Call& call) { show_health(call); });
  add("/version", false, [this](Call& call) { call.reply({{"version", context.version}}); });
  add("/openapi.json", false,
      [](Call& call) { call.reply(200, "application/json", std::string(api::openapi_json())); });
  if (config.metrics)
    add("/metrics", true, [this](Call& call) {
      call.reply(200, api::kExpositionType, metrics.text(engine->stats(), http.connections()));
    });
  if (!api::playground_page().empty())
    add("/", false, [](Call& call) {
      call.more_headers.push_back({"Content-Security-Policy", api::kPagePolicy});
      call.more_headers.push_back({"X-Content-Type-Options", "nosniff"});
      call.more_headers.push_back({"Referrer-Policy", "no-referrer"});
      call.reply(200, "text/html; charset=utf-8", std::string(api::playground_page()));
    });
}

void Server::State::show_health(Call& call) const {
  if (is_stopping) return call.fail(api::shutting_down());
  if (!is_ready) return call.fail(api::still_loading());
  call.reply({{"status", "ok"}});
}

void Server::State::handle(HttpRequest request, HttpResponder responder) {
  const auto call =
      std::make_shared<Call>(std::move(request), std::move(responder), [this](const api::AccessRecord& record) {
        metrics.count_request(record);
        log.write(record);
      });
  const Route* route = router.choose(*call);
  if (route == nullptr) return;
  if (route->needs_models && is_stopping) return call->fail(api::shutting_down());
  if (route->needs_models && !is_ready) return call->fail(api::still_loading());
  if (!route->works) return answer_guarded(*call, [&] { route->answer(*call); });
  const auto stay = std::make_shared<LiveCalls::Stay>(live, call->interruption());
  const bool has_worker = workers.start([call, route, stay] {
    answer_guarded(*call, [&] { with_torch_errors("request", [&] { route->answer(*call); }); });
  });
  if (!has_worker) call->fail(api::too_busy("Too many requests are being answered"));
}

Server::Server(ServeConfig config, ServerParts parts)
    : state_(std::make_unique<State>(std::move(config), std::move(parts))) {}

Server::~Server() {
  state_->is_stopping = true;
  state_->live.interrupt_all(Interrupt::kShutdown);
  state_->workers.stop();
  state_->http.stop(std::chrono::milliseconds(0));
}

void Server::start() {
  state_->http.start();
}

void Server::load() {
  with_torch_errors("load the models", [&] { state_->models.load(); });
  state_->is_ready = true;
}

void Server::stop() {
  State& state = *state_;
  state.is_stopping = true;
  if (!state.live.wait(std::chrono::seconds(state.config.grace))) state.live.interrupt_all(Interrupt::kShutdown);
  state.workers.stop();
  state.engine->stop(StopMode::kCancel);
  // What was answered still has to reach its clients.
  state.http.stop(std::chrono::seconds(2));
}

std::uint16_t Server::port() const {
  return state_->http.port();
}

std::string Server::url() const {
  return state_->http.url();
}

Engine& Server::engine() {
  return *state_->engine;
}

}  // namespace c2c
