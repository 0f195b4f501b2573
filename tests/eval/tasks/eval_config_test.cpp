#include "c2c/eval/tasks/eval_config.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/eval/tasks/tasks_testing.h"

namespace c2c {
namespace {

using testing::expect_error;
using testing::tasks_data;

constexpr const char* kModel = "model: {model_name: x/y}\noutput: {output_dir: o}\n";
constexpr const char* kEval = "eval: {answer_method: generate}\n";

EvalConfig parse(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return parse_eval_config(text, "e.yaml", overrides);
}

TEST(EvalConfig, TheReferencesRecipes) {
  const EvalConfig config = load_eval_config(tasks_data("recipes/unified_eval.yaml"));
  ASSERT_EQ(config.systems.size(), 1U);
  ASSERT_EQ(config.tasks.size(), 1U);
  const EvalSystem& system = config.systems[0];
  EXPECT_EQ(system.kind(), SystemKind::kC2C);
  EXPECT_EQ(system.name, "Rosetta");
  EXPECT_EQ(system.rosetta.base_model, "Qwen/Qwen3-0.6B");
  EXPECT_EQ(system.rosetta.teacher_models, (std::vector<std::string>{"Qwen/Qwen2.5-0.5B-Instruct"}));
  EXPECT_EQ(system.rosetta.alignment_strategy, "longest");
  EXPECT_FALSE(system.is_aligned());
  ASSERT_EQ(system.rosetta.checkpoints.size(), 1U);
  EXPECT_TRUE(system.rosetta.checkpoints[0].ends_with("local/checkpoints/0.6+0.5B_C2C_general_again/final"));
  EXPECT_TRUE(system.generation.said);
  EXPECT_EQ(system.generation.do_sample, false);
  EXPECT_EQ(system.generation.max_new_tokens, 64);
  EXPECT_TRUE(std::isnan(system.generation.temperature));
  const EvalTask& task = config.tasks[0];
  EXPECT_EQ(task.label(), "mmlu-redux");
  EXPECT_EQ(task.answer_methods, (std::vector<std::string>{"generate"}));
  EXPECT_FALSE(task.use_cot);
  EXPECT_TRUE(task.use_template);
  EXPECT_EQ(task.mode, grading::Mode::kExact);
  EXPECT_EQ(task.gpu_ids.size(), 1U);
  EXPECT_FALSE(task.limit.first || task.limit.start || task.limit.end);
  const EvalConfig ablation = load_eval_config(tasks_data("recipes/ablation_base.yaml"));
  EXPECT_EQ(ablation.tasks[0].gpu_ids.size(), 8U);
  EXPECT_EQ(ablation.systems[0].generation.max_new_tokens, 8);
  EXPECT_EQ(ablation.output_dir, "local/ablation_results/level_0_mmlu-redux");
}

TEST(EvalConfig, DefaultsOfTheReference) {
  const EvalConfig config = parse(std::string(kModel) + kEval);
  const EvalTask& task = config.tasks[0];
  EXPECT_EQ(task.dataset, "mmlu-redux");
  EXPECT_EQ(task.response_text, "The correct answer is");
  EXPECT_EQ(task.kv_cache_proportion, 1.0);
  EXPECT_EQ(task.kv_cache_order_mode, "front");
  EXPECT_EQ(task.communication_max_new_tokens, 1024);
  EXPECT_EQ(config.systems[0].max_length, 32768);
  EXPECT_EQ(config.systems[0].kind(), SystemKind::kSingle);
  EXPECT_EQ(config.systems[0].name, "y");
  EXPECT_FALSE(config.systems[0].generation.said);
}

TEST(EvalConfig, UnknownKeysNameTheNearest) {
  expect_error([] { parse(std::string(kModel) + "eval: {answer_metod: generate}\n"); },
               {"e.yaml", "eval.answer_metod", "did you mean answer_method?"}, 2);
  expect_error([] { parse("modle: {}\n"); }, {"e.yaml", "modle", "did you mean model?"}, 2);
  expect_error([] { parse("model: {rosetta_config: {base_modl: x}}\n"); },
               {"model.rosetta_config.base_modl", "did you mean base_model?"}, 2);
  expect_error([] { parse("model: {generation_config: {temperatur: 3}}\n"); },
               {"temperatur", "did you mean temperature?"}, 2);
  expect_error([] { parse("systems: [{model_name: a}, {modelname: b}]\n"); }, {"systems", "did you mean model_name?"},
               2);
  expect_error([] { parse("tasks: [{datset: b}]\n"); }, {"tasks", "did you mean dataset?"}, 2);
}

TEST(EvalConfig, WhatIsWrongOrMissingIsNamed) {
  const std::string both = std::string(kModel) + kEval;
  expect_error([] { parse("[]"); }, {"e.yaml", "sections model, eval and output"}, 2);
  expect_error([] { parse(std::string("model: {model_name: x}\n") + kEval); }, {"output.output_dir"}, 2);
  expect_error([] { parse(std::string("output: {output_dir: o}\n") + kEval); }, {"model.model_name"}, 2);
  expect_error([] { parse(kModel); }, {"eval.answer_method", "generate"}, 2);
  expect_error([&] { parse(both, {"eval.answer_method=generat"}); }, {"eval.answer_method", "generat"}, 2);
  expect_error([&] { parse(both, {"eval.use_cot=maybe"}); }, {"eval.use_cot", "maybe"}, 2);
  expect_error([&] { parse(both, {"eval.kv_cache_proportion=1.5"}); }, {"kv_cache_proportion", "1.5"}, 2);
  expect_error([&] { parse(both, {"eval.kv_cache_order_mode=middle"}); }, {"kv_cache_order_mode", "middle"}, 2);
  expect_error([&] { parse(both, {"eval.sample_interval=0"}); }, {"sample_interval"}, 2);
  expect_error([&] { parse(both, {"eval.limit=few"}); }, {"eval.limit", "few", "a whole number, or [start, end]"}, 2);
  expect_error([&] { parse(both, {"eval.limit=[1, 2, 3]"}); }, {"eval.limit", "3 numbers"}, 2);
  expect_error([&] { parse(both, {"eval.mode=loose"}); }, {"eval.mode", "loose"}, 2);
  expect_error([&] { parse(both, {"model.model_name=Rosetta"}); }, {"rosetta_config.base_model", "the receiver"}, 2);
  expect_error([&] { parse(both, {"model.model_name=two_stage"}); }, {"model.context_model_path"}, 2);
  expect_error([&] { parse(both, {"model.control=other_sample"}); }, {"model.control", "without sharers"}, 2);
  expect_error([&] { parse(both, {"model.mode=c2c"}); }, {"model.run_file"}, 2);
  expect_error(
      [&] {
        parse(both, {"model.model_name=Rosetta", "model.rosetta_config.base_model=a/b",
                     "model.rosetta_config.teacher_model=[a/c, a/d]", "model.rosetta_config.checkpoints_dir=x/f"});
      },
      {"checkpoints_dir", "1 folders", "each of the 2 sharers"}, 2);
}

TEST(EvalConfig, SharersAsAMapKeepTheirOrder) {
  const EvalConfig config = parse(
      "model:\n  model_name: Rosetta\n  is_do_alignment: true\n  rosetta_config:\n    base_model: a/b\n"
      "    teacher_model: {zeta: a/z, alpha: a/a}\n    checkpoints_dir: [o/z, o/a]\n    is_do_alignment: false\n"
      "output: {output_dir: o}\n" +
      std::string(kEval));
  EXPECT_EQ(config.systems[0].rosetta.teacher_names, (std::vector<std::string>{"zeta", "alpha"}));
  EXPECT_EQ(config.systems[0].rosetta.teacher_models, (std::vector<std::string>{"a/z", "a/a"}));
  EXPECT_TRUE(config.systems[0].is_aligned());
  const EvalConfig legacy = parse(
      "model: {model_name: rosetta, rosetta_config: {base_model: a/b, teacher_model: a/z}}\n"
      "output: {output_dir: o}\neval: {answer_method: logits, checkpoints_dir: o/final}\n");
  EXPECT_EQ(legacy.systems[0].rosetta.checkpoints, legacy.eval.checkpoints);
}

TEST(EvalConfig, SeveralSystemsAndTasksStartFromWhatIsShared) {
  // The lists may stand before what they share.
  const std::string lists =
      "systems:\n- {name: one, model_name: a/b}\n- {name: two, model_name: a/c, generation_config: {top_k: 5}}\n"
      "tasks:\n- gsm8k\n- {dataset: evals, set: logiqa, answer_method: [loglikelihood, generate], limit: [null, 20]}\n";
  const std::string shared =
      "model: {generation_config: {max_new_tokens: 7}}\n"
      "eval: {answer_method: logits, limit: 3, seed: 5}\noutput: {output_dir: o}\n";
  for (const std::string& text : {lists + shared, shared + lists}) {
    const EvalConfig config = parse(text);
    ASSERT_EQ(config.systems.size(), 2U);
    EXPECT_EQ(config.systems[0].name, "one");
    EXPECT_EQ(config.systems[0].generation.max_new_tokens, 7);
    EXPECT_TRUE(config.systems[0].generation.said);
    EXPECT_EQ(config.systems[1].generation.max_new_tokens, 7);
    EXPECT_EQ(config.systems[1].generation.top_k, 5);
    ASSERT_EQ(config.tasks.size(), 2U);
    EXPECT_EQ(config.tasks[0].dataset, "gsm8k");
    EXPECT_EQ(config.tasks[0].limit.first, 3);
    EXPECT_EQ(config.tasks[1].seed, 5);
    EXPECT_EQ(config.tasks[1].set, "logiqa");
    EXPECT_EQ(config.tasks[1].answer_methods, (std::vector<std::string>{"loglikelihood", "generate"}));
    EXPECT_FALSE(config.tasks[1].limit.start || config.tasks[1].limit.first);
    EXPECT_EQ(config.tasks[1].limit.end, 20);
  }
  expect_error([&] { parse(lists + shared, {"systems.1.name=one"}); }, {"systems", "two systems named one"}, 2);
  expect_error([&] { parse(lists + shared, {"tasks.1.dataset=gsm8k"}); }, {"tasks", "two tasks named gsm8k"}, 2);
}

TEST(EvalConfig, ARunFileAndWhoOfItAnswers) {
  const EvalConfig config =
      parse("model: {run_file: p.yaml}\nsystems: [receiver, sharer, t2t, c2c, control]\noutput: {output_dir: o}\n" +
            std::string(kEval));
  ASSERT_EQ(config.systems.size(), 5U);
  const SystemKind kinds[] = {SystemKind::kSingle, SystemKind::kSingle, SystemKind::kTwoStage, SystemKind::kC2C,
                              SystemKind::kC2C};
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(config.systems[i].kind(), kinds[i]) << i;
  EXPECT_EQ(config.systems[4].name, "control");
  EXPECT_EQ(config.systems[4].control, "other_sample");
  EXPECT_EQ(config.systems[3].control, "none");
  expect_error(
      [] { parse("model: {run_file: p}\nsystems: [recever]\noutput: {output_dir: o}\n" + std::string(kEval)); },
      {"systems", "recever"}, 2);
}

TEST(EvalConfig, KindsByNameInTheReferencesOrder) {
  const auto kind = [](const std::string& name) {
    EvalSystem system;
    system.model_name = name;
    return system.kind();
  };
  EXPECT_EQ(kind("Two_Stage_Rosetta"), SystemKind::kTwoStageC2C);
  EXPECT_EQ(kind("TWO_STAGE"), SystemKind::kTwoStage);
  EXPECT_EQ(kind("my-Rosetta-run"), SystemKind::kC2C);
  EXPECT_EQ(kind("Qwen/Qwen3-0.6B"), SystemKind::kSingle);
}

TEST(EvalConfig, OverridesWin) {
  const std::string both = std::string(kModel) + kEval;
  const EvalConfig config = parse(both, {"eval.limit=20", "eval.dataset=gsm8k", "eval.response_text=a=b",
                                         "model.generation_config.temperature=0.5", "eval.subjects=[\"x\", \"y\"]"});
  EXPECT_EQ(config.tasks[0].limit.first, 20);
  EXPECT_EQ(config.tasks[0].dataset, "gsm8k");
  EXPECT_EQ(config.tasks[0].response_text, "a=b");
  EXPECT_EQ(config.systems[0].generation.temperature, 0.5);
  EXPECT_EQ(config.tasks[0].subjects, (std::vector<std::string>{"x", "y"}));
  EXPECT_NE(config.text, both);
  EXPECT_EQ(parse(both).text, both);
  EXPECT_FALSE(parse(both, {"eval.limit=null"}).tasks[0].limit.first);
  EXPECT_FALSE(parse(both, {"eval.limit=0"}).tasks[0].limit.first);  // as in the reference
  EXPECT_EQ(parse(both, {"eval.subjects=[x, y z]"}).tasks[0].subjects, (std::vector<std::string>{"x", "y z"}));
  expect_error([&] { parse(both, {"eval.subjects=[x"}); }, {"override eval.subjects=[x"}, 1);
  expect_error([&] { parse(both, {"eval.set=\xff"}); }, {"override", "no UTF-8"}, 2);
  expect_error([&] { parse(both, {"eval"}); }, {"override", "section.key=value"}, 2);
  expect_error([&] { parse(both, {"model.model_name.x=1"}); }, {"override", "a map of keys there"}, 2);
  expect_error([&] { parse(both + "tasks: [gsm8k]\n", {"tasks.1.name=x"}); }, {"override", "an index below 1"}, 2);
}

TEST(EvalConfig, MissingFile) {
  expect_error([] { load_eval_config("/no/such.yaml"); }, {"/no/such.yaml"}, 2);
}

}  // namespace
}  // namespace c2c
