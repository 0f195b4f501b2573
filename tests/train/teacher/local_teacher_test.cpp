#include "c2c/train/teacher/local_teacher.h"

#include <gtest/gtest.h>

#include <thread>

#include "c2c/base/error.h"
#include "c2c/infer/pipelines/session.h"
#include "tests/testing/golden.h"

namespace c2c {
namespace {

RunConfig tiny() {
  RunConfig config;
  config.receiver.model = (testing::golden_dir() / "models" / "tiny-qwen3").string();
  config.mode = "receiver";
  config.dtype = "f32";
  config.max_new_tokens = 12;
  config.engine.max_running = 4;
  return config;
}

std::vector<Messages> questions() {
  std::vector<Messages> all;
  for (const char* text :
       {"Name a colour.", "Two and two?", "Who wrote it, and when, and for whom?", "Hi", "Why?", "So"})
    all.push_back({{"user", text}});
  return all;
}

// Every question at once, a thread each.
std::vector<Reply> ask_all(Teacher& teacher, const std::vector<Messages>& all, std::uint64_t first_seed = 0) {
  std::vector<Reply> replies(all.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < all.size(); ++i)
    threads.emplace_back([&, i] { replies[i] = teacher.answer(all[i], first_seed + i); });
  for (std::thread& thread : threads) thread.join();
  return replies;
}

TEST(LocalTeacher, AnswersTogetherAsASessionDoesAlone) {
  const auto teacher = make_local_teacher(tiny());
  const auto replies = ask_all(*teacher, questions());
  Session session(tiny());
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const Answer alone = session.run({.messages = questions()[i]});
    EXPECT_EQ(replies[i].text, alone.text);
    EXPECT_EQ(replies[i].finish, alone.finish);
    EXPECT_FALSE(alone.ids.empty());
  }
}

TEST(LocalTeacher, ASampledReplyDependsOnItsSeedAlone) {
  RunConfig config = tiny();
  config.sampling.temperature = 1;
  const auto teacher = make_local_teacher(config);
  const auto replies = ask_all(*teacher, questions(), 100);
  for (std::size_t i = 0; i < replies.size(); ++i) EXPECT_EQ(teacher->answer(questions()[i], 100 + i), replies[i]);
  EXPECT_NE(teacher->answer(questions()[0], 7).text, replies[0].text);
}

TEST(LocalTeacher, AsksForNoMoreThanTheContextHolds) {
  RunConfig config = tiny();
  config.max_new_tokens = 32768;
  config.stop = {"e"};  // a random model may never end by itself
  std::vector<std::string> warnings;
  set_log_sink([&](LogLevel level, std::string_view line) {
    if (level == LogLevel::kWarning) warnings.emplace_back(line);
  });
  const Reply reply = make_local_teacher(config)->answer({{"user", "Hi"}}, 0);
  set_log_sink({});
  EXPECT_TRUE(warnings.empty()) << warnings[0];
  EXPECT_EQ(reply.text.find('e'), std::string::npos);
}

TEST(LocalTeacher, ItsIdentityIsWhatChangesReplies) {
  const auto before = make_local_teacher(tiny())->identity();
  RunConfig same = tiny(), other = tiny();
  same.engine.max_running = 1;
  same.sampling.seed = 5;  // each row has its own
  EXPECT_EQ(make_local_teacher(same)->identity(), before);
  other.sampling.temperature = 0.5;
  EXPECT_NE(make_local_teacher(other)->identity(), before);
  other = tiny();
  other.thinking = true;
  EXPECT_NE(make_local_teacher(other)->identity(), before);
}

TEST(LocalTeacher, APromptThatDoesNotFitIsTheRowsOwnFailure) {
  const auto teacher = make_local_teacher(tiny());
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "word ";
  EXPECT_THROW(teacher->answer({{"user", text}}, 0), Error);
  EXPECT_FALSE(teacher->answer({{"user", "Hi"}}, 0).finish.empty());
}

}  // namespace
}  // namespace c2c
