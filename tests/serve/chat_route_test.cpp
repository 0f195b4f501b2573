#include <gtest/gtest.h>

#include "c2c/base/utf8.h"
#include "tests/serve/live_server.h"

namespace c2c::testing {
namespace {

class ChatRoute : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { live_ = std::make_unique<LiveServer>(); }
  static void TearDownTestSuite() { live_.reset(); }
  static std::unique_ptr<LiveServer> live_;
};
std::unique_ptr<LiveServer> ChatRoute::live_;

const char* const kChat = "/v1/chat/completions";

TEST_F(ChatRoute, EveryModeAnswersAsASessionDoes) {
  Session session(tiny_run());
  for (const char* mode : {"receiver", "sharer", "t2t", "c2c", "control"}) {
    Request request;
    request.messages = {{"user", "What is a cat?"}};
    request.mode = mode;
    const Answer alone = session.run(request);
    const Json reply = live_->ask(kChat, chat("What is a cat?", mode));
    EXPECT_EQ(content(reply), alone.text) << mode;
    EXPECT_EQ(reply["choices"][0]["finish_reason"], alone.finish);
    EXPECT_EQ(reply["usage"]["prompt_tokens"], alone.prompt_tokens);
    EXPECT_EQ(reply["usage"]["completion_tokens"], alone.ids.size());
    EXPECT_EQ(reply["timings"]["fused_n"], alone.fused_tokens) << mode;
    if (std::string(mode) == "t2t") {
      EXPECT_EQ(reply["choices"][0]["message"]["c2c_context"], alone.context);
    }
  }
}

TEST_F(ChatRoute, AStreamSaysTheSameInOpenAisOrder) {
  for (const char* mode : {"c2c", "t2t"}) {
    Json body = chat("Tell me of ships.", mode);
    const Json whole = live_->ask(kChat, body);
    body["stream_options"] = {{"include_usage", true}};
    const std::vector<Json> events = live_->stream(kChat, body);
    ASSERT_GE(events.size(), 4u);
    EXPECT_EQ(events[0]["choices"][0]["delta"]["role"], "assistant");
    const std::string id = events[0]["id"];
    EXPECT_EQ(id.substr(0, 9), "chatcmpl-");
    EXPECT_NE(id, whole["id"]);
    for (std::size_t i = 1; i + 1 < events.size(); ++i) EXPECT_EQ(events[i]["id"], id);
    std::string text, context;
    for (std::size_t i = 1; i + 3 < events.size(); ++i) {
      const Json& delta = events[i]["choices"][0]["delta"];
      text += delta.value("content", "");
      context += delta.value("c2c_context", "");
      EXPECT_TRUE(events[i]["choices"][0]["finish_reason"].is_null());
      EXPECT_TRUE(events[i].contains("usage") && events[i]["usage"].is_null());
      if (delta.contains("c2c_context")) {
        EXPECT_TRUE(text.empty()) << "the context comes first";
      }
    }
    EXPECT_EQ(text, content(whole)) << mode;
    EXPECT_EQ(context, whole["choices"][0]["message"].value("c2c_context", ""));
    const Json& last = events[events.size() - 3];
    EXPECT_EQ(last["choices"][0]["finish_reason"], whole["choices"][0]["finish_reason"]);
    EXPECT_GT(last["timings"]["total_ms"], 0);
    const Json& usage = events[events.size() - 2];
    EXPECT_TRUE(usage["choices"].empty());
    EXPECT_EQ(usage["usage"]["completion_tokens"], whole["usage"]["completion_tokens"]);
    EXPECT_EQ(events.back(), "[DONE]");
  }
}

TEST_F(ChatRoute, FieldsShapeTheAnswer) {
  Json body = chat("hello there", "receiver");
  body["ignore_eos"] = true;
  body["max_tokens"] = 5;
  EXPECT_EQ(live_->ask(kChat, body)["usage"]["completion_tokens"], 5);
  EXPECT_EQ(live_->ask(kChat, body)["choices"][0]["finish_reason"], "length");
  const std::string text = content(live_->ask(kChat, body));
  const std::u32string letters = to_utf32(text);
  ASSERT_GT(letters.size(), 2u);
  const std::string stop = to_utf8(letters.substr(1, 1));
  body["stop"] = stop;
  const Json stopped = live_->ask(kChat, body);
  EXPECT_EQ(content(stopped), text.substr(0, text.find(stop)));
  EXPECT_EQ(stopped["choices"][0]["finish_reason"], "stop");
  body.erase("stop");
  body["logit_bias"] = {{"70", 100}};
  const std::string biased = content(live_->ask(kChat, body));
  const Json piece = live_->ask("/detokenize", {{"tokens", {70, 70, 70, 70, 70}}});
  EXPECT_EQ(biased, piece["content"]);
  body.erase("logit_bias");
  body["max_completion_tokens"] = 0;
  body.erase("max_tokens");
  EXPECT_EQ(content(live_->ask(kChat, body)), "");
}

TEST_F(ChatRoute, SeedsRepeatAndChoicesDiffer) {
  Json body = chat("roll the dice", "c2c");
  body["temperature"] = 3;
  body["seed"] = 11;
  body["n"] = 3;
  const Json first = live_->ask(kChat, body), again = live_->ask(kChat, body);
  ASSERT_EQ(first["choices"].size(), 3u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(first["choices"][i]["index"], i);
    EXPECT_EQ(first["choices"][i]["message"], again["choices"][i]["message"]);
  }
  EXPECT_NE(first["choices"][0]["message"]["content"], first["choices"][1]["message"]["content"]);
  // Choice i is what seed + i says.
  body["n"] = 1;
  body["seed"] = 12;
  EXPECT_EQ(content(live_->ask(kChat, body)), first["choices"][1]["message"]["content"]);
  // Streams carry each choice's own pieces.
  body["n"] = 3;
  body["seed"] = 11;
  std::vector<std::string> texts(3);
  for (const Json& event : live_->stream(kChat, body))
    if (event.is_object() && !event["choices"].empty())
      texts[event["choices"][0]["index"].get<std::size_t>()] += event["choices"][0]["delta"].value("content", "");
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(texts[i], first["choices"][i]["message"]["content"]);
}

TEST_F(ChatRoute, LogprobsNameTheTokensOfTheText) {
  Json body = chat("count to three", "c2c");
  body["logprobs"] = true;
  body["top_logprobs"] = 3;
  const Json reply = live_->ask(kChat, body);
  const Json& tokens = reply["choices"][0]["logprobs"]["content"];
  ASSERT_FALSE(tokens.empty());
  for (const Json& token : tokens) {
    ASSERT_EQ(token["top_logprobs"].size(), 3u);
    EXPECT_LE(token["logprob"], 0.0);
    EXPECT_EQ(token["top_logprobs"][0]["logprob"], token["logprob"]) << "greedy takes the likeliest";
    EXPECT_GE(token["top_logprobs"][0]["logprob"], token["top_logprobs"][1]["logprob"]);
  }
  Json streamed = Json::array();
  for (const Json& event : live_->stream(kChat, body))
    if (event.is_object() && !event["choices"].empty() && event["choices"][0]["logprobs"].is_object())
      for (const Json& token : event["choices"][0]["logprobs"]["content"]) streamed.push_back(token);
  // The second time the prompt's cache is the first one's: the last bits may differ.
  ASSERT_EQ(streamed.size(), tokens.size());
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    EXPECT_EQ(streamed[i]["token"], tokens[i]["token"]);
    EXPECT_NEAR(streamed[i]["logprob"].get<double>(), tokens[i]["logprob"].get<double>(), 1e-4);
    EXPECT_EQ(streamed[i]["top_logprobs"].size(), 3u);
  }
}

TEST_F(ChatRoute, TheC2cObjectChoosesSharers) {
  const LiveServer live({}, {tiny_run(true)});
  const std::string model = "tiny-qwen3+tiny-qwen2+tiny-llama";
  const auto ask = [&](const Json& c2c) {
    Json body = chat("What is a tree?");
    body["model"] = model;
    body["c2c"] = c2c;
    return content(live.ask(kChat, body));
  };
  Session session(tiny_run(true));
  const auto alone = [&](const std::string& mask, const std::string& fusion = "sequential") {
    Request request;
    request.messages = {{"user", "What is a tree?"}};
    request.overrides.mask = mask;
    request.overrides.fusion = fusion;
    return session.run(request).text;
  };
  EXPECT_EQ(ask({{"sharers", {"tiny-llama"}}}), alone("2"));
  EXPECT_EQ(ask({{"sharers", {1}}}), alone("1"));
  EXPECT_EQ(ask({{"mask", 3}}), alone("all"));
  EXPECT_EQ(ask({{"mask", "none"}}), alone("none"));
  EXPECT_EQ(ask({{"fusion", "parallel"}}), alone("all", "parallel"));
  EXPECT_EQ(ask(Json::object()), alone("all"));
  // Single models are models of their own.
  Json body = chat("What is a tree?");
  body["model"] = "tiny-llama";
  body["c2c"] = Json::object();
  Request request;
  request.messages = {{"user", "What is a tree?"}};
  request.mode = "sharer";
  request.sharer = 1;
  EXPECT_EQ(content(live.ask(kChat, body)), session.run(request).text);
}

TEST_F(ChatRoute, EightClientsAtOnceGetWhatEachWouldGetAlone) {
  const std::vector<std::string> modes = {"c2c", "receiver", "sharer", "t2t"};
  std::vector<Json> bodies;
  std::vector<std::string> expected, found(8);
  for (int i = 0; i < 8; ++i) {
    bodies.push_back(chat("Question number " + std::string(static_cast<std::size_t>(1 + 7 * i), 'x'),
                          modes[static_cast<std::size_t>(i) % modes.size()]));
    expected.push_back(content(live_->ask(kChat, bodies.back())));
  }
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 8; ++i)
    threads.emplace_back([&, i] { found[i] = content(live_->ask(kChat, bodies[i])); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(found, expected);
}

TEST_F(ChatRoute, APromptReadBeforeIsTakenFromTheCache) {
  const Json body = chat("The same question twice, and long enough to matter.");
  const Json first = live_->ask(kChat, body), second = live_->ask(kChat, body);
  EXPECT_EQ(content(first), content(second));
  EXPECT_GT(second["usage"]["prompt_tokens_details"]["cached_tokens"], 0);
  EXPECT_EQ(second["timings"]["cache_n"], second["usage"]["prompt_tokens_details"]["cached_tokens"]);
}

TEST_F(ChatRoute, WhatCannotBeIsRefusedByName) {
  const auto refused = [&](Json body) {
    const HttpReply reply = live_->post(kChat, body);
    EXPECT_EQ(reply.status, 400) << reply.body;
    return error_of(reply);
  };
  Json long_one = chat(std::string(3000, 'x') + " y z " + std::string(3000, 'w'));
  EXPECT_EQ(refused(long_one)["code"], "context_length_exceeded");
  EXPECT_EQ(refused(long_one)["param"], "messages");
  long_one["stream"] = true;
  EXPECT_EQ(refused(long_one)["code"], "context_length_exceeded") << "before the stream begins";
  Json body = chat("x");
  body["model"] = "tiny-gemma3";
  EXPECT_EQ(refused(body)["param"], "c2c.mode");
  body = chat("x");
  body["c2c"] = {{"sharers", {"nobody"}}};
  EXPECT_EQ(refused(body)["param"], "c2c.sharers[0]");
  body["c2c"] = {{"sharers", {2}}};
  EXPECT_EQ(refused(body)["param"], "c2c.sharers[0]");
  body["c2c"] = {{"mask", 2}};
  EXPECT_EQ(refused(body)["param"], "c2c.mask");
  body["c2c"] = {{"mode", "c2c"}, {"control", "x"}};
  EXPECT_EQ(refused(body)["param"], "c2c.control");
  body = chat("x");
  body["model"] = "gpt-5";
  const HttpReply reply = live_->post(kChat, body);
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(error_of(reply)["code"], "model_not_found");
  EXPECT_EQ(error_of(reply)["param"], "model");
}

}  // namespace
}  // namespace c2c::testing
