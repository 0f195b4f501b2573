// Clients that come all at once, leave early, or are there when the server stops.
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "tests/rosetta/tiny.h"
#include "tests/serve/live_server.h"

namespace c2c::testing {
namespace {

const char* const kChat = "/v1/chat/completions";

Json long_chat(std::int64_t tokens = 300) {
  Json body = chat("Say much.", "receiver");
  body["ignore_eos"] = true;
  body["max_tokens"] = tokens;
  return body;
}

TEST(Load, AFullServerSaysWhenToComeBack) {
  const LiveServer live([](ServeConfig& config) {
    config.engine.max_running = 1;
    config.engine.max_queued = 2;
  });
  Busy busy(live.server->engine());
  std::vector<std::future<HttpReply>> replies;
  for (int i = 0; i < 3; ++i)
    replies.push_back(std::async(std::launch::async, [&] { return live.post(kChat, chat("x")); }));
  ASSERT_TRUE(eventually([&] { return live.server->engine().stats().waiting == 2; }));
  // Two wait in the engine's line; the third was refused by it, or is about to be.
  std::vector<HttpReply> all;
  const HttpReply extra = live.post(kChat, chat("y"));
  EXPECT_EQ(extra.status, 429) << extra.body;
  EXPECT_TRUE(extra.retry_after().has_value());
  EXPECT_EQ(error_of(extra)["code"], "queue_full");
  EXPECT_EQ(live.client().get("/health").status, 200) << "busy is not sick";
  busy.let_go();
  int answered = 0, refused = 0;
  for (auto& reply : replies) {
    const HttpReply got = reply.get();
    answered += got.status == 200 ? 1 : 0;
    refused += got.status == 429 ? 1 : 0;
  }
  EXPECT_EQ(answered, 2);
  EXPECT_EQ(refused, 1);
}

TEST(Load, AClientThatLeavesInTheLineFreesItsPlace) {
  const LiveServer live([](ServeConfig& config) { config.engine.max_running = 1; });
  Engine& engine = live.server->engine();
  Busy busy(engine);
  std::thread client([&] {
    HttpClientOptions options;
    options.idle_timeout = std::chrono::milliseconds(1500);
    HttpClient impatient(live.server->url(), options);
    EXPECT_THROW(impatient.post(kChat, chat("x").dump()), HttpError);
  });
  ASSERT_TRUE(eventually([&] { return engine.stats().waiting == 1; }));
  client.join();
  EXPECT_TRUE(eventually([&] { return engine.stats().waiting == 0; })) << "while the engine is still busy";
  EXPECT_EQ(engine.stats().cancelled, 1);
  busy.let_go();
  EXPECT_EQ(engine.stats().prompt_tokens, 0);
}

TEST(Load, AClientThatLeavesAStreamEndsItsDecoding) {
  const LiveServer live;
  Engine& engine = live.server->engine();
  live.stream(kChat, long_chat(), [&, seen = 0](const Json&) mutable { return ++seen < 4; });
  ASSERT_TRUE(eventually([&] { return engine.stats().cancelled == 1; }));
  EXPECT_LT(engine.stats().generated_tokens, 300);
  EXPECT_EQ(content(live.ask(kChat, chat("x"))), content(live.ask(kChat, chat("x"))));
}

TEST(Load, AClientThatLeavesDuringPrefillIsReadNoFurther) {
  const LiveServer live([](ServeConfig& config) { config.engine.prefill_chunk = 1; });
  Engine& engine = live.server->engine();
  // A neighbour that decodes a token between two pieces of the prompt, and stops the engine after some of them.
  std::mutex mutex;
  std::condition_variable changed;
  std::atomic<bool> counting = false;
  int tokens = 0;
  bool go_on = false;
  ModelConfig roomy = tiny_config(Family::kQwen3, 4, 2, 8);
  roomy.max_positions = 60'000;
  const auto rosetta =
      std::make_shared<const Rosetta>(tiny_model(roomy, 1), std::vector<SharerEntry>{}, RosettaOptions{});
  SectionPlan plan{
      .ids = {1, 2, 3}, .positions = {}, .padding = {}, .sections = {{.length = 3, .mask = 0}}, .sharers = {}};
  const EngineHandle neighbour =
      engine.submit({.model = rosetta,
                     .plan = plan,
                     .options = {.max_new_tokens = 50'000},
                     .on_token = [&](std::int64_t, const TokenLogprob*) {
                       if (!counting) {
                         std::this_thread::sleep_for(std::chrono::milliseconds(1));
                         counting = engine.stats().running == 2;
                         return true;
                       }
                       std::unique_lock lock(mutex);
                       if (++tokens == 10) changed.wait_for(lock, std::chrono::seconds(60), [&] { return go_on; });
                       return true;
                     }});
  std::thread client([&] {
    HttpClientOptions options;
    options.idle_timeout = std::chrono::milliseconds(4000);
    HttpClient impatient(live.server->url(), options);
    std::string words;
    for (int i = 0; i < 60; ++i) words += "word ";
    EXPECT_THROW(impatient.post(kChat, chat(words, "receiver").dump()), HttpError);
  });
  client.join();
  const auto reached = [&] {
    const std::lock_guard lock(mutex);
    return tokens == 10;
  };
  ASSERT_TRUE(reached()) << "the engine stands in the middle of the prompt";
  const std::int64_t read_before = engine.stats().prompt_tokens;
  std::this_thread::sleep_for(std::chrono::milliseconds(200));  // the server's threads notice that the client left
  {
    const std::lock_guard lock(mutex);
    go_on = true;
    changed.notify_all();
  }
  EXPECT_TRUE(eventually([&] { return engine.stats().cancelled == 1; }));
  EXPECT_EQ(engine.stats().prompt_tokens, read_before) << "a prompt counts when it has been read to its end";
  neighbour.cancel();
}

TEST(Load, SilentStreamsArePinged) {
  const LiveServer live([](ServeConfig& config) {
    config.ping_seconds = 1;
    config.engine.max_running = 1;
  });
  auto busy = std::make_unique<Busy>(live.server->engine());
  std::string bytes;
  std::thread release([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(2500));
    busy->let_go();
  });
  Json body = chat("x");
  body["stream"] = true;
  live.client().post_streamed(kChat, body.dump(), [&](std::string_view piece) {
    bytes += piece;
    return true;
  });
  release.join();
  EXPECT_NE(bytes.find(": ping"), std::string::npos) << bytes;
  EXPECT_NE(bytes.find("[DONE]"), std::string::npos);
}

TEST(Load, TimeIsLimited) {
  const LiveServer live([](ServeConfig& config) { config.timeout = 1; });
  Busy busy(live.server->engine());
  const HttpReply reply = live.post(kChat, chat("x"));
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(error_of(reply)["code"], "timeout");
  EXPECT_EQ(live.server->engine().stats().cancelled, 1);
}

TEST(Load, StoppingLetsShortAnswersFinishAndTellsLongOnes) {
  const LiveServer live([](ServeConfig& config) { config.grace = 1; });
  Busy busy(live.server->engine());
  std::promise<void> begun;
  auto events = std::async(std::launch::async, [&] {
    return live.stream(kChat, long_chat(), [&, first = true](const Json&) mutable {
      if (std::exchange(first, false)) begun.set_value();
      return true;
    });
  });
  begun.get_future().wait();
  // The engine is held for the whole grace time and then let go: what waits in its line has been cancelled by then.
  std::thread release([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    busy.let_go();
  });
  live.server->stop();
  release.join();
  const std::vector<Json> all = events.get();
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all.back()["error"]["code"], "shutting_down") << all.back();
}

TEST(Load, StoppingWaitsForWhatRuns) {
  const LiveServer live;
  const std::string alone = content(live.ask(kChat, long_chat(100)));
  auto reply = std::async(std::launch::async, [&] { return live.ask(kChat, long_chat(100)); });
  ASSERT_TRUE(eventually([&] { return live.server->engine().stats().running == 1; }));
  live.server->stop();
  EXPECT_EQ(content(reply.get()), alone);
}

}  // namespace
}  // namespace c2c::testing
