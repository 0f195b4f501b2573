#include "c2c/io/net/openai_client.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "c2c/base/log.h"
#include "c2c/io/net/http_server.h"
#include "c2c/io/net/sse.h"
#include "tests/io/net/raw_service.h"

namespace c2c {
namespace {

using namespace testing;
using nlohmann::json;

const char* const kReply =
    R"({"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],)"
    R"("usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}})";

OpenAiClientOptions quick() {
  OpenAiClientOptions options;
  options.retry = {.max_tries = 3, .first_wait = 1ms, .max_wait = 1000ms};
  return options;
}
OpenAiRequest request() {
  return {.model = "m", .messages = {{"system", "Be brief."}, {"user", "Hello"}}, .temperature = 0.5, .stop = {"\n"}};
}

// Answers with the given replies, one after another, the last one for ever.
class Service {
 public:
  explicit Service(std::vector<HttpResponse> replies)
      : replies_(std::move(replies)),
        server_(
            [this](const HttpRequest& asked, const HttpResponder& responder) {
              last_ = asked;
              responder.send(replies_[std::min<std::size_t>(asked_++, replies_.size() - 1)]);
            },
            {.threads = 1}) {
    server_.start();
  }
  std::string url() const { return server_.url() + "/v1"; }
  std::size_t asked() const { return asked_; }
  const HttpRequest& last() const { return last_; }

 private:
  std::vector<HttpResponse> replies_;
  std::atomic<std::size_t> asked_ = 0;
  HttpRequest last_;
  HttpServer server_;
};

HttpError failure_of(OpenAiClient& client) {
  try {
    client.complete(request());
  } catch (const HttpError& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return {HttpFailure::kBadReply, {}};
}

TEST(OpenAiClient, AsksAndReads) {
  Service service({{.body = kReply}});
  OpenAiClientOptions options = quick();
  options.http.bearer_key = "k3y";
  OpenAiRequest asked = request();
  asked.max_tokens = 9;
  asked.extra = {{"top_k", 3}};
  const OpenAiReply reply = OpenAiClient(service.url(), options).complete(asked);
  EXPECT_EQ(reply.text, "Hi");
  EXPECT_EQ(reply.finish_reason, "stop");
  EXPECT_EQ(reply.model, "m-1");
  EXPECT_EQ(reply.usage.prompt_tokens, 5);
  EXPECT_EQ(reply.usage.completion_tokens, 2);
  EXPECT_EQ(service.last().path, "/v1/chat/completions");
  EXPECT_EQ(*find_header(service.last().headers, "authorization"), "Bearer k3y");
  EXPECT_EQ(json::parse(service.last().body), json::parse(R"({"model":"m","temperature":0.5,"max_tokens":9,"top_k":3,
      "stop":["\n"],"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hello"}]})"));
}

TEST(OpenAiClient, TriesAgainWhatMayPass) {
  Service service({{.status = 503}, {.status = 429, .headers = {{"Retry-After", "0"}}}, {.body = kReply}});
  EXPECT_EQ(OpenAiClient(service.url(), quick()).complete(request()).text, "Hi");
  EXPECT_EQ(service.asked(), 3U);
}

TEST(OpenAiClient, GivesUpAtLast) {
  Service service({{.status = 500, .body = "sorry"}});
  OpenAiClient client(service.url(), quick());
  const HttpError error = failure_of(client);
  EXPECT_EQ(error.status(), 500);
  EXPECT_EQ(service.asked(), 3U);
  EXPECT_NE(std::string(error.what()).find("sorry (try 3, the last)"), std::string::npos) << error.what();
}

TEST(OpenAiClient, DoesNotTryAgainInVain) {
  for (const int status : {400, 401, 404}) {
    Service service(std::vector<HttpResponse>{{.status = status}});
    OpenAiClient client(service.url(), quick());
    EXPECT_EQ(failure_of(client).status(), status);
    EXPECT_EQ(service.asked(), 1U);
  }
  Service later({{.status = 429, .headers = {{"Retry-After", "3600"}}}});
  OpenAiClient client(later.url(), quick());
  EXPECT_EQ(failure_of(client).retry_after(), 3600s);
  EXPECT_EQ(later.asked(), 1U) << "an hour is longer than max_wait";
}

TEST(OpenAiClient, WaitsAsAsked) {
  Service service({{.status = 429, .headers = {{"Retry-After", "1"}}}, {.body = kReply}});
  const auto start = std::chrono::steady_clock::now();
  OpenAiClient(service.url(), quick()).complete(request());
  EXPECT_GE(std::chrono::steady_clock::now() - start, 1s);
}

TEST(OpenAiClient, HostileRepliesAreNamed) {
  const std::string deep(100'000, '[');
  for (const auto& [reply, expected] : std::vector<std::pair<std::string, std::string>>{
           {"", "an empty reply"},
           {"<html>", "no JSON"},
           {"\xff\xfe", "no JSON"},
           {"[]", "expected an object"},
           {"{}", "choices; found nothing"},
           {R"({"choices":[]})", "expected a list of one choice or more"},
           {R"({"choices":{"0":1}})", "expected a list of one choice or more"},
           {R"({"choices":[7]})", "choices[0]; found 7; expected an object"},
           {R"({"choices":[{"message":{"content":7}}]})", "choices[0].message.content; found 7; expected a text"},
           {R"({"choices":[{"message":{"content":"x"}}],"usage":{"prompt_tokens":-1}})", "a number of tokens"},
           {R"({"choices":[{"message":{"content":"x"}}],"usage":{"prompt_tokens":1e300}})", "a number of tokens"},
           {R"({"error":{"message":"quota"}})", "quota"},
           {R"({"choices":)" + deep, "nested deeper than"}}) {
    Service service({{.body = reply}});
    OpenAiClient client(service.url(), quick());
    const HttpError error = failure_of(client);
    EXPECT_EQ(error.failure(), HttpFailure::kBadReply) << error.what();
    EXPECT_NE(std::string(error.what()).find(expected), std::string::npos) << error.what();
    EXPECT_EQ(service.asked(), 1U);
  }
  OpenAiClientOptions options = quick();
  options.http.limits.max_body_bytes = 1000;
  Service huge({{.body = std::string(2000, ' ')}});
  OpenAiClient client(huge.url(), options);
  EXPECT_EQ(failure_of(client).failure(), HttpFailure::kTooLarge);
}

TEST(OpenAiClient, NullContentIsNoText) {
  Service service({{.body = R"({"choices":[{"message":{"content":null},"finish_reason":"length"}]})"}});
  const OpenAiReply reply = OpenAiClient(service.url(), quick()).complete(request());
  EXPECT_EQ(reply.text, "");
  EXPECT_EQ(reply.finish_reason, "length");
}

TEST(OpenAiClient, Streams) {
  const auto piece = [](const std::string& text, const std::string& reason) {
    json choice = {{"delta", {{"content", text}}}};
    if (!reason.empty()) choice["finish_reason"] = reason;
    return format_sse(json{{"choices", {choice}}}.dump());
  };
  const std::string whole = format_sse_comment("ping") + piece("Hel", "") + piece("lo", "") + piece("", "stop") +
                            format_sse(R"({"choices":[],"usage":{"completion_tokens":2}})");
  const auto collect = [](std::string& text, std::size_t most) {
    return [&text, most](std::string_view more) {
      text += more;
      return text.size() < most;
    };
  };
  Service service({{.status = 500}, {.body = whole + format_sse("[DONE]")}});
  std::string text;
  const OpenAiReply reply = OpenAiClient(service.url(), quick()).stream(request(), collect(text, 100));
  EXPECT_EQ(text, "Hello");
  EXPECT_EQ(reply.text, "Hello");
  EXPECT_EQ(reply.finish_reason, "stop");
  EXPECT_EQ(reply.usage.completion_tokens, 2);
  EXPECT_TRUE(json::parse(service.last().body)["stream"]);

  text.clear();
  EXPECT_EQ(OpenAiClient(service.url(), quick()).stream(request(), collect(text, 3)).text, "Hel") << "enough";

  Service broken({{.body = piece("Hel", "") + format_sse("nonsense")}});
  text.clear();
  EXPECT_THROW(OpenAiClient(broken.url(), quick()).stream(request(), collect(text, 100)), HttpError);
  EXPECT_EQ(broken.asked(), 1U) << "half of it has been seen";
  Service cut_off({{.body = format_sse_comment()}});
  EXPECT_THROW(OpenAiClient(cut_off.url(), quick()).stream(request(), collect(text, 100)), HttpError);
  EXPECT_EQ(cut_off.asked(), 3U) << "nothing has been seen";
}

TEST(OpenAiClient, ListsModels) {
  Service service({{.body = R"({"object":"list","data":[{"id":"a"},{"id":"b"}]})"}});
  EXPECT_EQ(OpenAiClient(service.url(), quick()).models(), (std::vector<std::string>{"a", "b"}));
}

TEST(OpenAiClient, TheKeyIsInNoLogAndNoError) {
  std::string logged;
  set_log_sink([&](LogLevel, std::string_view text) { logged += text; });
  Service service({{.status = 500, .body = "your key s3cret is of no use"}});
  OpenAiClientOptions options = quick();
  options.http.bearer_key = "s3cret";
  OpenAiClient client(service.url(), options);
  const HttpError error = failure_of(client);
  set_log_sink({});
  EXPECT_NE(logged.find("trying again"), std::string::npos);
  EXPECT_EQ((logged + error.what()).find("s3cret"), std::string::npos) << logged << error.what();
}

TEST(ReadApiKey, FromVariableOrFile) {
  ::setenv("C2C_TEST_KEY", " k1 \n", 1);
  EXPECT_EQ(read_api_key("C2C_TEST_KEY"), "k1");
  const auto file = std::filesystem::temp_directory_path() / ("c2c_key_" + std::to_string(::getpid()));
  std::ofstream(file) << "k2\r\nsecond line\n";
  EXPECT_EQ(read_api_key("C2C_TEST_KEY", file), "k2");
  std::filesystem::remove(file);
  EXPECT_THROW(read_api_key("C2C_TEST_KEY", file), Error);
  ::unsetenv("C2C_TEST_KEY");
  EXPECT_EQ(read_api_key("C2C_TEST_KEY", {}, false), "");
  EXPECT_THROW(read_api_key("C2C_TEST_KEY"), Error);
}

}  // namespace
}  // namespace c2c
