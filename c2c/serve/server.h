// The server: OpenAI's API over one or several run files. See docs/serving.md.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "c2c/base/log.h"
#include "c2c/infer/engine/engine.h"
#include "c2c/infer/pipelines/run_config.h"
#include "c2c/serve/serve_config.h"

namespace c2c {

struct ServerParts {
  std::vector<RunConfig> runs;
  std::string version;
  ProgressFn progress;
};

class Server {
 public:
  // Checks everything that can be checked without loading. Throws kUsage naming the option.
  Server(ServeConfig config, ServerParts parts);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();  // stops without grace

  // On return it accepts connections; requests for models are told 503 until load() is done.
  void start();
  // Loads the models, on the calling thread. Throws what is wrong with them.
  void load();
  // Refuses new requests and lets those that run finish for ServeConfig::grace seconds; then they are told that the
  // server stops. On return everything has ended. From any thread but the server's own.
  void stop();

  std::uint16_t port() const;
  std::string url() const;
  Engine& engine();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace c2c
