// A model behind an OpenAI-compatible service as the teacher of generated data. The question itself is sent: the
// service has its own chat template (the reference sends text that is rendered already, and the server renders it
// again).
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "c2c/io/net/openai_client.h"
#include "c2c/train/datagen/teacher.h"

namespace c2c {

struct EndpointOptions {
  std::string url;    // "https://host/v1"
  std::string model;  // as the service calls it
  std::int64_t max_new_tokens = 2048;
  double temperature = 0, top_p = 1;
  std::int64_t top_k = 0;  // <= 0: not sent, as in the reference; services of OpenAI's own do not know it
  double min_p = 0;        // 0: not sent
  std::vector<std::string> stop;
  nlohmann::json extra = nlohmann::json::object();  // further fields of every request
  OpenAiClientOptions client;                       // key, time-outs, retries
};

// Throws kUsage for an address or a key that cannot be used. A key that the service refuses, a model that it does not
// have and the like (401, 403, 404) end the run: no row would fare better.
std::unique_ptr<Teacher> make_endpoint_teacher(EndpointOptions options);

}  // namespace c2c
