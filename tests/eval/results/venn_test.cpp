#include "c2c/eval/results/venn.h"

#include "tests/eval/results/results_testing.h"

namespace c2c {
namespace {

using testing::make_result;

TEST(Venn, EverySampleIsInItsRegion) {
  std::vector<SampleResult> results;
  for (int row = 0; row < 8; ++row)  // row is the mask
    for (int system = 0; system < 3; ++system)
      results.push_back(make_result(std::string(1, static_cast<char>('a' + system)), row, row >> system & 1));
  results.push_back(make_result("a", 9, 1));  // which the others do not have
  results.back().id = "alone";
  const Venn venn = make_venn(results, {"a", "b", "c"}, "quiz", "generate");
  for (unsigned mask = 0; mask < 8; ++mask) {
    ASSERT_EQ(venn.regions[mask].size(), 1u);
    EXPECT_EQ(venn.regions[mask][0], (mask % 2 == 0 ? "physics/" : "law/") + std::to_string(mask));
  }
  // The names and the order of the reference's files.
  EXPECT_EQ(to_json(venn, {"rosetta", "slm", "llm"}).dump(),
            R"({"rosetta_only":["law/1"],"slm_only":["physics/2"],"llm_only":["physics/4"],"rosetta_slm":["law/3"],)"
            R"("rosetta_llm":["law/5"],"slm_llm":["physics/6"],"all_three":["law/7"],"none":["physics/0"]})");
  EXPECT_TRUE(to_json(venn).contains("a_c"));
}

TEST(Venn, AnErrorIsNotRight) {
  std::vector<SampleResult> results = {make_result("a", 1, 1), make_result("b", 1, 1), make_result("c", 1, 1)};
  results[2].error = "no memory";
  EXPECT_EQ(make_venn(results, {"a", "b", "c"}, "quiz", "generate").regions[3].size(), 1u);
  results[1].score = 0.6;
  EXPECT_EQ(make_venn(results, {"a", "b", "c"}, "quiz", "generate").regions[1].size(), 1u);
  EXPECT_EQ(make_venn(results, {"a", "b", "c"}, "quiz", "generate", 0.5).regions[3].size(), 1u);
}

TEST(Venn, AMissingSystemIsNamed) {
  const std::vector<SampleResult> results = {make_result("a", 1, 1), make_result("b", 1, 1)};
  const Error error = testing::error_of([&] { make_venn(results, {"a", "b", "c"}, "quiz", "generate"); });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  EXPECT_EQ(error.info().key, "c");
}

}  // namespace
}  // namespace c2c
