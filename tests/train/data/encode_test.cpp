#include "c2c/train/data/encode.h"

#include <gtest/gtest.h>

#include "c2c/train/data/sample_bytes.h"
#include "tests/text/align/chunk_tokenizer.h"

namespace c2c {
namespace {

using testing::ChunkTokenizer;

constexpr const char* kTemplate =
    "{% for m in messages %}<{{ m.role[0] }}>{{ m.content }}<end>{% endfor %}{% if add_generation_prompt %}<a>{% endif "
    "%}";
constexpr const char* kLonger =
    "<s>{% for m in messages %}<{{ m.role[0] }}>{{ m.content }}<end>{% endfor %}{% if add_generation_prompt %}<a>{% "
    "endif %}";

AlignModel model(std::size_t chunk, const char* source) {
  return {"chunks of " + std::to_string(chunk), std::make_shared<ChunkTokenizer>(chunk, ChunkTokenizer::kFirstTag + 6),
          std::make_shared<const ChatTemplate>("test", source)};
}

std::string sections(const Sample& sample) {
  std::string text;
  for (const Section& s : sample.plan.sections) text += std::to_string(s.length) + ":" + std::to_string(s.mask) + " ";
  return text;
}
std::string learned(const Sample& sample) {
  std::string text;
  for (std::size_t i = 0; i < sample.labels.size(); ++i) {
    text += sample.labels[i] == kIgnoredLabel ? '.' : 'x';
    if (sample.labels[i] != kIgnoredLabel) {
      EXPECT_EQ(sample.labels[i], sample.plan.ids[i]);
    }
  }
  return text;
}

const Messages kOne = {{"user", "abc"}, {"assistant", "de"}};
const Messages kTwo = {{"user", "a"}, {"assistant", "b"}, {"user", "cd"}, {"assistant", "e"}};

EncodedSample encode(const Messages& messages, AlignStrategy strategy, SampleOptions options = {}) {
  const SampleEncoder encoder(model(1, kTemplate), {{model(1, kLonger), strategy}}, options);
  return encoder.encode(messages);
}

TEST(Encode, UnalignedFusesAllButTheLastInstructionToken) {
  // <u> a b c <end> <a> | d e <end>; the generation prompt's <a> predicts d.
  const EncodedSample out = encode(kOne, AlignStrategy::kOff);
  ASSERT_EQ(out.skipped, Skipped::kNone) << out.detail;
  EXPECT_EQ(sections(out.sample), "5:1 4:0 ");
  EXPECT_EQ(learned(out.sample), "......xxx");
  EXPECT_EQ(out.sample.plan.sharers[0].ids, out.sample.plan.ids);
}

TEST(Encode, AlignedFusesContentsButTheResponse) {
  const EncodedSample span = encode(kTwo, AlignStrategy::kSpan);
  // <u> a <end> <a> b <end> <u> c d <end> <a> e <end>
  EXPECT_EQ(sections(span.sample), "1:0 1:1 2:0 1:1 2:0 2:1 4:0 ");
  EXPECT_EQ(learned(span.sample), "...........xx");
  const EncodedSample first = encode(kTwo, AlignStrategy::kFirst);  // the sharer's <s> pads the receiver's first column
  EXPECT_EQ(sections(first.sample), "2:0 1:1 2:0 1:1 2:0 2:1 4:0 ");
  EXPECT_EQ(learned(first.sample), "............xx");
  EXPECT_EQ(first.sample.plan.padding.size(), 14U);
}

TEST(Encode, BaselineLearnsAssistantTurnsOrAsTheReference) {
  const SampleEncoder ours(model(1, kTemplate), {}, {});
  EXPECT_EQ(learned(ours.encode(kTwo).sample), "....xx.....xx");
  const SampleEncoder reference(model(1, kTemplate), {}, {.label_mask = LabelMask::kReference});
  EXPECT_EQ(learned(reference.encode(kTwo).sample), "....xxxxxxxxx");
}

TEST(Encode, WhatCannotBeLearnedIsSkippedWithItsReason) {
  EXPECT_EQ(encode({{"user", "abc"}}, AlignStrategy::kOff).skipped, Skipped::kNoResponse);
  EXPECT_EQ(encode({{"user", "abc"}, {"assistant", ""}}, AlignStrategy::kOff).skipped, Skipped::kNoResponse);
  EXPECT_EQ(encode({{"assistant", "a"}, {"user", "abc"}}, AlignStrategy::kSpan).skipped, Skipped::kNoResponse);
  EXPECT_EQ(encode(kOne, AlignStrategy::kOff, {.max_length = 6}).skipped, Skipped::kTooLong);
}

TEST(Encode, LongSamplesAreCutAtTheirEnd) {
  const EncodedSample out = encode(kOne, AlignStrategy::kOff, {.max_length = 7});
  EXPECT_EQ(sections(out.sample), "5:1 2:0 ");
  EXPECT_EQ(learned(out.sample), "......x");
  validate(out.sample.plan, false);
  const EncodedSample span = encode(kTwo, AlignStrategy::kSpan, {.max_length = 12});
  EXPECT_EQ(learned(span.sample), "...........x");
  validate(span.sample.plan, false);
}

TEST(Encode, SamplesSurviveTheirBytes) {
  for (const AlignStrategy strategy : {AlignStrategy::kOff, AlignStrategy::kFirst, AlignStrategy::kSpan})
    for (const Messages& messages : {kOne, kTwo}) {
      Sample sample = encode(messages, strategy).sample;
      sample.plan.sharers[0].positions.assign(sample.plan.sharers[0].ids.size(), 7);
      std::string bytes;
      append_sample(bytes, sample);
      const Sample back = read_sample(bytes, "test");
      EXPECT_EQ(back.labels, sample.labels);
      EXPECT_EQ(back.plan.ids, sample.plan.ids);
      EXPECT_EQ(back.plan.padding, sample.plan.padding);
      EXPECT_EQ(sections(back), sections(sample));
      EXPECT_EQ(back.plan.sharers[0].ids, sample.plan.sharers[0].ids);
      EXPECT_EQ(back.plan.sharers[0].source, sample.plan.sharers[0].source);
      EXPECT_EQ(back.plan.sharers[0].padding, sample.plan.sharers[0].padding);
      EXPECT_EQ(back.plan.sharers[0].positions, sample.plan.sharers[0].positions);
      for (std::size_t cut = 0; cut < bytes.size(); ++cut)
        EXPECT_THROW(read_sample(std::string_view(bytes).substr(0, cut), "test"), Error);
      for (std::size_t i = 0; i < bytes.size(); ++i)
        for (const char flip : {'\x01', '\x80', '\xff'}) {
          std::string damaged = bytes;
          damaged[i] = static_cast<char>(damaged[i] ^ flip);
          try {
            read_sample(damaged, "test");
          } catch (const Error&) {
          }
        }
    }
}

}  // namespace
}  // namespace c2c
