#include "c2c/eval/sweeps/sweep_file.h"

#include "c2c/eval/sweeps/points.h"
#include "tests/eval/sweeps/sweeps_testing.h"

namespace c2c {
namespace {

using testing::message_of;
using testing::sweep_of;
using Json = nlohmann::ordered_json;

TEST(SweepFile, ReadsAxesInTheirOrder) {
  const SweepFile sweep = sweep_of(R"(
train: {recipe: ./r.yaml, set: {training.seed: 7}}
eval: {config: ./e.yaml, set: {f: "{checkpoint}"}}
grid:
  z:
    key: [train.a, eval.b]
    values: [0.25, {name: half, value: 0.5, number: 50}, true]
  a:
    set: {eval.c: "x-{value}"}
    values: [{name: p, set: {eval.d: [1, 2]}}]
  checkpoint: {checkpoints: [5, best, last]}
exclude: [{z: [half, true]}]
launcher: [torchrun, --no-python]
output_dir: out
)");
  EXPECT_EQ(sweep.name, "x");
  EXPECT_EQ(sweep.train.recipe, "/nowhere/r.yaml");
  EXPECT_EQ(sweep.eval.config, "/nowhere/e.yaml");
  ASSERT_EQ(sweep.axes.size(), 3U);
  EXPECT_EQ(sweep.axes[0].name, "z");
  EXPECT_EQ(sweep.axes[0].keys, (std::vector<std::string>{"train.a", "eval.b"}));
  EXPECT_EQ(sweep.axes[0].values[0].name, "0.25");
  EXPECT_EQ(sweep.axes[0].values[0].number, 0.25);
  EXPECT_EQ(sweep.axes[0].values[1].number, 50);
  EXPECT_EQ(sweep.axes[0].values[2].value, Json(true));
  EXPECT_FALSE(sweep.axes[0].values[2].number.has_value());
  EXPECT_EQ(sweep.axes[1].values[0].set[0].second, Json({1, 2}));
  EXPECT_EQ(sweep.axes[2].chosen, (std::vector<std::string>{"checkpoint-5", "best", "final"}));
  EXPECT_EQ(sweep.exclude[0][0].second, (std::vector<std::string>{"half", "true"}));
  EXPECT_EQ(sweep.launcher.size(), 2U);
}

struct Bad {
  const char* text;
  std::vector<std::string> parts;
};

TEST(SweepFile, WhatCannotBeIsSaid) {
  const std::string end = "\noutput_dir: o\n";
  const std::vector<Bad> all = {
      {"eval: ./e.yaml\ngrid: {}", {"x.yaml", "grid", "axes"}},
      {"eval: ./e.yaml", {"grid", "nothing"}},
      {"eval: ./e.yaml\ngrids: {}", {"grids", "unknown key", "did you mean grid?"}},
      {"eval: ./e.yaml\ngrid: {a: {key: eval.x, values: []}}", {"grid.a.values", "list of values"}},
      {"eval: ./e.yaml\ngrid: {a: {key: eval.x, values: [[1]]}}", {"grid.a.values[0]", "[1]", "set"}},
      {"eval: ./e.yaml\ngrid: {a: {key: eval.x, values: [null]}}", {"grid.a.values[0]"}},
      {"eval: ./e.yaml\ngrid: {a: {key: eval.x, values: [1, 1]}}", {"grid.a", "two values named 1"}},
      {"eval: ./e.yaml\ngrid: {a: {key: evil.x, values: [1]}}", {"grid.a.key", "evil.x", "train.KEY or eval.KEY"}},
      {"eval: ./e.yaml\ngrid: {a: {key: train.x, values: [1]}}", {"train.recipe"}},
      {"eval: ./e.yaml\ngrid: {a: {kee: eval.x, values: [1]}}", {"grid.a", "kee", "did you mean key?"}},
      {"eval: ./e.yaml\ngrid: {a: [1, 2]}", {"grid.a", "change nothing"}},
      {"eval: ./e.yaml\ngrid: {train: {key: eval.x, values: [1]}}", {"grid.train", "a meaning already"}},
      {"eval: ./e.yaml\ngrid: {a: {key: eval.output.output_dir, values: [x]}}", {"folders are the sweep's"}},
      {"eval: ./e.yaml\ngrid: {a: {checkpoints: all}}", {"grid.a", "no training"}},
      {"train: ./r.yaml\neval: ./e.yaml\ngrid: {a: {checkpoints: all}}", {"nothing uses"}},
      {"train: ./r.yaml\neval: ./e.yaml\ngrid: {a: {checkpoints: newest}}", {"grid.a.checkpoints", "newest"}},
      {"eval: ./e.yaml\ngrid: {a: {key: eval.x, values: [1]}}\nexclude: [{b: 1}]", {"exclude", "an axis of the grid"}},
      {"eval: ./e.yaml\ngrid: {a: {key: eval.x, values: [one]}}\ninclude: [{a: ona}]", {"include.a", "mean one?"}},
      {"grid: {a: {key: eval.x, values: [1]}}", {"train, eval", "neither"}},
      {"- 1", {"no map"}},
  };
  for (const Bad& bad : all) {
    const std::string text = bad.text[0] == '-' ? bad.text : bad.text + end;
    SCOPED_TRACE(text);
    const std::string message = message_of([&] { sweep_of(text); });
    for (const std::string& part : bad.parts) EXPECT_NE(message.find(part), std::string::npos) << message;
  }
  EXPECT_NE(message_of([] { sweep_of("eval: ./e.yaml\ngrid: {a: {key: eval.x, values: [1]}}\n"); }).find("output_dir"),
            std::string::npos);
}

TEST(SweepFile, ALargeGridIsRefused) {
  std::string values;
  for (int i = 0; i < 40; ++i) values += std::to_string(i) + ", ";
  const std::string axis = ": {key: eval.x, values: [" + values + "]}\n";
  EXPECT_NE(message_of([&] {
              sweep_of("eval: ./e.yaml\noutput_dir: o\ngrid:\n  a" + axis + "  b" + axis);
            }).find("more than 1000 points"),
            std::string::npos);
}

}  // namespace
}  // namespace c2c
