#include <gtest/gtest.h>

#include <cmath>

#include "tests/serve/live_server.h"

namespace c2c::testing {
namespace {

class CompletionRoute : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { live_ = std::make_unique<LiveServer>(); }
  static void TearDownTestSuite() { live_.reset(); }
  static Json ask(const Json& body) { return live_->ask("/v1/completions", body); }
  static std::vector<std::int64_t> ids_of(const std::string& text) {
    return live_->ask("/tokenize", {{"model", "tiny-qwen3"}, {"content", text}, {"add_special", true}})["tokens"]
        .get<std::vector<std::int64_t>>();
  }
  static std::unique_ptr<LiveServer> live_;
};
std::unique_ptr<LiveServer> CompletionRoute::live_;

TEST_F(CompletionRoute, TextsAndIdsAreTheSamePrompt) {
  for (const char* mode : {"receiver", "c2c"}) {
    const Json c2c = {{"mode", mode}};
    const Json text = ask({{"model", kPair}, {"prompt", "Once upon a time"}, {"c2c", c2c}});
    const Json ids = ask({{"model", kPair}, {"prompt", ids_of("Once upon a time")}, {"c2c", c2c}});
    EXPECT_EQ(text["choices"][0]["text"], ids["choices"][0]["text"]) << mode;
    EXPECT_EQ(text["usage"]["prompt_tokens"], ids["usage"]["prompt_tokens"]);
  }
  Session session(tiny_run());
  Request request;
  request.raw = "Once upon a time";
  request.mode = "receiver";
  const Json reply = ask({{"model", "tiny-qwen3"}, {"prompt", "Once upon a time"}});
  EXPECT_EQ(reply["choices"][0]["text"], session.run(request).text);
  EXPECT_EQ(reply["object"], "text_completion");
  EXPECT_EQ(reply["id"].get<std::string>().substr(0, 5), "cmpl-");
}

TEST_F(CompletionRoute, ListsOfPromptsKeepTheirOrder) {
  const std::vector<std::string> prompts = {"One", "Two and more", "Three"};
  const Json all = ask({{"model", "tiny-qwen3"}, {"prompt", prompts}, {"n", 2}, {"temperature", 0}});
  ASSERT_EQ(all["choices"].size(), 6u);
  std::int64_t tokens = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const Json one = ask({{"model", "tiny-qwen3"}, {"prompt", prompts[i]}});
    EXPECT_EQ(all["choices"][2 * i]["text"], one["choices"][0]["text"]);
    EXPECT_EQ(all["choices"][2 * i + 1]["text"], one["choices"][0]["text"]);
    EXPECT_EQ(all["choices"][2 * i + 1]["index"], 2 * i + 1);
    tokens += one["usage"]["prompt_tokens"].get<std::int64_t>();
  }
  EXPECT_EQ(all["usage"]["prompt_tokens"], tokens);
}

// What lm-eval's local-completions does: scores of a continuation given as part of the prompt.
TEST_F(CompletionRoute, EchoedLogprobsScoreAPromptAsGenerationDid) {
  for (const char* mode : {"receiver", "c2c"}) {
    const std::vector<std::int64_t> prompt = ids_of("The quick brown fox");
    Json body = {{"model", kPair},
                 {"prompt", prompt},
                 {"max_tokens", 6},
                 {"logprobs", 2},
                 {"temperature", 0},
                 {"ignore_eos", true},
                 {"c2c", {{"mode", mode}, {"mask", mode == std::string("c2c") ? "none" : "all"}}}};
    const Json made = ask(body)["choices"][0]["logprobs"];
    ASSERT_EQ(made["token_logprobs"].size(), 6u);
    // The same again, with what was made as a part of the prompt.
    Session session(tiny_run());
    Request request;
    request.ids.assign(prompt.begin(), prompt.end());
    request.mode = "receiver";
    request.overrides.max_new_tokens = 6;
    request.overrides.ignore_eos = true;
    const Answer answer = session.run(request);
    std::vector<std::int64_t> whole = prompt;
    whole.insert(whole.end(), answer.ids.begin(), answer.ids.end());
    body["prompt"] = Json::array({whole});
    body["echo"] = true;
    body["max_tokens"] = 1;
    const Json choice = ask(body)["choices"][0];
    const Json& scores = choice["logprobs"];
    ASSERT_EQ(scores["token_logprobs"].size(), whole.size() + 1) << "and the one token that was asked for";
    EXPECT_TRUE(scores["token_logprobs"][0].is_null());
    for (std::size_t i = 0; i < 6; ++i) {
      const std::size_t place = prompt.size() + i;
      EXPECT_NEAR(scores["token_logprobs"][place].get<double>(), made["token_logprobs"][i].get<double>(), 1e-4) << mode;
      double best = -1e9;
      for (const auto& [text, value] : scores["top_logprobs"][place].items())
        best = std::max(best, value.get<double>());
      EXPECT_EQ(scores["token_logprobs"][place].get<double>(), best) << "greedy is seen to be greedy";
      EXPECT_EQ(scores["tokens"][place], made["tokens"][i]);
    }
    // At least one token of the prompt itself is not what a random model would have written.
    bool all_greedy = true;
    for (std::size_t i = 1; i < prompt.size(); ++i) {
      double best = -1e9;
      for (const auto& [text, value] : scores["top_logprobs"][i].items()) best = std::max(best, value.get<double>());
      all_greedy &= scores["token_logprobs"][i].get<double>() == best;
    }
    EXPECT_FALSE(all_greedy);
  }
}

TEST_F(CompletionRoute, EchoWithoutTokensOnlyScores) {
  const Json reply =
      ask({{"model", "tiny-qwen3"}, {"prompt", "abc def"}, {"echo", true}, {"max_tokens", 0}, {"logprobs", 0}});
  EXPECT_EQ(reply["choices"][0]["text"], "abc def");
  EXPECT_EQ(reply["choices"][0]["logprobs"]["tokens"].size(), reply["usage"]["prompt_tokens"]);
  EXPECT_EQ(reply["usage"]["completion_tokens"], 0);
}

TEST_F(CompletionRoute, StreamsSayTheSame) {
  Json body = {{"model", kPair}, {"prompt", {"Alpha", "Beta gamma"}}, {"echo", true}};
  const Json whole = ask(body);
  std::vector<std::string> texts(2), finishes(2);
  const std::vector<Json> events = live_->stream("/v1/completions", body);
  for (const Json& event : events) {
    if (!event.is_object()) continue;
    EXPECT_EQ(event["object"], "text_completion");
    const auto index = event["choices"][0]["index"].get<std::size_t>();
    texts[index] += event["choices"][0]["text"].get<std::string>();
    if (event["choices"][0]["finish_reason"].is_string()) finishes[index] = event["choices"][0]["finish_reason"];
  }
  EXPECT_EQ(events.back(), "[DONE]");
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(texts[i], whole["choices"][i]["text"]);
    EXPECT_EQ(finishes[i], whole["choices"][i]["finish_reason"]);
  }
}

TEST_F(CompletionRoute, WhatCannotBeIsRefusedByName) {
  const auto refused = [&](const Json& body) {
    const HttpReply reply = live_->post("/v1/completions", body);
    EXPECT_EQ(reply.status, 400) << reply.body;
    return error_of(reply)["message"].get<std::string>();
  };
  EXPECT_NE(refused({{"prompt", {99999}}}).find("99999"), std::string::npos);
  EXPECT_NE(refused({{"prompt", ""}}).find("prompt"), std::string::npos);
  EXPECT_NE(refused({{"prompt", "a"}, {"c2c", {{"mode", "t2t"}}}}).find("c2c.mode"), std::string::npos);
  EXPECT_NE(refused({{"prompt", "a"}, {"echo", true}, {"stream", true}, {"logprobs", 1}}).find("logprobs"),
            std::string::npos);
  EXPECT_NE(refused({{"prompt", {1, 2}}, {"logit_bias", {{"a", 1}}}}).find("logit_bias"), std::string::npos);
}

}  // namespace
}  // namespace c2c::testing
