// A server on a free port of this machine, over the tiny golden pair, and what clients do with it.
#pragma once
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "c2c/infer/pipelines/session.h"
#include "c2c/io/net/http_client.h"
#include "c2c/io/net/sse.h"
#include "c2c/serve/server.h"
#include "tests/testing/golden.h"

namespace c2c::testing {

using Json = nlohmann::ordered_json;

// Receiver qwen3, sharer gemma3 (span) or two sharers.
inline RunConfig tiny_run(bool two_sharers = false) {
  RunConfig run;
  const fs::path models = golden_dir() / "models", fusers = golden_dir() / "fusers";
  run.receiver.model = (models / "tiny-qwen3").string();
  const std::string pair = two_sharers ? "qwen3+qwen2+llama" : "qwen3+gemma3";
  const std::vector<std::string> names =
      two_sharers ? std::vector<std::string>{"qwen2", "llama"} : std::vector<std::string>{"gemma3"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    SharerConfig sharer;
    sharer.model = (models / ("tiny-" + names[i])).string();
    sharer.fuser = (fusers / pair / ("sharer" + std::to_string(i + 1))).string();
    run.sharers.push_back(sharer);
  }
  run.align = "span";
  run.dtype = "f32";
  run.max_new_tokens = 12;
  run.t2t.context_tokens = 8;
  run.control_prompt = "What is a boat?";
  return run;
}

inline const char* const kPair = "tiny-qwen3+tiny-gemma3";

class LiveServer {
 public:
  explicit LiveServer(const std::function<void(ServeConfig&)>& change = {}, std::vector<RunConfig> runs = {tiny_run()},
                      bool load = true) {
    ServeConfig config;
    config.port = 0;
    config.metrics = true;
    config.grace = 10;
    if (change) change(config);
    server = std::make_unique<Server>(config, ServerParts{.runs = std::move(runs), .version = "test", .progress = {}});
    server->start();
    if (load) server->load();
  }

  HttpClient client(const std::string& key = {}, HttpHeaders headers = {}) const {
    HttpClientOptions options;
    options.bearer_key = key;
    options.headers = std::move(headers);
    return HttpClient(server->url(), options);
  }
  HttpReply post(const std::string& path, const Json& body, const std::string& key = {}) const {
    return client(key).post(path, body.dump());
  }
  // The reply of a request that must succeed.
  Json ask(const std::string& path, const Json& body, const std::string& key = {}) const {
    const HttpReply reply = post(path, body, key);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return Json::parse(reply.body);
  }
  // Events of a stream, "[DONE]" as a string. `go_on` false: the client hangs up.
  std::vector<Json> stream(const std::string& path, Json body,
                           const std::function<bool(const Json&)>& go_on = {}) const {
    body["stream"] = true;
    std::vector<Json> events;
    SseParser parser;
    bool goes_on = true;
    const HttpReply reply = client().post_streamed(path, body.dump(), [&](std::string_view piece) {
      parser.feed(piece, [&](const SseEvent& event) {
        events.push_back(event.data == "[DONE]" ? Json(event.data) : Json::parse(event.data));
        if (goes_on && go_on) goes_on = go_on(events.back());
      });
      return goes_on;
    });
    EXPECT_EQ(reply.status, 200) << reply.body;
    return events;
  }

  std::unique_ptr<Server> server;
};

inline Json chat(const std::string& question, const std::string& mode = "c2c") {
  return {{"model", kPair}, {"messages", {{{"role", "user"}, {"content", question}}}}, {"c2c", {{"mode", mode}}}};
}
inline std::string content(const Json& reply) {
  return reply["choices"][0]["message"]["content"].get<std::string>();
}
inline Json error_of(const HttpReply& reply) {
  return Json::parse(reply.body)["error"];
}

// Nobody waits for ever: what does not become true in a minute is a failure.
inline bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 6000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

// Keeps the engine's thread busy until it is let go.
class Busy {
 public:
  explicit Busy(Engine& engine) {
    handle_ = engine.submit_work([this] {
      std::unique_lock lock(mutex_);
      reached_ = true;
      changed_.notify_all();
      changed_.wait_for(lock, std::chrono::seconds(60), [this] { return released_; });
    });
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(60), [this] { return reached_; }));
  }
  ~Busy() { let_go(); }
  void let_go() {
    const std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool reached_ = false, released_ = false;
  EngineHandle handle_;
};

}  // namespace c2c::testing
