#include "c2c/train/datagen/endpoint_teacher.h"

#include <gtest/gtest.h>

#include <deque>
#include <mutex>

#include "c2c/io/net/http_server.h"
#include "c2c/train/datagen/generation.h"
#include "tests/train/data/dataset_testing.h"

namespace c2c {
namespace {

using Json = nlohmann::json;
using testing::error_of;
using testing::TemporaryFolder;
using testing::write;

// A service on loopback that repeats the question, after the statuses it is told to give first.
class Service {
 public:
  Service() : server_([this](HttpRequest request, HttpResponder to) { answer(request, to); }, {}) { server_.start(); }

  EndpointOptions options() const {
    EndpointOptions options;
    options.url = server_.url() + "/v1";
    options.model = "big";
    options.client.http.bearer_key = "secret";
    options.client.retry = {.max_tries = 3, .first_wait = std::chrono::milliseconds(1)};
    return options;
  }

  std::vector<Json> bodies() const {
    const std::scoped_lock lock(mutex_);
    return bodies_;
  }

  std::deque<int> statuses;  // before anything is asked
  std::string finish = "stop";

 private:
  void answer(const HttpRequest& request, const HttpResponder& to) {
    const std::scoped_lock lock(mutex_);
    EXPECT_EQ(request.path, "/v1/chat/completions");
    const Json body = Json::parse(request.body);
    bodies_.push_back(body);
    if (!statuses.empty()) {
      const int status = statuses.front();
      statuses.pop_front();
      if (status != 200) return to.send({.status = status, .headers = {}, .body = R"({"error":{"message":"no"}})"});
    }
    const std::string text = "re: " + body["messages"].back()["content"].get<std::string>();
    const Json reply = {
        {"object", "chat.completion"},
        {"model", "big"},
        {"choices",
         {{{"index", 0}, {"message", {{"role", "assistant"}, {"content", text}}}, {"finish_reason", finish}}}}};
    to.send({.status = 200, .headers = {}, .body = reply.dump()});
  }

  mutable std::mutex mutex_;
  std::vector<Json> bodies_;
  HttpServer server_;
};

TEST(EndpointTeacher, SendsTheQuestionAsItIs) {
  Service service;
  EndpointOptions options = service.options();
  const Reply reply = make_endpoint_teacher(options)->answer({{"system", "S"}, {"user", "Hi"}}, 1);
  EXPECT_EQ(reply, (Reply{.text = "re: Hi", .reasoning = {}, .finish = "stop"}));
  const Json body = service.bodies().at(0);
  EXPECT_EQ(body["messages"], Json::parse(R"([{"role":"system","content":"S"},{"role":"user","content":"Hi"}])"));
  EXPECT_EQ(body["model"], "big");
  EXPECT_EQ(body["max_tokens"], 2048);
  EXPECT_EQ(body["temperature"], 0.0);
  EXPECT_EQ(body["top_p"], 1.0);
  for (const char* unsent : {"top_k", "min_p", "seed"}) EXPECT_FALSE(body.contains(unsent)) << unsent;
  options.temperature = 0.7;
  options.top_k = 20;
  options.extra = {{"chat_template_kwargs", {{"enable_thinking", false}}}};
  make_endpoint_teacher(options)->answer({{"user", "Hi"}}, (std::uint64_t{1} << 63) + 5);
  const Json sampled = service.bodies().at(1);
  EXPECT_EQ(sampled["top_k"], 20);
  EXPECT_EQ(sampled["seed"], 5);
  EXPECT_EQ(sampled["chat_template_kwargs"]["enable_thinking"], false);
}

TEST(EndpointTeacher, TriesAgainWhereThatMayHelp) {
  Service service;
  service.statuses = {503, 429};
  EXPECT_EQ(make_endpoint_teacher(service.options())->answer({{"user", "Hi"}}, 0).text, "re: Hi");
  EXPECT_EQ(service.bodies().size(), 3U);
}

TEST(EndpointTeacher, ManyRequestsMakeOneFileWhateverFails) {
  const TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 30; ++i) text += "{\"question\": \"q" + std::to_string(i) + "\"}\n";
  GenerationOptions run;
  run.source = {.kind = "gsm8k", .input = write(folder / "in.jsonl", text).string()};
  run.output = folder / "out";
  run.parallel = 6;
  Service service;
  service.statuses = {200, 400, 503, 200, 400};  // 400 is the row's own fault
  const auto teacher = make_endpoint_teacher(service.options());
  EXPECT_EQ(generate_data(run, *teacher).failed, 2);
  run.retry_errors = true;
  // Another address is the same teacher.
  Service elsewhere;
  EXPECT_EQ(generate_data(run, *make_endpoint_teacher(elsewhere.options())).failed, 0);
  EXPECT_EQ(elsewhere.bodies().size(), 2U);
  const auto rows = open_rows(folder / "out" / "generated.jsonl");
  ASSERT_EQ(rows->size(), 30);
  for (std::int64_t i = 0; i < 30; ++i) EXPECT_EQ(rows->row(i)["model_response"], "re: q" + std::to_string(i));
}

TEST(EndpointTeacher, ARefusedKeyEndsTheRunAtOnce) {
  const TemporaryFolder folder;
  GenerationOptions run;
  run.source = {.kind = "gsm8k",
                .input = write(folder / "in.jsonl", "{\"question\": \"a\"}\n{\"question\": \"b\"}\n").string()};
  run.output = folder / "out";
  run.parallel = 1;
  Service service;
  service.statuses = {401, 401};
  const std::string problem = error_of([&] { generate_data(run, *make_endpoint_teacher(service.options())); });
  EXPECT_NE(problem.find("401"), std::string::npos) << problem;
  EXPECT_EQ(problem.find("secret"), std::string::npos);
  EXPECT_EQ(service.bodies().size(), 1U);
  service.statuses.clear();
  EXPECT_EQ(generate_data(run, *make_endpoint_teacher(service.options())).failed, 0);  // no row was given up
}

}  // namespace
}  // namespace c2c
