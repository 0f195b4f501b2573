#include "c2c/serve/api/chat_request.h"

#include "tests/serve/api/expect_fault.h"

namespace c2c::api {
namespace {

std::string with(const std::string& fields) {
  return R"({"messages": [{"role": "user", "content": "hello"}])" + (fields.empty() ? "" : ", " + fields) + "}";
}

std::string param_of(const std::string& body) {
  const ApiFault fault = testing::fault_of([&] { parse_chat_request(body); });
  EXPECT_EQ(fault.status, 400) << body;
  EXPECT_NE(fault.message.find(fault.param), std::string::npos) << fault.message;
  return fault.param;
}

TEST(ChatRequest, EveryFieldArrives) {
  const ChatRequest request = parse_chat_request(R"({
    "model": "a+b",
    "messages": [{"role": "developer", "content": "be brief"},
                 {"role": "user", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]}],
    "max_completion_tokens": 7, "temperature": 0.5, "top_p": 0.9, "top_k": 3, "min_p": 0.1, "seed": -2, "n": 2,
    "stop": ["x", "y"], "presence_penalty": 1, "frequency_penalty": -1, "repetition_penalty": 1.5,
    "logprobs": true, "top_logprobs": 4, "logit_bias": {"12": -100, "3": 5.5}, "stream": true,
    "stream_options": {"include_usage": true}, "ignore_eos": true, "user": "u",
    "chat_template_kwargs": {"enable_thinking": true}, "response_format": {"type": "text"},
    "store": false, "metadata": {"unknown": [1, 2]}, "tools": [], "tool_choice": "auto",
    "c2c": {"mode": "control", "sharers": ["b", 2], "fusion": "parallel", "control": "other", "context_tokens": 9}})");
  EXPECT_EQ(request.model, "a+b");
  EXPECT_EQ(request.messages, (Messages{{"system", "be brief"}, {"user", "one\ntwo"}}));
  const GenerationFields& g = request.generation;
  EXPECT_EQ(g.max_tokens, 7);
  EXPECT_EQ(g.temperature, 0.5);
  EXPECT_EQ(g.top_p, 0.9);
  EXPECT_EQ(g.top_k, 3);
  EXPECT_EQ(g.min_p, 0.1);
  EXPECT_EQ(g.seed, -2);
  EXPECT_EQ(g.choices, 2);
  EXPECT_EQ(g.stop, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(g.presence_penalty, 1);
  EXPECT_EQ(g.frequency_penalty, -1);
  EXPECT_EQ(g.repetition_penalty, 1.5);
  EXPECT_EQ(g.logit_bias, (std::vector<std::pair<std::int64_t, double>>{{12, -100}, {3, 5.5}}));
  EXPECT_EQ(request.logprobs, 4);
  EXPECT_TRUE(g.stream && g.include_usage && *g.ignore_eos && *request.enable_thinking);
  EXPECT_EQ(request.c2c.mode, "control");
  ASSERT_TRUE(request.c2c.sharers);
  EXPECT_EQ(std::get<std::string>(request.c2c.sharers->at(0)), "b");
  EXPECT_EQ(std::get<std::int64_t>(request.c2c.sharers->at(1)), 2);
  EXPECT_EQ(request.c2c.fusion, "parallel");
  EXPECT_EQ(request.c2c.control, "other");
  EXPECT_EQ(request.c2c.context_tokens, 9);
}

TEST(ChatRequest, WhatIsAbsentOrNullIsTheRuns) {
  const ChatRequest request = parse_chat_request(with(R"("temperature": null, "stop": null, "c2c": null, "n": null)"));
  EXPECT_FALSE(request.generation.temperature || request.generation.stop || request.c2c.mode || request.c2c.mask);
  EXPECT_EQ(request.generation.choices, 1);
  EXPECT_EQ(request.logprobs, -1);
  EXPECT_FALSE(request.generation.stream);
}

TEST(ChatRequest, WrongValuesNameTheirField) {
  for (const auto& [fields, param] : std::vector<std::pair<std::string, std::string>>{
           {R"("temperature": "hot")", "temperature"},
           {R"("temperature": -1)", "temperature"},
           {R"("top_p": 0)", "top_p"},
           {R"("top_p": 1.5)", "top_p"},
           {R"("max_tokens": 1.5)", "max_tokens"},
           {R"("max_tokens": -1)", "max_tokens"},
           {R"("max_tokens": 18446744073709551615)", "max_tokens"},
           {R"("max_tokens": 5, "max_completion_tokens": 6)", "max_completion_tokens"},
           {R"("n": 0)", "n"},
           {R"("n": 17)", "n"},
           {R"("seed": 1e300)", "seed"},
           {R"("stop": 5)", "stop"},
           {R"("stop": ["a", 5])", "stop[1]"},
           {R"("logit_bias": {"x": 1})", "logit_bias"},
           {R"("logit_bias": {"5": 101})", "logit_bias.5"},
           {R"("top_logprobs": 3)", "top_logprobs"},
           {R"("logprobs": true, "top_logprobs": 21)", "top_logprobs"},
           {R"("stream": "yes")", "stream"},
           {R"("stream_options": {"include_usage": true})", "stream_options"},
           {R"("stream": true, "stream_options": {"include_usage": 1})", "stream_options.include_usage"},
           {R"("tools": [{"type": "function"}])", "tools"},
           {R"("tool_choice": "required")", "tool_choice"},
           {R"("response_format": {"type": "json_object"})", "response_format.type"},
           {R"("chat_template_kwargs": {"enable_thinking": "no"})", "chat_template_kwargs.enable_thinking"},
           {R"("user": 5)", "user"},
           {R"("model": 5)", "model"},
           {R"("c2c": 5)", "c2c"},
           {R"("c2c": {"mood": "c2c"})", "c2c.mood"},
           {R"("c2c": {"mode": "loud"})", "c2c.mode"},
           {R"("c2c": {"mask": -1})", "c2c.mask"},
           {R"("c2c": {"sharers": [0]})", "c2c.sharers[0]"},
           {R"("c2c": {"sharers": [true]})", "c2c.sharers[0]"},
           {R"("c2c": {"sharers": [1], "mask": "all"})", "c2c.sharers"},
           {R"("c2c": {"fusion": "both"})", "c2c.fusion"},
           {R"("c2c": {"context_tokens": 0})", "c2c.context_tokens"}})
    EXPECT_EQ(param_of(with(fields)), param) << fields;
}

TEST(ChatRequest, MessagesNameTheirPlace) {
  for (const auto& [messages, param] : std::vector<std::pair<std::string, std::string>>{
           {R"("hello")", "messages"},
           {R"([])", "messages"},
           {R"([5])", "messages[0]"},
           {R"([{"content": "x"}])", "messages[0].role"},
           {R"([{"role": "robot", "content": "x"}])", "messages[0].role"},
           {R"([{"role": "user"}])", "messages[0].content"},
           {R"([{"role": "user", "content": 5}])", "messages[0].content"},
           {R"([{"role": "user", "content": []}])", "messages[0].content"},
           {R"([{"role": "user", "content": "x"}, {"role": "assistant", "content": "", "tool_calls": [{}]}])",
            "messages[1].tool_calls"},
           {R"([{"role": "user", "content": [{"type": "text", "text": "x"},
                                             {"type": "image_url", "image_url": {"url": "data:"}}]}])",
            "messages[0].content[1]"},
           {R"([{"role": "user", "content": [{"type": "text"}]}])", "messages[0].content[0].text"}})
    EXPECT_EQ(param_of(R"({"messages": )" + messages + "}"), param) << messages;
  EXPECT_EQ(param_of("{}"), "messages");
}

TEST(ChatRequest, WhatIsNoJsonObjectIsRefused) {
  for (const std::string body :
       {"", "[]", "5", "{", R"({"messages": "\ud800"})", "{\"a\": \"\xff\"}", R"({"a":1,"a":2})"}) {
    const ApiFault fault = testing::fault_of([&] { parse_chat_request(body); });
    EXPECT_EQ(fault.status, 400) << body;
    EXPECT_FALSE(fault.message.empty());
  }
  EXPECT_EQ(testing::fault_of([] { parse_chat_request(std::string(100'000, '[')); }).code, "invalid_json");
}

TEST(ChatRequest, LongTextsOfClientsAreShortenedInMessages) {
  const ApiFault fault =
      testing::fault_of([] { parse_chat_request(with(R"("c2c": {"mode": ")" + std::string(5000, 'x') + "\"}")); });
  EXPECT_LT(fault.message.size(), 400u);
}

TEST(PromptRequest, IsAConversationAndWhoSpeaks) {
  const PromptRequest request =
      parse_prompt_request(with(R"("model": "m", "c2c": {"mask": 3}, "add_generation_prompt": false)"));
  EXPECT_EQ(request.model, "m");
  EXPECT_EQ(request.c2c.mask, "3");
  EXPECT_FALSE(request.add_generation_prompt);
  EXPECT_EQ(testing::fault_of([] { parse_prompt_request(R"({"messages": 1})"); }).param, "messages");
}

}  // namespace
}  // namespace c2c::api
