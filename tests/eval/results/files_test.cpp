#include <cmath>

#include "c2c/eval/results/json_fields.h"
#include "c2c/eval/results/lm_eval_files.h"
#include "c2c/eval/results/reference_files.h"
#include "tests/eval/results/results_testing.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;
using testing::make_result;
using testing::TemporaryFolder;

TEST(ReferenceFiles, Csv) {
  SampleResult r = make_result("a", 3, 1);
  r.question = "Say \"hi\", now\nplease";
  r.total_ms = 12;
  SampleResult bad = r;
  bad.error = "lost";
  SampleResult staged = make_result("a", 4, 0);
  staged.method = "logits";
  staged.context = "Background";
  staged.context_tokens = 7;
  staged.total_ms = 0.1;
  EXPECT_EQ(reference_csv(std::vector<SampleResult>{r, bad, staged}),
            "subject,question_id,question,A,B,C,D,E,F,G,H,I,J,true_answer,pred,is_correct,answer_method,cot_pred,"
            "cot_input_length,cot_gen_length,cot_output,answer_latency_ms,extraction_method_used,"
            "ground_truth_normalized,extracted_normalized\r\n"
            "law,3,\"Say \"\"hi\"\", now\nplease\",one,two,three,four,,,,,,,B,B,True,generate,B,43,4,"
            "The correct answer is B,12.0,,,\r\n"
            "physics,4,Question 4?,one,two,three,four,,,,,,,B,C,False,logits,,,,"
            "\"[Background Context]:\nBackground\",0.1,,,\r\n");
}

TEST(ReferenceFiles, SummaryAndLengths) {
  std::vector<SampleResult> results;
  for (int row = 0; row < 4; ++row) results.push_back(make_result("a", row, row < 3));
  results[1].context = "c";
  results[1].context_tokens = 6;
  const auto json = reference_summary(results, {"org/small", "mmlu-redux", "generate"});
  std::string keys;
  for (const auto& [key, value] : json.items()) keys += key + " ";
  EXPECT_EQ(keys, "model dataset answer_method overall_accuracy subjects categories subcategories length_statistics ");
  EXPECT_EQ(json["overall_accuracy"], 0.75);
  EXPECT_EQ(json["subjects"]["law"], 0.5);
  EXPECT_EQ(json["categories"]["STEM"], 1.0);
  const auto& law = json["length_statistics"]["subcategories"]["law"];
  EXPECT_EQ(law["avg_input_length"], 42.0);
  EXPECT_EQ(law["avg_gen_length"], 7.0);
  EXPECT_NEAR(law["avg_length_ratio"].get<double>(), (10.0 / 41 + 4.0 / 43) / 2, 1e-12);
  EXPECT_EQ(law["total_samples"], 2);
  const auto other = reference_summary(results, {"org/small", "ai2-arc", "generate"});
  EXPECT_FALSE(other.contains("categories"));
  EXPECT_TRUE(other["length_statistics"].contains("subjects"));
  const auto lengths = reference_lengths(results);
  ASSERT_EQ(lengths.size(), 4u);
  EXPECT_EQ(lengths[1].dump(),
            R"({"subject":"law","question_id":1,"input_length":41,"gen_length":10,"length_ratio":0.24390243902439024,)"
            R"("is_correct":true,"pred":"B","true_answer":"B"})");
  EXPECT_EQ(reference_summary({}, {"m", "d", "logits"})["overall_accuracy"], 0.0);
}

TEST(ReferenceFiles, NamesOfFiles) {
  const TemporaryFolder temp;
  RunInfo info;
  info.systems = {{"plain", "single", "org/small"}, {"a/b", "c2c", "Rosetta"}, {"ctl", "c2c", "Rosetta", "a/b"}};
  info.tasks = {{"quiz", "mmlu-redux"}, {"lb", "longbench"}};
  std::vector<SampleResult> results = {make_result("plain", 1, 1), make_result("a/b", 1, 1), make_result("ctl", 1, 0)};
  results[2].method = "logits";
  SampleResult lb = make_result("plain", 2, 0.5);
  lb.task = "lb";
  lb.subject = "qasper_e";
  lb.reply = "\nan answer\n";
  lb.extra = {{"answers", {"x"}}, {"all_classes", nullptr}, {"length", 12}, {"_id", "77"}};
  results.push_back(lb);
  std::vector<std::string> names;
  for (const fs::path& path : write_reference_files(temp / "out", info, results, "20261124_110000")) {
    EXPECT_TRUE(fs::exists(path)) << path;
    names.push_back(fs::relative(path, temp / "out").string());
  }
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{
                       "a_b_mmlu-redux_generate_20261124_110000_cot.csv",
                       "a_b_mmlu-redux_generate_20261124_110000_length.json",
                       "a_b_mmlu-redux_generate_20261124_110000_summary.json",
                       "ctl_mmlu-redux_logits_20261124_110000_cot.csv",
                       "ctl_mmlu-redux_logits_20261124_110000_summary.json",
                       "pred_e/small/qasper.jsonl",
                       "small_mmlu-redux_generate_20261124_110000_cot.csv",
                       "small_mmlu-redux_generate_20261124_110000_length.json",
                       "small_mmlu-redux_generate_20261124_110000_summary.json",
                   }));
  EXPECT_EQ(results::read_text(temp / "out" / "pred_e/small/qasper.jsonl"),
            R"({"pred":"an answer","answers":["x"],"all_classes":null,"length":12,"_id":"77"})"
            "\n");
}

SampleResult choice() {
  SampleResult r = make_result("plain", 5, 1);
  r.method = "loglikelihood";
  r.score_norm = 0;
  r.option_scores = {-2.5, -1, -3, -INFINITY};
  return r;
}

// Keys and forms are those of lm_eval 0.4.13: loggers/evaluation_tracker.py and evaluator.py.
TEST(LmEvalFiles, ASampleOfChoices) {
  const auto json = lm_eval_sample(choice(), 7);
  EXPECT_EQ(json["doc_id"], 7);
  EXPECT_EQ(json["target"], "1") << "the right option's number";
  EXPECT_EQ(json["arguments"]["gen_args_1"]["arg_0"], "<user>Question 5?");
  EXPECT_EQ(json["arguments"]["gen_args_1"]["arg_1"], "two");
  EXPECT_EQ(json["resps"].dump(), R"([[["-2.5","None"]],[["-1.0","None"]],[["-3.0","None"]],[["-inf","None"]]])");
  EXPECT_EQ(json["filtered_resps"][0].dump(), R"(["-2.5","None"])");
  EXPECT_EQ(json["filter"], "none");
  EXPECT_EQ(json["metrics"].dump(), R"(["acc","acc_norm"])");
  EXPECT_EQ(json["acc"], 1.0);
  EXPECT_EQ(json["acc_norm"], 0.0);
  for (const char* key : {"doc_hash", "prompt_hash", "target_hash"}) EXPECT_TRUE(json[key].is_string());
}

TEST(LmEvalFiles, WhatWasScoredIsWhatStandsThere) {
  SampleResult r = choice();
  r.extra = {{"lead", "Answer:"}, {"continuations", {" one", " two"}}};
  const auto json = lm_eval_sample(r, 0);
  EXPECT_EQ(json["arguments"]["gen_args_1"]["arg_0"], "<user>Question 5?Answer:");
  EXPECT_EQ(json["arguments"]["gen_args_1"]["arg_1"], " two");
  EXPECT_EQ(json["arguments"]["gen_args_2"]["arg_1"], "three") << "a list that is too short";
  r.extra = {{"lead", 3}, {"continuations", "none"}};
  EXPECT_EQ(lm_eval_sample(r, 0)["arguments"]["gen_args_1"]["arg_0"], "<user>Question 5?");
}

TEST(LmEvalFiles, GeneratedAndContinued) {
  const auto generated = lm_eval_sample(make_result("plain", 1, 0), 0);
  EXPECT_EQ(generated["resps"].dump(), R"([["The correct answer is C"]])");
  EXPECT_EQ(generated["filtered_resps"].dump(), R"(["C"])");
  EXPECT_EQ(generated["exact_match"], 0.0);
  SampleResult text = make_result("plain", 1, 8);
  text.method = "cross_entropy";
  text.truth = "four";
  const auto json = lm_eval_sample(text, 0);
  EXPECT_EQ(json["bits_per_byte"].dump(), "[-8.0,4]");
}

TEST(LmEvalFiles, Results) {
  std::vector<SampleResult> results;
  for (int row = 0; row < 5; ++row) {
    results.push_back(choice());
    results.back().row = row;
    results.back().score = row < 2;
    results.push_back(make_result("plain", row, 1));
    results.push_back(make_result("other", row, 1));
  }
  RunInfo info;
  info.systems = {{"plain", "single", "org/small"}};
  info.tasks = {{"quiz", "ai2-arc", {{"shots", 3}}}};
  const auto json = lm_eval_results(results, info, "plain");
  const auto& task = json["results"]["quiz_loglikelihood"];
  EXPECT_EQ(task["alias"], "quiz_loglikelihood");
  EXPECT_EQ(task["acc,none"], 0.4);
  EXPECT_NEAR(task["acc_stderr,none"].get<double>(), 0.24494897427831783, 1e-12);  // numpy: std(ddof=1) / sqrt(5)
  EXPECT_EQ(task["acc_norm,none"], 0.0);
  EXPECT_EQ(json["results"]["quiz_generate"]["exact_match,none"], 1.0);
  EXPECT_EQ(json["n-shot"]["quiz_generate"], 3);
  EXPECT_EQ(json["n-samples"]["quiz_generate"].dump(), R"({"original":5,"effective":5})");
  EXPECT_EQ(json["higher_is_better"]["quiz_loglikelihood"].dump(), R"({"acc":true,"acc_norm":true})");
  for (const char* key : {"group_subtasks", "configs", "versions", "config", "date", "task_hashes", "model_name"})
    EXPECT_TRUE(json.contains(key)) << key;
  const TemporaryFolder temp;
  const std::vector<fs::path> files = write_lm_eval_files(temp / "out", info, results, "2026-11-24T11-00-00.000000");
  ASSERT_EQ(files.size(), 5u);
  EXPECT_EQ(fs::relative(files[1], temp / "out"), "other/samples_quiz_generate_2026-11-24T11-00-00.000000.jsonl");
  EXPECT_EQ(fs::relative(files[2], temp / "out"), "plain/results_2026-11-24T11-00-00.000000.json");
  const std::string lines = results::read_text(files[3]);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 5);
}

}  // namespace
}  // namespace c2c
