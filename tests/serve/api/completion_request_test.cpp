#include "c2c/serve/api/completion_request.h"

#include "tests/serve/api/expect_fault.h"

namespace c2c::api {
namespace {

std::string param_of(const std::string& body) {
  return testing::fault_of([&] { parse_completion_request(body); }).param;
}

TEST(CompletionRequest, PromptsHaveFourForms) {
  const auto prompts = [](const std::string& json) {
    return parse_completion_request(R"({"prompt": )" + json + "}").prompts;
  };
  EXPECT_EQ(prompts(R"("text")"), (std::vector<Prompt>{"text"}));
  EXPECT_EQ(prompts(R"(["a", "b"])"), (std::vector<Prompt>{"a", "b"}));
  EXPECT_EQ(prompts("[1, 2, 3]"), (std::vector<Prompt>{TokenIds{1, 2, 3}}));
  EXPECT_EQ(prompts("[[1, 2], [3]]"), (std::vector<Prompt>{TokenIds{1, 2}, TokenIds{3}}));
  EXPECT_EQ(prompts(R"(["a", [3]])"), (std::vector<Prompt>{"a", TokenIds{3}}));
}

TEST(CompletionRequest, WhatLmEvalSends) {
  const CompletionRequest scoring = parse_completion_request(
      R"({"model": "m", "prompt": [[1, 2, 3]], "temperature": 0, "max_tokens": 1, "logprobs": 1, "seed": 1234, "echo": true})");
  EXPECT_TRUE(scoring.echo);
  EXPECT_EQ(scoring.logprobs, 1);
  EXPECT_EQ(scoring.generation.max_tokens, 1);
  const CompletionRequest writing = parse_completion_request(
      R"({"prompt": ["q"], "model": "m", "max_tokens": 256, "temperature": 0, "stop": ["\n"], "seed": 1234})");
  EXPECT_FALSE(writing.echo);
  EXPECT_EQ(writing.logprobs, -1);
}

TEST(CompletionRequest, WrongValuesNameTheirField) {
  EXPECT_EQ(param_of("{}"), "prompt");
  EXPECT_EQ(param_of(R"({"prompt": 5})"), "prompt");
  EXPECT_EQ(param_of(R"({"prompt": []})"), "prompt");
  EXPECT_EQ(param_of(R"({"prompt": [1, "a"]})"), "prompt[1]");
  EXPECT_EQ(param_of(R"({"prompt": [1, -1]})"), "prompt[1]");
  EXPECT_EQ(param_of(R"({"prompt": [1, 2147483648]})"), "prompt[1]");
  EXPECT_EQ(param_of(R"({"prompt": [[1], []]})"), "prompt[1]");
  EXPECT_EQ(param_of(R"({"prompt": [[1], [1.5]]})"), "prompt[1][0]");
  EXPECT_EQ(param_of(R"({"prompt": "a", "logprobs": 21})"), "logprobs");
  EXPECT_EQ(param_of(R"({"prompt": "a", "echo": 1})"), "echo");
  EXPECT_EQ(param_of(R"({"prompt": "a", "suffix": "b"})"), "suffix");
  EXPECT_EQ(param_of(R"({"prompt": "a", "best_of": 2})"), "best_of");
  std::string many = R"({"n": 16, "prompt": ["a")";
  for (int i = 0; i < 16; ++i) many += R"(,"a")";
  EXPECT_EQ(param_of(many + "]}"), "n");
}

TEST(TokenizeRequest, ContentOrMessages) {
  EXPECT_EQ(parse_tokenize_request(R"({"content": "x", "with_pieces": true})").content, "x");
  EXPECT_EQ(parse_tokenize_request(R"({"prompt": "x", "add_special_tokens": true})").add_special, true);
  EXPECT_EQ(parse_tokenize_request(R"({"messages": [{"role": "user", "content": "x"}]})").messages.size(), 1u);
  EXPECT_EQ(parse_tokenize_request(R"({"content": ""})").content, "");
  EXPECT_EQ(testing::fault_of([] { parse_tokenize_request("{}"); }).param, "content");
  EXPECT_EQ(testing::fault_of([] { parse_tokenize_request(R"({"content": "x", "messages": []})"); }).param, "messages");
}

TEST(DetokenizeRequest, IsAListOfIds) {
  EXPECT_EQ(parse_detokenize_request(R"({"tokens": [1, 2]})").tokens, (TokenIds{1, 2}));
  EXPECT_EQ(testing::fault_of([] { parse_detokenize_request(R"({"tokens": 1})"); }).param, "tokens");
  EXPECT_EQ(testing::fault_of([] { parse_detokenize_request(R"({"tokens": [1, "a"]})"); }).param, "tokens[1]");
}

}  // namespace
}  // namespace c2c::api
