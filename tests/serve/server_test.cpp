// What every route has in common: readiness, keys, types, limits, CORS, log, metrics, the end.
#include "c2c/serve/server.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <future>

#include "tests/serve/live_server.h"

namespace c2c::testing {
namespace {

const char* const kChat = "/v1/chat/completions";

fs::path temporary(const std::string& name) {
  return fs::temp_directory_path() / ("c2c_serve_" + std::to_string(::getpid()) + "_" + name);
}
bool has_header(const HttpReply& reply, const char* name, const std::string& value) {
  const std::string* found = find_header(reply.headers, name);
  return found != nullptr && *found == value;
}

TEST(Server, SaysThatItIsLoading) {
  const LiveServer live({}, {tiny_run()}, false);
  const HttpReply health = live.client().get("/health");
  EXPECT_EQ(health.status, 503);
  EXPECT_EQ(error_of(health)["code"], "loading");
  EXPECT_EQ(live.post(kChat, chat("x")).status, 503);
  EXPECT_EQ(live.client().get("/v1/models").status, 503);
  EXPECT_EQ(live.client().get("/version").status, 200);
  live.server->load();
  EXPECT_EQ(Json::parse(live.client().get("/health").body), (Json{{"status", "ok"}}));
  EXPECT_EQ(live.client().get("/ready").status, 200);
  EXPECT_EQ(live.post(kChat, chat("x")).status, 200);
}

TEST(Server, ListsPairsAndSingleModels) {
  const LiveServer live([](ServeConfig& config) { config.aliases = {"demo"}; }, {tiny_run(), tiny_run(true)});
  const Json list = Json::parse(live.client().get("/v1/models").body);
  std::vector<std::string> ids;
  for (const Json& model : list["data"]) ids.push_back(model["id"]);
  EXPECT_EQ(ids, (std::vector<std::string>{"demo", "tiny-qwen3", "tiny-gemma3", "tiny-qwen3+tiny-qwen2+tiny-llama",
                                           "tiny-qwen2", "tiny-llama"}));
  EXPECT_EQ(list["data"][0]["c2c"]["sharers"], (std::vector<std::string>{"tiny-gemma3"}));
  EXPECT_EQ(list["data"][0]["c2c"]["receiver"], "tiny-qwen3");
  const Json props = Json::parse(live.client().get("/props").body);
  EXPECT_EQ(props["models"][0]["modes"], (std::vector<std::string>{"receiver", "sharer", "t2t", "c2c", "control"}));
  EXPECT_EQ(props["models"][1]["modes"], (std::vector<std::string>{"receiver"}));
  EXPECT_EQ(props["models"][0]["context_tokens"], 8);
  EXPECT_EQ(props["models"][0]["default_generation_settings"]["max_tokens"], 12);
}

TEST(Server, RunsOfOneNameMustBeNamedApart) {
  const LiveServer live({}, {tiny_run(), tiny_run()}, false);
  EXPECT_THROW(live.server->load(), Error);
}

TEST(Server, RefusesWhatIsNoRequest) {
  const LiveServer live([](ServeConfig& config) {
    config.max_body = 1;
    config.max_tokens_limit = 20;
    config.metrics = false;
  });
  HttpClient client = live.client();
  EXPECT_EQ(client.get("/nowhere").status, 404);
  EXPECT_EQ(client.get("/metrics").status, 404) << "off unless asked for";
  const HttpReply wrong = client.get(kChat);
  EXPECT_EQ(wrong.status, 405);
  EXPECT_TRUE(has_header(wrong, "Allow", "POST"));
  EXPECT_NE(find_header(wrong.headers, "X-Request-Id"), nullptr) << "what a report of a fault names";
  EXPECT_EQ(client.post("/health", "{}").status, 405);
  EXPECT_EQ(client.post(kChat, chat("x").dump(), "text/plain").status, 415);
  EXPECT_EQ(client.post(kChat, "{").status, 400);
  const HttpReply large = client.post(kChat, std::string(3 << 20, ' '));
  EXPECT_EQ(large.status, 413);
  EXPECT_TRUE(error_of(large).contains("message"));
  Json body = chat("x");
  body["max_tokens"] = 1 << 20;
  EXPECT_EQ(error_of(LiveServer().post(kChat, body))["code"], "context_length_exceeded");
  body["max_tokens"] = 21;
  EXPECT_EQ(error_of(live.post(kChat, body))["param"], "max_tokens");
  body["messages"] = {{{"role", "user"}, {"content", {{{"type", "image_url"}}}}}};
  EXPECT_EQ(error_of(live.post(kChat, body))["param"], "messages[0].content[0]");
}

TEST(Server, KeysOpenTheDoorAndKeepCachesApart) {
  const fs::path file = temporary("keys");
  std::ofstream(file) << "first-key\nsecond-key\n";
  ::setenv("C2C_TEST_SERVE_KEY", "third-key", 1);
  const LiveServer live([&](ServeConfig& config) {
    config.api_key_file = file.string();
    config.api_key_env = "C2C_TEST_SERVE_KEY";
  });
  fs::remove(file);
  for (const char* path : {"/health", "/version", "/openapi.json"})
    EXPECT_EQ(live.client().get(path).status, 200) << path;
  for (const char* path : {"/v1/models", "/props", "/metrics"}) {
    EXPECT_EQ(live.client().get(path).status, 401) << path;
    EXPECT_EQ(live.client("first-kez").get(path).status, 401) << path;
    EXPECT_EQ(live.client("third-key").get(path).status, 200) << path;
  }
  EXPECT_EQ(error_of(live.post(kChat, chat("x")))["code"], "invalid_api_key");
  const Json body = chat("A question that is long enough to be worth keeping.");
  const auto cached = [&](const char* key) {
    return live.ask(kChat, body, key)["usage"]["prompt_tokens_details"]["cached_tokens"].get<int>();
  };
  EXPECT_EQ(cached("first-key"), 0);
  EXPECT_GT(cached("first-key"), 0);
  EXPECT_EQ(cached("second-key"), 0) << "what another key has asked";
  EXPECT_GT(cached("second-key"), 0);
}

TEST(Server, PagesOfNamedOriginsMayRead) {
  const LiveServer closed;
  EXPECT_EQ(find_header(closed.client({}, {{"Origin", "https://a.example"}}).get("/health").headers,
                        "Access-Control-Allow-Origin"),
            nullptr);
  const LiveServer live([](ServeConfig& config) { config.cors_origins = {"https://a.example"}; });
  const HttpReply mine = live.client({}, {{"Origin", "https://a.example"}}).get("/health");
  EXPECT_TRUE(has_header(mine, "Access-Control-Allow-Origin", "https://a.example"));
  EXPECT_TRUE(has_header(mine, "Vary", "Origin"));
  EXPECT_EQ(find_header(mine.headers, "Access-Control-Allow-Credentials"), nullptr);
  EXPECT_EQ(find_header(live.client({}, {{"Origin", "https://b.example"}}).get("/health").headers,
                        "Access-Control-Allow-Origin"),
            nullptr);
  EXPECT_THROW(LiveServer([](ServeConfig& config) { config.cors_origins = {"example"}; }), Error);
}

TEST(Server, LogsRequestsWithoutContentsAndKeys) {
  const fs::path file = temporary("access.jsonl"), keys = temporary("key");
  std::ofstream(keys) << "very-secret-key\n";
  std::string id;
  {
    const LiveServer live([&](ServeConfig& config) {
      config.access_log = file.string();
      config.api_key_file = keys.string();
    });
    id = live.ask(kChat, chat("remarkable-word"), "very-secret-key")["id"];
    live.post(kChat, {{"model", "x"}}, "very-secret-key");
    live.post(kChat, {{"model", "x"}}, "wrong-secret");
  }
  std::ifstream log(file);
  const std::string text{std::istreambuf_iterator<char>(log), {}};
  EXPECT_EQ(text.find("remarkable"), std::string::npos);
  EXPECT_EQ(text.find("secret"), std::string::npos);
  std::vector<Json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0]["id"], id);
  EXPECT_EQ(lines[0]["status"], 200);
  EXPECT_EQ(lines[0]["mode"], "c2c");
  EXPECT_EQ(lines[0]["model"], kPair);
  EXPECT_GT(lines[0]["timings"]["prompt_n"], 0);
  EXPECT_EQ(lines[1]["status"], 400);
  EXPECT_EQ(lines[2]["status"], 401);
  EXPECT_EQ(lines[2]["error"], "invalid_api_key");
  fs::remove(file);
  fs::remove(keys);
}

TEST(Server, CountsWhatItDoes) {
  const LiveServer live;
  live.ask(kChat, chat("one"));
  live.ask(kChat, chat("two", "t2t"));
  live.post(kChat, Json::object());
  const HttpReply reply = live.client().get("/metrics");
  EXPECT_TRUE(has_header(reply, "Content-Type", "text/plain; version=0.0.4; charset=utf-8"));
  const std::string& text = reply.body;
  const auto number = [&](const std::string& line) {
    const std::size_t at = text.find("\n" + line + " ");
    EXPECT_NE(at, std::string::npos) << line << " in\n" << text;
    return at == std::string::npos ? -1.0 : std::stod(text.substr(at + line.size() + 2));
  };
  const std::string pair = std::string("model_name=\"") + kPair + "\"";
  EXPECT_EQ(number("c2c_answers_total{mode=\"c2c\"," + pair + "}"), 1);
  EXPECT_EQ(number("c2c_answers_total{mode=\"t2t\"," + pair + "}"), 1);
  EXPECT_EQ(number("c2c_http_requests_total{route=\"/v1/chat/completions\",status=\"400\"}"), 1);
  EXPECT_EQ(number("vllm:time_to_first_token_seconds_count{" + pair + "}"), 2);
  EXPECT_EQ(number("vllm:e2e_request_latency_seconds_bucket{" + pair + ",le=\"+Inf\"}"), 2);
  EXPECT_GT(number("c2c_fused_tokens_total{" + pair + "}"), 0);
  EXPECT_GT(number("vllm:generation_tokens_total"), 0);
  EXPECT_EQ(number("vllm:num_requests_waiting"), 0);
}

TEST(Server, TokensGoThereAndBack) {
  const LiveServer live;
  const Json ids = live.ask("/tokenize", {{"content", "hello world"}});
  EXPECT_EQ(live.ask("/detokenize", {{"tokens", ids["tokens"]}})["content"], "hello world");
  EXPECT_EQ(ids["count"], ids["tokens"].size());
  const Json pieces = live.ask("/tokenize", {{"content", "hello"}, {"with_pieces", true}});
  EXPECT_TRUE(pieces["tokens"][0].contains("piece"));
  EXPECT_EQ(live.post("/detokenize", {{"tokens", {1000000}}}).status, 400);
  const Json prompt = live.ask("/apply-template", chat("remarkable"));
  EXPECT_NE(prompt["prompt"].get<std::string>().find("remarkable"), std::string::npos);
  Json sharer = chat("remarkable", "sharer");
  EXPECT_NE(live.ask("/apply-template", sharer)["prompt"], prompt["prompt"]) << "its own template";
}

TEST(Server, ShowsWhereFusingActed) {
  const LiveServer live;
  const Json report = live.ask("/c2c/inspect", chat("What is a cat?"));
  std::int64_t total = 0, fused = 0;
  for (const Json& section : report["sections"]) total += section["length"].get<std::int64_t>();
  ASSERT_EQ(report["tokens"].size(), static_cast<std::size_t>(total));
  std::string text;
  for (const Json& token : report["tokens"]) {
    text += token["text"].get<std::string>();
    const bool hears = !token["sharers"].empty();
    fused += hears ? 1 : 0;
    EXPECT_EQ(token["key_change"].get<double>() + token["value_change"].get<double>() > 0, hears) << token;
    EXPECT_EQ(token["key_change_per_layer"].size(), 4u);
  }
  EXPECT_NE(text.find("What is a cat?"), std::string::npos);
  EXPECT_EQ(fused, live.ask(kChat, chat("What is a cat?"))["timings"]["fused_n"]);
  ASSERT_FALSE(report["layers"].empty());
  for (const Json& layer : report["layers"]) {
    EXPECT_EQ(layer["sharer"], 1);
    if (layer["key_scalar_per_head"].is_array()) {
      EXPECT_EQ(layer["key_scalar_per_head"].size(), 2u);
    }
  }
  EXPECT_EQ(live.post("/c2c/inspect", chat("x", "receiver")).status, 400);
  Json none = chat("What is a cat?");
  none["c2c"] = {{"mask", "none"}};
  for (const Json& token : live.ask("/c2c/inspect", none)["tokens"]) EXPECT_EQ(token["key_change"], 0.0);
}

}  // namespace
}  // namespace c2c::testing
