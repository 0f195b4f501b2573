#include "c2c/train/data/prepared.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "tests/text/align/chunk_tokenizer.h"

namespace c2c {
namespace {

using testing::ChunkTokenizer;
namespace fs = std::filesystem;

constexpr const char* kTemplate =
    "{% for m in messages %}<{{ m.role[0] }}>{{ m.content }}<end>{% endfor %}{% if add_generation_prompt %}<a>{% endif "
    "%}";

class PreparedTest : public ::testing::Test {
 protected:
  PreparedTest() : folder_(fs::temp_directory_path() / ("c2c_prepared_" + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
  }
  ~PreparedTest() override { fs::remove_all(folder_); }

  static AlignModel model(std::size_t chunk) {
    return {"chunks", std::make_shared<ChunkTokenizer>(chunk, ChunkTokenizer::kFirstTag + 6),
            std::make_shared<const ChatTemplate>("test", kTemplate)};
  }
  static std::optional<Messages> conversation(std::int64_t i, std::string* why) {
    if (i % 10 == 3) {
      *why = "a bad row";
      return std::nullopt;
    }
    if (i % 10 == 4) return Messages{{"user", "no answer"}};
    return Messages{{"user", "ab" + std::to_string(i)}, {"assistant", "answer " + std::to_string(i)}};
  }
  std::shared_ptr<const PreparedSamples> prepare(std::int64_t rows) {
    return prepare_samples(folder_ / "samples", "key", rows, conversation, encoder_);
  }

  fs::path folder_;
  SampleEncoder encoder_{model(1), {{model(2), AlignStrategy::kSpan}}, {}};
};

TEST_F(PreparedTest, HoldsEverySampleAndCountsTheOthers) {
  const auto samples = prepare(9000);
  EXPECT_EQ(samples->size(), 7200);
  EXPECT_EQ(samples->counts().skipped[static_cast<std::size_t>(Skipped::kUnreadable)], 900);
  EXPECT_EQ(samples->counts().skipped[static_cast<std::size_t>(Skipped::kNoResponse)], 900);
  std::int64_t at = 0, tokens = 0;
  for (std::int64_t i = 0; i < 9000; ++i) {
    std::string why;
    const auto messages = conversation(i, &why);
    if (!messages || messages->size() < 2) continue;
    const Sample expected = encoder_.encode(*messages).sample, got = samples->sample(at++);
    ASSERT_EQ(got.plan.ids, expected.plan.ids) << i;
    ASSERT_EQ(got.labels, expected.labels) << i;
    ASSERT_EQ(got.plan.sharers[0].source, expected.plan.sharers[0].source) << i;
    tokens += static_cast<std::int64_t>(expected.plan.ids.size());
  }
  EXPECT_EQ(samples->counts().tokens, tokens);
  EXPECT_EQ(samples->shared_prefix(), (std::vector<std::int64_t>{3, 2}));  // <u> a b; <u> ab
}

TEST_F(PreparedTest, IsOpenedAgainUnderItsKeyOnly) {
  EXPECT_EQ(PreparedSamples::open(folder_ / "samples", "key"), nullptr);
  prepare(20);
  EXPECT_EQ(PreparedSamples::open(folder_ / "samples", "key")->size(), 16);
  EXPECT_EQ(PreparedSamples::open(folder_ / "samples", "another"), nullptr);
}

TEST_F(PreparedTest, NothingToLearnIsAnError) {
  const MessagesAt none = [](std::int64_t, std::string*) -> std::optional<Messages> { return Messages{{"user", "x"}}; };
  EXPECT_THROW(prepare_samples(folder_ / "samples", "key", 5, none, encoder_), Error);
  EXPECT_THROW(prepare_samples(folder_ / "samples", "key", 0, none, encoder_), Error);
  EXPECT_FALSE(fs::exists(folder_ / "samples"));
}

TEST_F(PreparedTest, DamagedFilesAreErrors) {
  prepare(6);
  std::ifstream in(folder_ / "samples", std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(in)), {});
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
    if (i % 3 == 0) damaged.resize(i);
    std::ofstream(folder_ / "samples", std::ios::binary) << damaged;
    try {
      const auto samples = PreparedSamples::open(folder_ / "samples", "key");
      for (std::int64_t s = 0; samples && s < samples->size(); ++s) samples->sample(s);
    } catch (const Error&) {
    }
  }
}

}  // namespace
}  // namespace c2c
