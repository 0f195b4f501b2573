#include "c2c/text/align/plan_chat.h"

#include <gtest/gtest.h>

#include "c2c/base/log.h"
#include "tests/text/align/chunk_tokenizer.h"

namespace c2c {
namespace {

using testing::ChunkTokenizer;
using Pairs = std::vector<std::pair<std::int64_t, SharerMask>>;
using Source = std::vector<std::int64_t>;

constexpr const char* kPlain =
    "{% for m in messages %}<{{ m.role[0] }}>{{ m.content }}<end>{% endfor %}{% if add_generation_prompt %}<a>{% endif "
    "%}";
constexpr const char* kTrimming =
    "<s>{% for m in messages %}<{{ m.role[0] }}>{{ m.content | trim }}<end>{% endfor %}"
    "{% if add_generation_prompt %}<a>{% endif %}";

AlignModel model(std::size_t chunk, const char* source, TokenId vocab = ChunkTokenizer::kFirstTag + 6) {
  return {"chunks of " + std::to_string(chunk), std::make_shared<ChunkTokenizer>(chunk, vocab),
          std::make_shared<const ChatTemplate>("test", source)};
}

Pairs sections(const SectionPlan& plan) {
  Pairs pairs;
  for (const Section& s : plan.sections) pairs.emplace_back(s.length, s.mask);
  return pairs;
}

SectionPlan checked_plan(const AlignModel& receiver, const std::vector<AlignSharer>& sharers, const Messages& messages,
                         const AlignOptions& options = {}, SharerMask mask = ~SharerMask{0}) {
  SectionPlan plan = plan_chat(receiver, sharers, messages, options, mask);
  validate(plan, false);
  return plan;
}

TEST(PlanChat, SpanReadsTheLastSharerTokenThatStartsBeforeTheEnd) {
  // Receiver: <u> a b c d e <end> <a>; sharer: <s> <u> ab cd e <end> <a>.
  const SectionPlan plan =
      checked_plan(model(1, kPlain), {{model(2, kTrimming), AlignStrategy::kSpan}}, {{"user", "abcde"}});
  EXPECT_EQ(plan.sharers[0].ids.size(), 7U);
  EXPECT_EQ(plan.sharers[0].source, (Source{-1, 2, 2, 3, 3, 4, -1, -1}));
  EXPECT_EQ(sections(plan), (Pairs{{1, 0}, {5, 1}, {2, 0}}));
  EXPECT_TRUE(plan.padding.empty());
  // The other way round: a receiver token that ends after several sharer tokens reads the last of them.
  const SectionPlan back =
      checked_plan(model(2, kPlain), {{model(1, kPlain), AlignStrategy::kSpan}}, {{"user", "abcde"}});
  EXPECT_EQ(back.sharers[0].source, (Source{-1, 2, 4, 5, -1, -1}));
}

TEST(PlanChat, SpanFollowsContentsThatTheSharerTrims) {
  // Receiver: <u> ' ' a b ' ' <end> <a>; sharer: <s> <u> a b <end> <a>. The first space ends before "a" starts.
  const SectionPlan plan =
      checked_plan(model(1, kPlain), {{model(1, kTrimming), AlignStrategy::kSpan}}, {{"user", " ab "}});
  EXPECT_EQ(plan.sharers[0].source, (Source{-1, -1, 2, 3, 3, -1, -1}));
}

TEST(PlanChat, SpanIsNotMisledByTemplateTextThatEqualsAContent) {
  constexpr const char* kHeaders =
      "{% for m in messages %}{{ m.role }}<end>{{ m.content }};{% endfor %}{% if add_generation_prompt %}<a>{% endif "
      "%}";
  // "user<end>user;<a>": a search would take the first "user", which even has '<' after it.
  const SectionPlan plan =
      checked_plan(model(1, kHeaders), {{model(1, kPlain), AlignStrategy::kSpan}}, {{"user", "user"}});
  EXPECT_EQ(plan.sharers[0].source, (Source{-1, -1, -1, -1, -1, 1, 2, 3, 4, -1, -1}));
}

TEST(PlanChat, SpanLeavesContentsThatTheSharerDoesNotRender) {
  constexpr const char* kUsersOnly =
      "{% for m in messages if m.role == 'user' %}<u>{{ m.content }}<end>{% endfor %}"
      "{% if add_generation_prompt %}<a>{% endif %}";
  const SectionPlan plan = checked_plan(model(1, kPlain), {{model(1, kUsersOnly), AlignStrategy::kSpan}},
                                        {{"system", "zz"}, {"user", "ab"}});
  EXPECT_EQ(plan.sharers[0].source, (Source{-1, -1, -1, -1, -1, 1, 2, -1, -1}));
}

TEST(PlanChat, FirstAloneKeepsTheReferencesPads) {
  const SectionPlan plan =
      checked_plan(model(2, kPlain), {{model(1, kTrimming), AlignStrategy::kFirst}}, {{"user", "abcd"}});
  // <u> <pad> | ab cd | <end> <a>  against  <s> <u> | a c | <end> <a>
  EXPECT_EQ(plan.ids.size(), 6U);
  EXPECT_EQ(plan.ids[1], ChunkTokenizer::kPad);
  EXPECT_EQ(plan.padding, (std::vector<bool>{false, true, false, false, false, false}));
  EXPECT_TRUE(plan.sharers[0].padding.empty());
  EXPECT_EQ(plan.sharers[0].ids[2], 'a' * 256);
  EXPECT_EQ(plan.sharers[0].ids[3], 'c' * 256);
  EXPECT_TRUE(plan.sharers[0].source.empty());
  EXPECT_EQ(sections(plan), (Pairs{{2, 0}, {2, 1}, {2, 0}}));
}

TEST(PlanChat, TheLastReceiverTokenIsARealOne) {
  constexpr const char* kLongEnd =
      "{% for m in messages %}<u>{{ m.content }}<end>{% endfor %}{% if add_generation_prompt %}<a>::<s>{% endif %}";
  const AlignModel receiver = model(1, kPlain);
  const SectionPlan plan = checked_plan(receiver, {{model(1, kLongEnd), AlignStrategy::kFirst}}, {{"user", "ab"}});
  EXPECT_EQ(plan.ids, receiver.tokenizer->encode_ids("<u>ab<end><a>"));
  EXPECT_EQ(plan.sharers[0].ids.size(), plan.ids.size());
  EXPECT_EQ(sections(plan), (Pairs{{1, 0}, {2, 1}, {2, 0}}));
}

TEST(PlanChat, SeveralSharersEachInItsOwnWay) {
  const std::vector<AlignSharer> sharers{{model(2, kTrimming), AlignStrategy::kSpan},
                                         {model(1, kTrimming), AlignStrategy::kFirst},
                                         {model(1, kPlain), AlignStrategy::kOff}};
  const AlignModel receiver = model(1, kPlain);
  const SectionPlan plan = checked_plan(receiver, sharers, {{"user", "abc"}});
  EXPECT_EQ(plan.ids, receiver.tokenizer->encode_ids("<u>abc<end><a>"));  // no pads
  EXPECT_EQ(sections(plan), (Pairs{{1, 4}, {3, 7}, {1, 4}, {1, 0}}));
  EXPECT_EQ(plan.sharers[0].source, (Source{-1, 2, 2, 3, -1, -1}));
  EXPECT_EQ(plan.sharers[1].source, (Source{-1, 2, 3, 4, -1, -1}));
  EXPECT_TRUE(plan.sharers[2].source.empty());
  EXPECT_EQ(plan.sharers[2].ids, plan.ids);
  const SectionPlan masked = checked_plan(receiver, sharers, {{"user", "abc"}}, {}, 2);
  EXPECT_EQ(sections(masked), (Pairs{{1, 0}, {3, 2}, {2, 0}}));
}

TEST(PlanChat, AmongSeveralSharersNothingIsPadded) {
  // The sharers' rendering lacks the receiver's <s>: alone they would be padded there.
  const AlignModel receiver = model(1, kTrimming), sharer = model(1, kPlain);
  const SectionPlan plan =
      checked_plan(receiver, {{sharer, AlignStrategy::kFirst}, {sharer, AlignStrategy::kLongest}}, {{"user", "abc"}});
  EXPECT_EQ(plan.ids, receiver.tokenizer->encode_ids("<s><u>abc<end><a>"));
  for (const SharerPlan& one : plan.sharers) {
    EXPECT_EQ(one.ids, sharer.tokenizer->encode_ids("<u>abc<end><a>"));
    EXPECT_EQ(one.source, (Source{-1, -1, 1, 2, 3, -1, -1}));
    EXPECT_TRUE(one.padding.empty());
  }
  EXPECT_EQ(sections(plan), (Pairs{{2, 0}, {3, 3}, {2, 0}}));
}

TEST(PlanChat, AnAnswerToGoOnWithIsNotFused) {
  const AlignOptions options{.add_generation_prompt = false, .remove_last_suffix = true};
  const Messages messages{{"user", "abc"}, {"assistant", "de"}};
  for (const AlignStrategy strategy : {AlignStrategy::kFirst, AlignStrategy::kSpan}) {
    const SectionPlan plan = checked_plan(model(1, kPlain), {{model(1, kPlain), strategy}}, messages, options);
    EXPECT_EQ(plan.ids.size(), 8U) << to_string(strategy);  // <u> a b c <end> <a> d e
    EXPECT_EQ(sections(plan), (Pairs{{1, 0}, {3, 1}, {4, 0}})) << to_string(strategy);
  }
  EXPECT_THROW(plan_chat(model(1, kPlain), {{model(1, kPlain), AlignStrategy::kSpan}}, {{"user", "abc"}}, options),
               Error);
}

class OtherWords : public ChunkTokenizer {
 public:
  OtherWords() : ChunkTokenizer(1) {}
  std::string id_to_token(TokenId id) const override { return "~" + ChunkTokenizer::id_to_token(id); }
};

TEST(PlanChat, OffSharesIdsAndSaysWhereVocabulariesDiffer) {
  std::string warning;
  set_log_sink([&](LogLevel, std::string_view text) { warning = text; });
  const AlignModel receiver = model(1, kPlain);
  const SectionPlan plan = checked_plan(receiver, {{model(1, kPlain), AlignStrategy::kOff}}, {{"user", "ab"}});
  EXPECT_EQ(sections(plan), (Pairs{{4, 1}, {1, 0}}));
  EXPECT_EQ(plan.sharers[0].ids, plan.ids);
  EXPECT_EQ(warning, "");
  AlignModel other = model(1, kPlain);
  other.tokenizer = std::make_shared<OtherWords>();
  EXPECT_EQ(checked_plan(receiver, {{other, AlignStrategy::kOff}}, {{"user", "ab"}}).sharers[0].ids, plan.ids);
  EXPECT_NE(warning.find("vocabulary differs"), std::string::npos);
  set_log_sink({});
  EXPECT_THROW(checked_plan(receiver, {{model(1, kPlain, 100), AlignStrategy::kOff}}, {{"user", "ab"}}), Error);
}

TEST(PlanChat, WhatCannotBeAlignedIsAnErrorOfItsOwn) {
  constexpr const char* kNoContent = "{% for m in messages %}<u>{% endfor %}<a>";
  EXPECT_THROW(plan_chat(model(1, kPlain), {{model(1, kNoContent), AlignStrategy::kFirst}}, {{"user", "ab"}}, {}),
               AlignmentError);
  const SectionPlan span =
      checked_plan(model(1, kPlain), {{model(1, kNoContent), AlignStrategy::kSpan}}, {{"user", "ab"}});
  EXPECT_EQ(sections(span), (Pairs{{5, 0}}));
}

TEST(ContentSpans, SearchIsLinearOnRepeatedText) {
  const std::string many(200'000, 'a');
  // The first content stands 200,000 times in the second one, never with '<' after it.
  const Messages messages{{"user", many}, {"user", many + many}};
  const std::string text = many + " " + many + many + " end";
  const auto spans = find_content_spans(text, messages);
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_EQ(spans[0], (TextSpan{0, 200'000}));
  EXPECT_EQ(spans[1], (TextSpan{200'001, 600'001}));
}

TEST(AlignStrategy, Names) {
  for (const AlignStrategy strategy :
       {AlignStrategy::kOff, AlignStrategy::kFirst, AlignStrategy::kLongest, AlignStrategy::kSpan})
    EXPECT_EQ(parse_align_strategy(to_string(strategy)), strategy);
  EXPECT_EQ(parse_align_strategy("LONGEST"), AlignStrategy::kLongest);
  EXPECT_THROW(parse_align_strategy("best"), Error);
}

}  // namespace
}  // namespace c2c
