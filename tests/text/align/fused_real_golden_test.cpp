// The plans of golden_real/fused.json from its messages: SmolLM2 (GGUF) hears Gemma 3 (tokenizer.json, its turn
// format).
#include <gtest/gtest.h>

#include "c2c/io/formats/gguf.h"
#include "c2c/text/align/plan_chat.h"
#include "tests/text/align/align_models.h"

namespace c2c {
namespace {

std::optional<AlignModel> receiver_of_gguf() {
  const auto path = testing::deps_dir() / "models/smollm2-135m-instruct.gguf";
  if (!testing::fs::exists(path)) return std::nullopt;
  const GgufFile file = GgufFile::open(map_file(path));
  const std::string* source = file.find_string("tokenizer.chat_template");
  EXPECT_NE(source, nullptr);
  return AlignModel{"receiver", tokenizer_from_gguf("receiver", file),
                    std::make_shared<const ChatTemplate>("receiver", *source)};
}

std::vector<bool> filled(const std::vector<bool>& padding, std::size_t size) {
  return padding.empty() ? std::vector<bool>(size, false) : padding;
}

TEST(FusedRealGolden, PlansOfEveryRow) {
  const auto receiver = receiver_of_gguf();
  const auto& sharer = testing::align_model("gemma3");
  if (!receiver || !sharer) GTEST_SKIP() << "models not downloaded; get them with ./run fetch";
  const auto golden = testing::read_golden_json(testing::golden_real_dir() / "fused.json");
  const AlignStrategy strategy = parse_align_strategy(golden["alignment"].get<std::string>());
  ASSERT_FALSE(golden["rows"].empty());
  for (const auto& row : golden["rows"]) {
    SCOPED_TRACE(row["messages"].dump());
    const SectionPlan plan =
        plan_chat(*receiver, {{*sharer, strategy}}, messages_from_json(row["messages"].dump()), {});
    validate(plan, false);
    EXPECT_EQ(plan.ids, row["receiver_ids"].get<std::vector<TokenId>>());
    EXPECT_EQ(plan.sharers.at(0).ids, row["sharer_ids"].get<std::vector<TokenId>>());
    EXPECT_EQ(filled(plan.padding, plan.ids.size()), row["receiver_pad"].get<std::vector<bool>>());
    EXPECT_EQ(filled(plan.sharers[0].padding, plan.ids.size()), row["sharer_pad"].get<std::vector<bool>>());
    EXPECT_TRUE(plan.sharers[0].source.empty());
    std::vector<std::pair<std::int64_t, std::int64_t>> sections;
    for (const Section& section : plan.sections)
      sections.emplace_back(section.length, section.mask == 0 ? -1 : static_cast<std::int64_t>(section.mask));
    EXPECT_EQ(sections, (row["sections"].get<std::vector<std::pair<std::int64_t, std::int64_t>>>()));
  }
}

}  // namespace
}  // namespace c2c
