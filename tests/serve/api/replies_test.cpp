#include "c2c/serve/api/replies.h"

#include <gtest/gtest.h>

#include "c2c/serve/api/api_error.h"

namespace c2c::api {
namespace {

const ReplyHead kHead{"chatcmpl-1", 1700000000, "a+b"};

TEST(Replies, AWholeChatCompletionIsOpenAis) {
  ChatChoice choice{.content = "hi", .finish = "stop", .context = {}, .tokens = {}, .timings = {}};
  choice.timings.first_token = 0.25;
  const Json reply = chat_completion(kHead, {choice}, {.prompt_tokens = 5, .completion_tokens = 2, .cached_tokens = 3});
  EXPECT_EQ(reply["object"], "chat.completion");
  EXPECT_EQ(reply["choices"][0]["message"]["role"], "assistant");
  EXPECT_EQ(reply["choices"][0]["message"]["content"], "hi");
  EXPECT_FALSE(reply["choices"][0]["message"].contains("c2c_context"));
  EXPECT_EQ(reply["choices"][0]["finish_reason"], "stop");
  EXPECT_TRUE(reply["choices"][0]["logprobs"].is_null());
  EXPECT_EQ(reply["usage"]["total_tokens"], 7);
  EXPECT_EQ(reply["usage"]["prompt_tokens_details"]["cached_tokens"], 3);
  EXPECT_EQ(reply["timings"]["first_token_ms"], 250.0);
}

TEST(Replies, TimingsOfSeveralAnswersStandInEach) {
  const Json reply = chat_completion(kHead, {ChatChoice{}, ChatChoice{}}, {});
  EXPECT_FALSE(reply.contains("timings"));
  EXPECT_TRUE(reply["choices"][1].contains("timings"));
  EXPECT_EQ(reply["choices"][1]["index"], 1);
}

TEST(Replies, ChunksCarryADeltaAndAFinish) {
  const Json chunk = chat_chunk(kHead, 1, {{"content", "x"}});
  EXPECT_EQ(chunk["object"], "chat.completion.chunk");
  EXPECT_EQ(chunk["choices"][0]["index"], 1);
  EXPECT_TRUE(chunk["choices"][0]["finish_reason"].is_null());
  EXPECT_EQ(chat_chunk(kHead, 0, Json::object(), "length")["choices"][0]["finish_reason"], "length");
  const Json usage = usage_chunk(kHead, kChatChunk, {.prompt_tokens = 1, .completion_tokens = 2});
  EXPECT_TRUE(usage["choices"].empty());
  EXPECT_EQ(usage["usage"]["completion_tokens"], 2);
}

TEST(Replies, ChatLogprobsCarryBytesWhereTheyAreWhole) {
  const Json json = chat_logprobs({{"é", -0.5, {{"é", -0.5}, {"\xEF\xBF\xBD", -1}}}});
  EXPECT_EQ(json["content"][0]["bytes"], (std::vector<int>{0xC3, 0xA9}));
  EXPECT_EQ(json["content"][0]["top_logprobs"][1]["logprob"], -1.0);
  EXPECT_TRUE(json["content"][0]["top_logprobs"][1]["bytes"].is_null());
}

TEST(Replies, TextLogprobsAreListsAndTheirOffsetsCharacters) {
  const Json json = text_logprobs({{"é", {}, {}}, {"ab", -0.25, {{"cd", -0.125}, {"cd", -3}}}, {"x", -2, {{"x", -2}}}});
  EXPECT_EQ(json["tokens"], (std::vector<std::string>{"é", "ab", "x"}));
  EXPECT_EQ(json["text_offset"], (std::vector<int>{0, 1, 3}));
  EXPECT_TRUE(json["token_logprobs"][0].is_null());
  EXPECT_TRUE(json["top_logprobs"][0].is_null());
  // The likelier of two tokens that look alike; and the token that is there, so that its place can be judged.
  EXPECT_EQ(json["top_logprobs"][1]["cd"], -0.125);
  EXPECT_EQ(json["top_logprobs"][1]["ab"], -0.25);
  EXPECT_EQ(json["top_logprobs"][2].size(), 1u);
}

TEST(Replies, NumbersThatJsonLacksAreReplaced) {
  const Json json = text_logprobs({{"a", -std::numeric_limits<double>::infinity(), {}}});
  EXPECT_EQ(json["token_logprobs"][0], -9999.0);
}

TEST(Replies, ErrorsAreOpenAisObject) {
  const Json json = Json::parse(error_body({.status = 400, .message = "m\xff", .param = "p"}));
  EXPECT_EQ(json["error"]["type"], "invalid_request_error");
  EXPECT_EQ(json["error"]["param"], "p");
  EXPECT_TRUE(json["error"]["code"].is_null());
}

TEST(Replies, LibraryErrorsBecomeFaults) {
  const auto fault = [](ErrorKind kind, ErrorInfo info) { return fault_of(Error(kind, std::move(info))); };
  EXPECT_EQ(fault(ErrorKind::kUsage, {.where = "sampling", .key = "top_p", .found = "2"}).param, "top_p");
  EXPECT_EQ(
      fault(ErrorKind::kUsage, {.where = "prompt", .found = "9 tokens", .expected = "fewer than the 8 positions"}).code,
      "context_length_exceeded");
  EXPECT_EQ(fault(ErrorKind::kInput, {.where = "x", .found = "no memory left"}).status, 503);
  const ApiFault ours = fault(ErrorKind::kInternal, {.where = "secret place"});
  EXPECT_EQ(ours.status, 500);
  EXPECT_EQ(ours.message.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace c2c::api
