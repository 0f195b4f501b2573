#include "c2c/eval/sweeps/points.h"

#include "c2c/eval/sweeps/placeholders.h"
#include "c2c/eval/sweeps/scalar.h"
#include "tests/eval/sweeps/sweeps_testing.h"

namespace c2c {
namespace {

using testing::message_of;
using testing::sweep_of;
using Json = nlohmann::ordered_json;

const std::string kHead = "train: ./r.yaml\noutput_dir: /out\n";

TEST(Points, TrainingsAreSharedByPointsThatDifferInEvaluationOnly) {
  const SweepFile sweep = sweep_of(kHead + R"(
eval: {config: ./e.yaml, set: {model.fuser: "{checkpoint}", model.note: "{lr} of {name}"}}
grid:
  lr: {key: train.training.learning_rate, values: [0.1, 0.2]}
  part: {key: eval.eval.kv_cache_proportion, values: [0, 1]}
)");
  const SweepGrid grid = expand(sweep);
  ASSERT_EQ(grid.points.size(), 4U);
  ASSERT_EQ(grid.trainings.size(), 2U);
  EXPECT_EQ(grid.points[1].name, "lr-0.1_part-1");
  EXPECT_EQ(grid.points[1].training, 0U);
  EXPECT_EQ(grid.points[2].training, 1U);
  EXPECT_EQ(grid.trainings[1].folder, "/out/trainings/lr-0.2/train");
  EXPECT_EQ(grid.trainings[1].set, (SweepSettings{{"training.learning_rate", 0.2}}));
  const std::vector<SweepRun> runs = runs_of(sweep, grid, 3, {"final"});
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].name, "lr-0.2_part-1");
  EXPECT_EQ(eval_settings(sweep, grid, runs[0]), (SweepSettings{{"model.fuser", "/out/trainings/lr-0.2/train/final"},
                                                                {"model.note", "0.2 of x"},
                                                                {"eval.kv_cache_proportion", 1}}));
}

TEST(Points, AnAxisThatATrainingTextNamesIsPartOfIt) {
  const SweepFile sweep = sweep_of(R"(
train: {folder: "/done/{pair}"}
eval: {config: ./e.yaml, set: {a: "{train}"}}
output_dir: /out
grid: {pair: [x+y, x+z], limit: {key: eval.eval.limit, values: [1, 2]}}
)");
  const SweepGrid grid = expand(sweep);
  EXPECT_EQ(grid.points.size(), 4U);
  ASSERT_EQ(grid.trainings.size(), 2U);
  EXPECT_TRUE(grid.trainings[0].is_given);
  EXPECT_EQ(grid.trainings[1].folder, "/done/x+z");
}

TEST(Points, IncludeAndExclude) {
  const std::string grid = "grid: {a: {key: train.x, values: [1, 2, 3]}, b: {key: train.y, values: [1, 2, 3]}}\n";
  const auto names = [&](const std::string& rules) {
    std::vector<std::string> all;
    for (const SweepPoint& point : expand(sweep_of(kHead + grid + rules)).points) all.push_back(point.name);
    return all;
  };
  EXPECT_EQ(names("").size(), 9U);
  EXPECT_EQ(names("exclude: [{a: 2}, {a: 3, b: [1, 2]}]"),
            (std::vector<std::string>{"a-1_b-1", "a-1_b-2", "a-1_b-3", "a-3_b-3"}));
  EXPECT_EQ(names("include: [{a: 2, b: 1}]\nexclude: [{b: 2}]"), (std::vector<std::string>{"a-2_b-1"}));
  EXPECT_NE(message_of([&] { names("exclude: [{a: [1, 2, 3]}]"); }).find("no point is left"), std::string::npos);
}

TEST(Points, CheckpointsAreTheLastAxis) {
  const SweepFile sweep = sweep_of(kHead + R"(
eval: {config: ./e.yaml, set: {f: "{checkpoint}"}}
grid: {a: {key: train.x, values: [1]}, when: {checkpoints: all}}
)");
  const SweepGrid grid = expand(sweep);
  ASSERT_EQ(grid.points.size(), 1U);
  const std::vector<SweepRun> runs = runs_of(sweep, grid, 0, {"checkpoint-10", "final"});
  EXPECT_EQ(runs[0].name, "a-1_checkpoint-10");
  EXPECT_EQ(value_names(sweep, grid, runs[1]), (std::vector<std::string>{"1", "final"}));
  EXPECT_EQ(number_on(sweep, grid, runs[0], 1), 10);
  EXPECT_FALSE(number_on(sweep, grid, runs[1], 1).has_value());
}

TEST(Points, NamesOfFoldersAreSafeAndTheirOwn) {
  const auto grid = [](const std::string& values) {
    return expand(sweep_of(kHead + "grid: {a: {key: train.x, values: [" + values + "]}}"));
  };
  EXPECT_EQ(grid("../b").points[0].name, "a-_.._b");
  EXPECT_NE(message_of([&] { grid("b c, b_c"); }).find("a-b_c"), std::string::npos);
}

TEST(Placeholders, AreFilledInTextsAtAnyDepth) {
  const SweepWords words{{"n", 3}, {"t", "x"}};
  const auto filled = [&](const Json& value) { return fill(value, words, {"f", "k"}); };
  EXPECT_EQ(filled("{n}"), Json(3));
  EXPECT_EQ(filled("a{n}{t}"), Json("a3x"));
  EXPECT_EQ(filled("{{n}"), Json("{n}"));
  EXPECT_EQ(filled(Json{{"a", {"{t}", 1}}}), (Json{{"a", {"x", 1}}}));
  EXPECT_NE(message_of([&] { filled("{m}"); }).find("{m}"), std::string::npos);
  EXPECT_NE(message_of([&] { filled("{n"); }).find("a } for every {"), std::string::npos);
}

TEST(Scalar, SettingsAreReadBackAsTheyWere) {
  EXPECT_EQ(setting_text("k", "word"), "k=word");
  EXPECT_EQ(setting_text("k", "0.5"), "k=\"0.5\"");
  EXPECT_EQ(setting_text("k", "[x"), "k=\"[x\"");
  EXPECT_EQ(setting_text("k", ""), "k=\"\"");
  EXPECT_EQ(setting_text("k", 0.5), "k=0.5");
  EXPECT_EQ(setting_text("k", Json{{"a", {1, "b"}}}), "k={\"a\":[1,\"b\"]}");
  EXPECT_TRUE(is_checkpoint_name("checkpoint-12") && is_checkpoint_name("best"));
  EXPECT_FALSE(is_checkpoint_name("checkpoint-") || is_checkpoint_name("checkpoint-1.partial"));
}

}  // namespace
}  // namespace c2c
