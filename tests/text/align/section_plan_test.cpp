#include "c2c/text/align/section_plan.h"

#include <gtest/gtest.h>

#include "c2c/base/error.h"

namespace c2c {
namespace {

std::vector<std::pair<std::int64_t, SharerMask>> pairs(const std::vector<Section>& sections) {
  std::vector<std::pair<std::int64_t, SharerMask>> out;
  for (const Section& s : sections) out.emplace_back(s.length, s.mask);
  return out;
}
using Pairs = std::vector<std::pair<std::int64_t, SharerMask>>;

// The message of the error that validate throws, or "" if it accepts the plan.
std::string complaint(const SectionPlan& plan, bool include_response = false) {
  try {
    validate(plan, include_response);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what();
  }
  return {};
}

TEST(SectionPlan, SharedIdsFuseAllButTheLast) {
  const SectionPlan plan = plan_shared_ids({5, 6, 7}, 2, 3);
  EXPECT_EQ(pairs(plan.sections), (Pairs{{2, 3}, {1, 0}}));
  ASSERT_EQ(plan.sharers.size(), 2U);
  EXPECT_EQ(plan.sharers[1].ids, plan.ids);
  EXPECT_EQ(complaint(plan), "");
  const SectionPlan one = plan_shared_ids({5}, 1, 1);
  EXPECT_EQ(pairs(one.sections), (Pairs{{1, 0}}));
  EXPECT_EQ(complaint(one), "");
}

TEST(SectionPlan, EqualNeighboursMakeASection) {
  const std::vector<std::int64_t> flags{-1, -1, 1, 1, 1, 3, -1};
  const auto sections = sections_from_index(flags, true);
  EXPECT_EQ(pairs(sections), (Pairs{{2, 0}, {3, 1}, {1, 3}, {1, 0}}));
  EXPECT_EQ(index_from_sections(sections), flags);
  EXPECT_EQ(pairs(sections_from_index({0, -1}, true)), (Pairs{{1, 0}, {1, 0}}));
  EXPECT_TRUE(sections_from_index({}, true).empty());
  EXPECT_THROW(sections_from_index({-2}, true), Error);
}

TEST(SectionPlan, SplitLastKeepsTheLastTokenUnfused) {
  EXPECT_EQ(pairs(sections_from_index({1, 1, 1}, true)), (Pairs{{2, 1}, {1, 0}}));
  EXPECT_EQ(pairs(sections_from_index({-1, 1}, true)), (Pairs{{1, 0}, {1, 0}}));
  EXPECT_EQ(pairs(sections_from_index({1, 1, 1}, false)), (Pairs{{3, 1}}));
}

TEST(SectionPlan, ValidateNamesWhatDoesNotFit) {
  const auto says = [](const SectionPlan& plan, const std::string& word) {
    EXPECT_NE(complaint(plan).find(word), std::string::npos) << complaint(plan);
  };
  const SectionPlan good = plan_shared_ids({5, 6, 7}, 1, 1);
  SectionPlan plan = good;
  says({}, "empty prompt");
  plan.sections[0].mask = 2;
  says(plan, "sharers [2]");
  plan = good;
  plan.sections[1].mask = 1;
  says(plan, "last section");
  EXPECT_EQ(complaint(plan, true), "");
  plan = good;
  plan.sections.pop_back();
  says(plan, "3 receiver tokens");
  plan.sections[0].length = INT64_MAX;
  says(plan, "more tokens");
  plan.sections[0].length = 0;
  says(plan, "length 0");
  plan = good;
  plan.padding = {true};
  says(plan, "receiver padding");
  plan = good;
  plan.sharers[0].ids.pop_back();
  says(plan, "sharer 1 ids");
  plan.sharers[0].source = {0, 1, 2};
  says(plan, "source[2]");
  plan.sharers[0].source = {0, 1, -1};
  EXPECT_EQ(complaint(plan), "");
  plan.ids[1] = -4;
  says(plan, "receiver ids[1]");
}

TEST(SectionPlan, MasksInWords) {
  EXPECT_EQ(describe_mask(0), "no projection");
  EXPECT_EQ(describe_mask(5), "sharers [1, 3]");
  EXPECT_EQ(mask_of_all(0), 0U);
  EXPECT_EQ(mask_of_all(3), 7U);
  EXPECT_EQ(mask_of_all(64), ~SharerMask{0});
}

}  // namespace
}  // namespace c2c
