#include "c2c/infer/engine/engine.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>

#include "c2c/base/error.h"
#include "tests/infer/engine/tiny_engine.h"

namespace c2c {
namespace {

using testing::alone;
using testing::Gate;
using testing::Holder;
using testing::tiny_plan;
using testing::tiny_rosetta;

constexpr std::size_t kRequests = 8;

std::size_t length_of(std::size_t request) {
  return 4 + 9 * request;
}

GenerateOptions options_of(std::size_t request) {
  GenerateOptions options{.max_new_tokens = static_cast<std::int64_t>(6 + 3 * (request % 4))};
  options.logprobs = 2;
  if (request == 3) options.sampling = {.temperature = 1.2, .top_p = 0.9, .repetition_penalty = 1.3, .seed = 5};
  if (request == 5) options.row_seeds = {17};
  if (request == 5) options.sampling = {.temperature = 0.8, .presence_penalty = 0.5};
  return options;
}

void expect_alike(const GeneratedRow& got, const GeneratedRow& expected, const std::string& what) {
  EXPECT_EQ(got.ids, expected.ids) << what;
  EXPECT_EQ(got.finish, expected.finish) << what;
  ASSERT_EQ(got.logprobs.size(), expected.logprobs.size()) << what;
  for (std::size_t i = 0; i < got.logprobs.size(); ++i)
    EXPECT_NEAR(got.logprobs[i].chosen, expected.logprobs[i].chosen, 1e-4) << what << ", token " << i;
}

struct Shape {
  std::size_t sharers = 0;
  bool include_response = false;
  FusionMode fusion = FusionMode::kSequential;
};

class Concurrent : public ::testing::TestWithParam<Shape> {};

// Eight prompts of unequal lengths join and leave one batch; each gets what it would get alone, however it is read.
TEST_P(Concurrent, EachRequestEqualsTheSameRequestAlone) {
  const auto rosetta =
      tiny_rosetta(GetParam().sharers, {.fusion = GetParam().fusion, .include_response = GetParam().include_response});
  const auto plan = [&](std::size_t r) {
    return tiny_plan(GetParam().sharers, length_of(r), static_cast<std::int32_t>(r));
  };
  std::vector<GeneratedRow> expected;
  for (std::size_t r = 0; r < kRequests; ++r) expected.push_back(alone(*rosetta, plan(r), options_of(r)));
  for (const std::int64_t chunk : {1, 7, 256}) {
    Engine engine({.max_running = 5, .prefill_chunk = chunk});
    std::vector<std::vector<std::int64_t>> streamed(kRequests);
    std::vector<EngineHandle> handles;
    {
      const Holder holder(engine, rosetta);
      for (std::size_t r = 0; r < kRequests; ++r)
        handles.push_back(engine.submit({.model = rosetta,
                                         .plan = plan(r),
                                         .options = options_of(r),
                                         .on_token = [&streamed, r](std::int64_t id, const TokenLogprob* logprob) {
                                           EXPECT_NE(logprob, nullptr);
                                           streamed[r].push_back(id);
                                           return true;
                                         }}));
    }
    for (std::size_t r = 0; r < kRequests; ++r) {
      const std::string what = "request " + std::to_string(r) + ", chunk " + std::to_string(chunk);
      const EngineResult& result = handles[r].wait();
      expect_alike(result.row, expected[r], what);
      EXPECT_EQ(streamed[r], expected[r].ids) << what;
      EXPECT_EQ(result.decode_steps, static_cast<std::int64_t>(expected[r].ids.size()) - 1);
      EXPECT_EQ(result.prompt_tokens, static_cast<std::int64_t>(length_of(r)));
      EXPECT_GT(result.cache_bytes, 0);
      EXPECT_GT(result.prefill.receiver_prefill, 0);
      EXPECT_GE(result.first_token_seconds, result.queue_seconds);
    }
    const EngineStats stats = engine.stats();
    EXPECT_TRUE(GetParam().include_response || chunk < 256 || stats.decode_rows > stats.decode_steps)
        << "nothing was batched";
    EXPECT_EQ(stats.finished, static_cast<std::int64_t>(kRequests) + 1);
    EXPECT_EQ(stats.running + stats.waiting, 0);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Concurrent,
                         ::testing::Values(Shape{0}, Shape{1}, Shape{2}, Shape{2, false, FusionMode::kParallel},
                                           Shape{1, true}, Shape{2, true}));

TEST(Engine, RequestsOfDifferentModelsTakeTurns) {
  const auto one = tiny_rosetta(0), two = tiny_rosetta(1);
  const GenerateOptions options{.max_new_tokens = 40};
  Engine engine;
  std::string order;
  std::vector<EngineHandle> handles;
  {
    const Holder holder(engine, one);
    for (int r = 0; r < 2; ++r)
      for (const auto& rosetta : {one, two})
        handles.push_back(engine.submit({.model = rosetta,
                                         .plan = tiny_plan(rosetta->sharers().size(), 11, r),
                                         .options = options,
                                         .on_token = [&, who = rosetta == one ? 'a' : 'b'](auto, auto) {
                                           order += who;
                                           return true;
                                         }}));
  }
  for (std::size_t h = 0; h < handles.size(); ++h) {
    const auto& rosetta = h % 2 == 0 ? one : two;
    const SectionPlan plan = tiny_plan(rosetta->sharers().size(), 11, static_cast<std::int32_t>(h / 2));
    EXPECT_EQ(handles[h].wait().row.ids, alone(*rosetta, plan, options).ids);
  }
  EXPECT_NE(order.find("aabbaabb"), std::string::npos) << order;
}

// While a long prompt is read piece by piece, whoever is being answered goes on, one token a piece.
TEST(Engine, RunningRequestsDecodeWhileALongPromptIsRead) {
  std::atomic<int> pieces = 0;
  const auto talking = tiny_rosetta(0);
  const auto reading = tiny_rosetta(0, {}, [&](const ForwardInput&) { ++pieces; });
  Engine engine({.prefill_chunk = 4});
  std::vector<int> seen;
  EngineHandle late;
  const EngineHandle early = engine.submit(
      {.model = talking, .plan = tiny_plan(0, 3, 1), .options = {.max_new_tokens = 30}, .on_token = [&](auto, auto) {
         seen.push_back(pieces);
         if (seen.size() == 1)
           late = engine.submit({.model = reading, .plan = tiny_plan(0, 80, 2), .options = {.max_new_tokens = 1}});
         return true;
       }});
  EXPECT_EQ(early.wait().row.ids.size(), 30u);
  late.wait();
  EXPECT_GE(pieces, 20);
  for (std::size_t i = 1; i < seen.size(); ++i) EXPECT_LE(seen[i] - seen[i - 1], 1) << "token " << i;
  EXPECT_GE(seen.back(), 20);
}

TEST(Engine, AWaitingRequestIsCancelledAtOnce) {
  const auto rosetta = tiny_rosetta(1);
  Engine engine;
  bool was_called = false;
  const Holder holder(engine, rosetta);
  const EngineHandle waiting = engine.submit(
      {.model = rosetta, .plan = tiny_plan(1, 9, 2), .on_token = [&](auto, auto) { return was_called = true; }});
  EXPECT_FALSE(waiting.is_done());
  waiting.cancel();
  EXPECT_TRUE(waiting.is_done()) << "although the compute thread is still held";
  EXPECT_EQ(waiting.wait().row.finish, FinishReason::kCancelled);
  EXPECT_TRUE(waiting.wait().row.ids.empty());
  EXPECT_EQ(engine.stats().cancelled, 1);
  EXPECT_EQ(engine.stats().waiting, 0);
  EXPECT_FALSE(was_called);
}

TEST(Engine, AHalfReadPromptIsCancelledBehindItsPiece) {
  int pieces = 0;
  EngineHandle handle;
  const auto other = tiny_rosetta(0);
  const auto rosetta = tiny_rosetta(0, {}, [&](const ForwardInput&) {
    if (++pieces == 3) handle.cancel();
  });
  Engine engine({.prefill_chunk = 2});
  {
    const Holder holder(engine, other);
    handle = engine.submit({.model = rosetta, .plan = tiny_plan(0, 40, 2)});
  }
  EXPECT_EQ(handle.wait().row.finish, FinishReason::kCancelled);
  EXPECT_TRUE(handle.wait().row.ids.empty());
  EXPECT_EQ(pieces, 3);
}

TEST(Engine, ARunningAnswerIsCancelledAndKeepsItsTokens) {
  const auto rosetta = tiny_rosetta(1);
  const SectionPlan plan = tiny_plan(1, 9, 2);
  Engine engine;
  EngineHandle handle;
  {
    const Holder holder(engine, rosetta);
    handle = engine.submit({.model = rosetta,
                            .plan = plan,
                            .options = {.max_new_tokens = 100},
                            .on_token = [&, count = 0](auto, auto) mutable {
                              if (++count == 4) handle.cancel();
                              return true;
                            }});
  }
  const GeneratedRow& row = handle.wait().row;
  EXPECT_EQ(row.finish, FinishReason::kCancelled);
  EXPECT_EQ(row.ids, alone(*rosetta, plan, {.max_new_tokens = 4}).ids);
  EXPECT_EQ(engine.stats().cancelled, 1);
}

TEST(Engine, TheCallbackEndsItsRequestAlone) {
  const auto rosetta = tiny_rosetta(1);
  const GenerateOptions options{.max_new_tokens = 12};
  Engine engine;
  std::vector<EngineHandle> handles;
  {
    const Holder holder(engine, rosetta);
    for (int r = 0; r < 3; ++r)
      handles.push_back(engine.submit({.model = rosetta,
                                       .plan = tiny_plan(1, 9, r),
                                       .options = options,
                                       .on_token = [r, count = 0](auto, auto) mutable {
                                         if (r == 2 && count == 4) throw std::runtime_error("the client is gone");
                                         return ++count < 3 || r != 1;
                                       }}));
  }
  EXPECT_EQ(handles[0].wait().row.ids, alone(*rosetta, tiny_plan(1, 9, 0), options).ids);
  EXPECT_EQ(handles[1].wait().row.ids, alone(*rosetta, tiny_plan(1, 9, 1), {.max_new_tokens = 3}).ids);
  EXPECT_EQ(handles[1].wait().row.finish, FinishReason::kCancelled);
  EXPECT_THROW(handles[2].wait(), std::runtime_error);
  const EngineStats stats = engine.stats();
  EXPECT_EQ(stats.failed, 1);
  EXPECT_EQ(stats.finished, 3) << "the holder, the first, and the one that its owner ended";
}

// What a request is guilty of reaches nobody else.
TEST(Engine, ErrorsReachTheirRequestAlone) {
  bool poisoned = false;
  const auto throw_on_59 = [&](const ForwardInput& input) {
    if (input.ids_BN.size(1) > 1 || !input.ids_BN.eq(59).any().item<bool>()) return;
    poisoned = true;
    throw std::runtime_error("59 is poison");
  };
  const auto rosetta = tiny_rosetta(0, {}, {}, throw_on_59);  // when all rows have written their K and V
  const GenerateOptions options{.max_new_tokens = 8, .logprobs = 0}, many{.max_new_tokens = 80, .logprobs = 0};
  Engine engine;
  EngineHandle good, late, long_prompt, foreign_id, poison;
  {
    const Holder holder(engine, rosetta);
    good = engine.submit({.model = rosetta, .plan = tiny_plan(0, 9, 1), .options = options});
    long_prompt = engine.submit({.model = rosetta, .plan = tiny_plan(0, 201, 2), .options = options});
    SectionPlan plan = tiny_plan(0, 9, 3);
    plan.ids[4] = 60;
    foreign_id = engine.submit({.model = rosetta, .plan = plan, .options = options});
    GenerateOptions loud = options;  // no token comes twice, so that 59 comes one day
    loud.max_new_tokens = 70;
    loud.sampling = {.presence_penalty = 1000};
    poison = engine.submit({.model = rosetta, .plan = tiny_plan(0, 9, 4), .options = loud});
    late = engine.submit({.model = rosetta, .plan = tiny_plan(0, 5, 5), .options = many});
  }
  const auto expect_usage = [](const EngineHandle& handle, const std::string& word) {
    try {
      handle.wait();
      FAIL() << word;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
    }
  };
  expect_usage(long_prompt, "201");
  expect_usage(foreign_id, "60");
  EXPECT_THROW(poison.wait(), std::runtime_error);
  EXPECT_TRUE(poisoned);
  const auto clean = tiny_rosetta(0);
  expect_alike(good.wait().row, alone(*clean, tiny_plan(0, 9, 1), options), "a short answer");
  expect_alike(late.wait().row, alone(*clean, tiny_plan(0, 5, 5), many), "in the batch of the one that failed");
  EXPECT_EQ(engine.stats().failed, 3);
}

TEST(Engine, WrongRequestsAreRefusedAtTheDoor) {
  const auto rosetta = tiny_rosetta(0);
  Engine engine({.max_running = 1, .max_queued = 2});
  GenerateOptions cold;
  cold.sampling.temperature = -1;
  EXPECT_THROW((void)engine.submit({.model = rosetta, .plan = tiny_plan(0, 4, 1), .options = cold}), Error);
  EXPECT_THROW((void)engine.submit({.plan = tiny_plan(0, 4, 1)}), Error);
  EXPECT_THROW(Engine({.max_running = 0}), Error);
  EXPECT_THROW(Engine({.prefill_chunk = 0}), Error);
  EXPECT_THROW(Engine({.prefix_cache_mb = -1}), Error);
}

TEST(Engine, OnlySoManyMayWait) {
  const auto rosetta = tiny_rosetta(0);
  const GenerateOptions options{.max_new_tokens = 3};
  Engine engine({.max_running = 1, .max_queued = 2});
  std::vector<EngineHandle> handles;
  {
    const Holder holder(engine, rosetta);
    const auto submit = [&] {
      return engine.submit({.model = rosetta, .plan = tiny_plan(0, 8, 1), .options = options});
    };
    handles.push_back(submit());
    handles.push_back(submit());
    try {
      handles.push_back(submit());
      FAIL();
    } catch (const QueueFull& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      EXPECT_NE(std::string(error.what()).find("2 requests waiting"), std::string::npos) << error.what();
    }
    EXPECT_EQ(engine.stats().waiting, 2);
    EXPECT_EQ(engine.stats().refused, 1);
    handles.front().cancel();
    handles.push_back(submit());  // there is room again
  }
  for (std::size_t h = 1; h < handles.size(); ++h) EXPECT_EQ(handles[h].wait().row.ids.size(), 3u);
}

TEST(Engine, StoppingCancelsOrFinishes) {
  const auto rosetta = tiny_rosetta(1);
  for (const StopMode mode : {StopMode::kCancel, StopMode::kFinish}) {
    Engine engine({.max_running = 2});
    Gate started;
    std::vector<EngineHandle> handles;
    for (int r = 0; r < 5; ++r)
      handles.push_back(engine.submit({.model = rosetta,
                                       .plan = tiny_plan(1, 20, r),
                                       .options = {.max_new_tokens = 60},
                                       .on_token = [&](auto, auto) {
                                         started.open();
                                         return true;
                                       }}));
    ASSERT_TRUE(started.pass());
    engine.stop(mode);
    for (const EngineHandle& handle : handles) {
      EXPECT_TRUE(handle.is_done());
      EXPECT_EQ(handle.wait().row.finish, mode == StopMode::kCancel ? FinishReason::kCancelled : FinishReason::kLength);
    }
    EXPECT_THROW((void)engine.submit({.model = rosetta, .plan = tiny_plan(1, 8, 1)}), Error);
    engine.stop();
    EXPECT_EQ(engine.stats().waiting + engine.stats().running, 0);
  }
}

// Handles outlive their engine; stopping from a callback and letting go inside of one wait for nobody.
TEST(Engine, NobodyWaitsForWhatNeverEnds) {
  const auto rosetta = tiny_rosetta(0);
  EngineHandle survivor, self;
  bool was_told = false;
  {
    Engine engine;
    survivor = engine.submit({.model = rosetta, .plan = tiny_plan(0, 8, 2), .options = {.max_new_tokens = 190}});
    const EngineHandle stopper = engine.submit(
        {.model = rosetta, .plan = tiny_plan(0, 8, 1), .options = {.max_new_tokens = 50}, .on_token = [&](auto, auto) {
           {
             const EngineHandle dropped = std::move(survivor);
           }
           engine.stop(StopMode::kCancel);
           return true;
         }});
    stopper.wait();
  }
  {
    Engine engine;
    {
      const Holder holder(engine, rosetta);
      self = engine.submit({.model = rosetta,
                            .plan = tiny_plan(0, 8, 1),
                            .options = {.max_new_tokens = 50},
                            .on_token = [&](auto, auto) {
                              try {
                                self.wait();
                              } catch (const Error& error) {
                                was_told = error.kind() == ErrorKind::kInternal;
                              }
                              return true;
                            }});
      survivor = engine.submit({.model = rosetta, .plan = tiny_plan(0, 8, 1), .options = {.max_new_tokens = 99}});
    }
  }
  EXPECT_TRUE(survivor.is_done());
  EXPECT_EQ(survivor.wait().row.finish, FinishReason::kCancelled);
  survivor.cancel();
  self.wait();
  EXPECT_TRUE(was_told || self.wait().row.ids.empty());
}

TEST(Engine, LettingGoOfAHandleEndsItsRequestFirst) {
  const auto rosetta = tiny_rosetta(0);
  Engine engine;
  Gate started;
  auto tokens = std::make_unique<std::vector<std::int64_t>>();
  {
    const EngineHandle handle = engine.submit({.model = rosetta,
                                               .plan = tiny_plan(0, 8, 1),
                                               .options = {.max_new_tokens = 190},
                                               .on_token = [&started, into = tokens.get()](std::int64_t id, auto) {
                                                 into->push_back(id);
                                                 started.open();
                                                 return true;
                                               }});
    ASSERT_TRUE(started.pass());
  }
  tokens.reset();  // nobody writes to it any more
  EXPECT_EQ(engine.stats().cancelled + engine.stats().finished, 1);
}

// Clients of all manners at once. Whoever is not cancelled gets what the request gets alone, and everyone an end.
TEST(Engine, ManyThreadsSubmitCancelAndLetGo) {
  const auto rosetta = tiny_rosetta(1);
  const GenerateOptions options{.max_new_tokens = 5};
  std::vector<GeneratedRow> expected;
  for (int r = 0; r < 4; ++r) expected.push_back(alone(*rosetta, tiny_plan(1, 8, r), options));
  for (const StopMode mode : {StopMode::kFinish, StopMode::kCancel}) {
    Engine engine({.max_running = 3, .max_queued = 5, .prefill_chunk = 3});
    std::atomic<int> finished = 0, cancelled = 0, turned_away = 0;
    const auto client = [&](int seed) {
      for (int i = 0; i < 25; ++i) {
        const int manner = (seed + i) % 7, prompt = (seed * 3 + i) % 4;
        try {
          const EngineHandle handle =
              engine.submit({.model = rosetta, .plan = tiny_plan(1, 8, prompt), .options = options});
          if (manner == 0) continue;  // lets go
          if (manner < 3) handle.cancel();
          const GeneratedRow& row = handle.wait().row;
          ++(row.finish == FinishReason::kCancelled ? cancelled : finished);
          EXPECT_TRUE(row.finish == FinishReason::kCancelled ||
                      row.ids == expected[static_cast<std::size_t>(prompt)].ids);
        } catch (const Error&) {  // the line is full, or the engine has stopped
          ++turned_away;
        }
      }
    };
    std::vector<std::thread> clients;
    for (int t = 0; t < 6; ++t) clients.emplace_back(client, t);
    while (finished < 10) std::this_thread::yield();
    if (mode == StopMode::kCancel) engine.stop(mode);
    for (std::thread& thread : clients) thread.join();
    engine.stop(mode);
    const EngineStats stats = engine.stats();
    EXPECT_EQ(stats.submitted, stats.finished + stats.cancelled);
    EXPECT_EQ(stats.waiting + stats.running + stats.failed, 0);
  }
}

TEST(Engine, AnAnswerEndsWhereTheContextDoes) {
  const auto rosetta = tiny_rosetta(0);
  Engine engine;
  const EngineHandle nearly = engine.submit({.model = rosetta, .plan = tiny_plan(0, 195, 1)});
  const EngineHandle full = engine.submit({.model = rosetta, .plan = tiny_plan(0, 200, 1)});
  const EngineHandle nothing =
      engine.submit({.model = rosetta, .plan = tiny_plan(0, 200, 1), .options = {.max_new_tokens = 0}});
  EXPECT_EQ(nearly.wait().row.ids.size(), 5u);
  EXPECT_EQ(nearly.wait().row.finish, FinishReason::kLength);
  EXPECT_THROW(full.wait(), Error);
  EXPECT_TRUE(nothing.wait().row.ids.empty());
  EXPECT_EQ(nothing.wait().first_token_seconds, 0);
  EXPECT_EQ(rosetta.use_count(), 1) << "ended requests hold nothing";
}

TEST(Engine, LastTokensOfAPromptAreScoredBesideTheLogits) {
  const auto rosetta = tiny_rosetta(1);
  const SectionPlan plan = tiny_plan(1, 20, 3);
  Engine engine;
  const auto ask = [&](std::int64_t scored) {
    return engine.submit({.model = rosetta,
                          .plan = plan,
                          .options = {.max_new_tokens = 0},
                          .prompt_logprobs = scored,
                          .keep_logits = true});
  };
  const EngineHandle first = ask(0), second = ask(4);
  RosettaState state;
  const at::Tensor logits = rosetta->prefill({plan}, state);
  EXPECT_TRUE(first.wait().prompt_scores.empty());
  EXPECT_LT((first.wait().logits_V - logits[0]).abs().max().item<double>(), 2e-5);
  ASSERT_EQ(second.wait().prompt_scores.size(), 4u);
  EXPECT_EQ(second.wait().reused_receiver_tokens, 15);
  for (const TokenScore& score : second.wait().prompt_scores) EXPECT_LT(score.logprob, 0);
  EXPECT_TRUE(first.wait().row.ids.empty());
}

TEST(Engine, StopIdsAndStats) {
  const auto rosetta = tiny_rosetta(2);
  const SectionPlan plan = tiny_plan(2, 14, 3);
  const GeneratedRow free = alone(*rosetta, plan, {.max_new_tokens = 6});
  const GenerateOptions options{.max_new_tokens = 6, .stop_ids = {free.ids[2]}};
  Engine engine;
  const EngineHandle handle = engine.submit({.model = rosetta, .plan = plan, .options = options});
  const GeneratedRow& row = handle.wait().row;
  EXPECT_EQ(row.finish, FinishReason::kStop);
  EXPECT_EQ(row.ids.back(), free.ids[2]);
  const EngineStats stats = engine.stats();
  EXPECT_EQ(stats.submitted, 1);
  EXPECT_EQ(stats.prompt_tokens, 14);
  EXPECT_EQ(stats.sharer_tokens, 14 + 17);
  EXPECT_EQ(stats.generated_tokens, static_cast<std::int64_t>(row.ids.size()));
  EXPECT_EQ(stats.decode_rows, static_cast<std::int64_t>(row.ids.size()) - 1);
  EXPECT_GT(stats.prefill.sharer_prefill, 0);
  EXPECT_GT(stats.prefill.fuse, 0);
  EXPECT_GE(stats.prefill_seconds,
            stats.prefill.sharer_prefill + stats.prefill.receiver_prefill + stats.prefill.fuse - 1e-3);
}

}  // namespace
}  // namespace c2c
