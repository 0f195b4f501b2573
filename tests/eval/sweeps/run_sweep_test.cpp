// Sweeps whose programs are shell scripts: what is started, in what order, and what becomes of failures. With c2c
// itself: tests/e2e/sweep_test.cpp.
#include "c2c/eval/sweeps/run_sweep.h"

#include <signal.h>

#include "c2c/eval/sweeps/sweep_folder.h"
#include "tests/eval/sweeps/sweeps_testing.h"

namespace c2c {
namespace {

using testing::message_of;
namespace fs = std::filesystem;

class RunSweep : public ::testing::Test {
 protected:
  RunSweep() {
    scratch_.write("r.yaml", "x: 1\n");
    scratch_.write("e.yaml", "model: {model_name: m}\neval: {dataset: chat, answer_method: cross_entropy}\n");
    write_program("");
  }

  // Notes how it was called; a training leaves its final weights. `more` is run in between, with $verb and $out.
  void write_program(const std::string& more) {
    const fs::path path = scratch_.write("c2c",
                                         "#!/bin/sh\nverb=$1\nfor out; do :; done\ncase \"$*\" in *latest) "
                                         "out=$(echo \"$*\" | sed 's/.*--output \\([^ ]*\\).*/\\1/');; esac\n"
                                         "echo \"$*\" >>" +
                                             (scratch_ / "calls").string() + "\n" + more +
                                             "\nif [ $verb = train ]; then mkdir -p $out/final $out/checkpoint-5; "
                                             "touch $out/final/DONE $out/checkpoint-5/DONE; fi\n");
    fs::permissions(path, fs::perms::owner_all);
  }

  SweepFile sweep(const std::string& grid) const {
    return parse_sweep(
        "name: s\ntrain: ./r.yaml\neval: {config: ./e.yaml, set: {model.tokenizer: \"{checkpoint}\"}}\n"
        "output_dir: " +
            (scratch_ / "out").string() + "\n" + grid,
        scratch_ / "s.yaml");
  }
  SweepProgram program() const {
    SweepProgram program;
    program.path = (scratch_ / "c2c").string();
    program.recipe_text = [](const fs::path&, const std::vector<std::string>& overrides) {
      std::string all;
      for (const std::string& one : overrides) all += one + "\n";
      return all;
    };
    return program;
  }
  SweepOutcome run(const std::string& grid) {
    said_.clear();
    const SweepFile file = sweep(grid);
    return run_sweep(file, expand(file), program(),
                     {.say = [this](const std::string& line) { said_ += line + "\n"; }, .signal = signal_});
  }
  // Verbs of all calls so far: "t e e".
  std::string verbs() const {
    std::string verbs, text = scratch_.read("calls");
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
      verbs += std::string(verbs.empty() ? "" : " ") + text[at];
    return verbs;
  }

  testing::SweepScratch scratch_;
  std::string said_;
  std::function<int()> signal_;
};

const std::string kGrid =
    "grid: {a: {key: train.x, values: [1, 2]}, b: {key: eval.eval.kv_cache_proportion, values: [0, 1]}}\n";

TEST_F(RunSweep, TrainsOnceForAllPointsThatShareIt) {
  const SweepOutcome outcome = run(kGrid);
  EXPECT_TRUE(outcome.failures.empty()) << said_;
  EXPECT_EQ(outcome.done.size(), 4U);
  EXPECT_EQ(verbs(), "t e e t e e");
  const std::string calls = scratch_.read("calls");
  EXPECT_NE(calls.find("--set x=2 --output " + (scratch_ / "out/trainings/a-2/train").string()), std::string::npos);
  EXPECT_NE(calls.find("--set model.tokenizer=" + (scratch_ / "out/trainings/a-2/train/final").string() +
                       " --set eval.kv_cache_proportion=1 --output " + (scratch_ / "out/points/a-2_b-1/eval").string()),
            std::string::npos)
      << calls;
  EXPECT_TRUE(fs::exists(scratch_ / "out/trainings/a-1/train.log"));
  EXPECT_TRUE(fs::exists(scratch_ / "out/points/a-1_b-0/eval.log"));
  // What is trained is not trained again.
  run(kGrid);
  EXPECT_EQ(verbs(), "t e e t e e e e e e");
}

TEST_F(RunSweep, AFailureIsNamedAndTheOthersGoOn) {
  write_program("case \"$*\" in train*x=1*) echo out of luck; exit 3;; eval*b-0/*) echo no good >&2; exit 1;; esac");
  const SweepOutcome outcome = run(kGrid);
  ASSERT_EQ(outcome.failures.size(), 2U);
  EXPECT_EQ(outcome.failures[0].name, "training a-1");
  EXPECT_EQ(outcome.failures[0].reason, "exit code 3");
  EXPECT_EQ(outcome.failures[1].name, "evaluation a-2_b-0");
  ASSERT_EQ(outcome.done.size(), 1U);
  EXPECT_EQ(outcome.done[0].name, "a-2_b-1");
  for (const char* part : {"out of luck", "no good", "train.log"})
    EXPECT_NE(said_.find(part), std::string::npos) << said_;
}

TEST_F(RunSweep, ATrainingGoesOnFromItsCheckpointsOrStartsAnew) {
  const std::string grid = "grid: {a: {key: train.x, values: [1]}}\n", run_folder = "out/trainings/a-1/train/";
  scratch_.write(run_folder + "checkpoint-3/DONE", "");
  scratch_.write(run_folder + "train_log.jsonl", "old");
  run(grid);
  EXPECT_NE(scratch_.read("calls").find("--resume-from-checkpoint latest"), std::string::npos);
  EXPECT_TRUE(fs::exists(scratch_ / (run_folder + "train_log.jsonl")));
  fs::remove_all(scratch_ / "out");
  fs::remove(scratch_ / "calls");
  scratch_.write(run_folder + "checkpoint-3/half", "");
  scratch_.write(run_folder + "best/DONE", "");
  scratch_.write(run_folder + "train_log.jsonl", "old");
  run(grid);
  EXPECT_EQ(scratch_.read("calls").find("--resume"), std::string::npos);
  for (const char* name : {"checkpoint-3", "best", "train_log.jsonl"})
    EXPECT_FALSE(fs::exists(scratch_ / (run_folder + name))) << name;
}

TEST_F(RunSweep, EveryCheckpointIsEvaluated) {
  const SweepOutcome outcome = run("grid: {when: {checkpoints: all}}\n");
  ASSERT_EQ(outcome.done.size(), 2U);
  EXPECT_EQ(outcome.done[0].name, "checkpoint-5");
  EXPECT_EQ(outcome.done[1].name, "final");
  const SweepFile file = sweep("grid: {when: {checkpoints: [7]}}\n");
  EXPECT_EQ(plan_sweep(file, expand(file), program()).runs[0].run.checkpoint, "checkpoint-7");
}

TEST_F(RunSweep, ADryRunSaysCommandsAndRunsNothing) {
  scratch_.write("out/trainings/a-1/train/final/DONE", "");
  const SweepFile file = sweep("grid: {a: {key: train.x, values: [1, a b]}, when: {checkpoints: all}}\n");
  const SweepGrid grid = expand(file);
  const std::string text = plan_text(file, grid, plan_sweep(file, grid, program()));
  for (const char* part : {"2 points, 2 trainings", "done   a-1 ", "to do  a-a_b", "--set 'x=a b'",
                           "checkpoint-N: every", "to do  a-1_final"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  EXPECT_EQ(verbs(), "");
}

TEST_F(RunSweep, ASignalStopsWhatRunsAndTheRest) {
  write_program(
      "trap 'echo saved; exit 0' TERM; echo ready; i=0; while [ $i -lt 600 ]; do sleep 0.05; i=$((i+1)); done");
  signal_ = [this] {
    return scratch_.read("out/trainings/a-1/train.log").find("ready") != std::string::npos ? SIGTERM : 0;
  };
  const SweepOutcome outcome = run(kGrid);
  EXPECT_TRUE(outcome.stopped);
  EXPECT_TRUE(outcome.failures.empty()) << said_;
  EXPECT_EQ(verbs(), "t");
  EXPECT_NE(scratch_.read("out/trainings/a-1/train.log").find("saved"), std::string::npos);
}

TEST_F(RunSweep, WhatCannotBeRunIsSaidBeforeAnythingIs) {
  const std::string unknown = message_of([&] { run("grid: {a: {key: eval.eval.kv_cache_share, values: [1]}}\n"); });
  EXPECT_NE(unknown.find("kv_cache_share"), std::string::npos);
  EXPECT_NE(message_of([&] { run("grid: {a: {set: {eval.eval.name: \"{no}\"}, values: [1]}}\n"); }).find("{no}"),
            std::string::npos);
  scratch_.write("out/trainings/a-1/train/config.json", "another");
  EXPECT_NE(message_of([&] { run("grid: {a: {key: train.x, values: [1]}}\n"); }).find("another recipe"),
            std::string::npos);
  scratch_.write("out/sweep.json", R"({"format": "c2c-sweep 1", "name": "other"})");
  EXPECT_NE(message_of([&] { run(kGrid); }).find("the sweep \"other\""), std::string::npos);
  EXPECT_EQ(verbs(), "");
}

}  // namespace
}  // namespace c2c
