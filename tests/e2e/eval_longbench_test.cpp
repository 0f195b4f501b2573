// LongBench's Chinese tasks through `c2c eval`: counted by jieba's words, or by characters, and said so.
#include "c2c/eval/grading/longbench.h"
#include "c2c/eval/results/result_store.h"
#include "tests/e2e/tiny_pairs.h"

namespace c2c::testing {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kDictionary = "北京 10 ns\n大学 8 n\n北京大学 5 nt\n";
constexpr const char* kEmissions = "P={'B': {'\\u5317': -1.0}, 'E': {}, 'M': {}, 'S': {}}\n";

Json config_for(const Scratch& scratch) {
  std::string rows;
  for (int i = 0; i < 12; ++i)
    rows += Json{{"input", "北京大学在哪里？"},
                 {"context", "北京大学在北京。"},
                 {"answers", {"北京"}},
                 {"length", 8},
                 {"language", "zh"},
                 {"_id", "row-" + std::to_string(i)}}
                .dump() +
            "\n";
  for (const char* name : {"multifieldqa_zh", "dureader"})
    scratch.write("longbench/data/" + std::string(name) + ".jsonl", rows);
  Json config;
  config["model"] = {{"model_name", one_sharer().receiver.string()},
                     {"name", "receiver"},
                     {"generation_config", {{"max_new_tokens", 12}}},
                     {"dtype", "f32"}};
  config["eval"] = {{"dataset", "longbench"},
                    {"data_path", (scratch / "longbench").string()},
                    {"subjects", {"multifieldqa_zh", "dureader"}},
                    {"longbench_all", true},
                    {"answer_method", "generate"}};
  config["output"] = {{"output_dir", (scratch / "run").string()}};
  return config;
}

Outcome evaluate(const Scratch& scratch, const Json& config) {
  return run_c2c({"eval", scratch.write("eval.yaml", config.dump(1)).string()});
}

// What the library makes of the stored replies.
void expect_scores(const fs::path& run, const grading::ChineseWords* words, const std::string& counted_by) {
  const auto results = ResultStore::read(run);
  ASSERT_EQ(results.size(), 24U);
  for (const SampleResult& result : results) {
    ASSERT_EQ(result.error, "");
    const std::vector<std::string> answers = {"北京"};
    EXPECT_EQ(result.score, grading::longbench_sample_score(result.extra["task"].get<std::string>(), result.reply,
                                                            answers, {.classes = {}, .words = words}));
    EXPECT_EQ(result.extra["counted_by"], counted_by);
  }
}

TEST(EvalLongBench, ChineseIsCountedByWordsWhereTheyAreGiven) {
  const Scratch scratch;
  Json config = config_for(scratch);
  const Outcome characters = evaluate(scratch, config);
  ASSERT_EQ(characters.code, 0) << characters.err;
  const std::string note = "Chinese is counted by characters";
  expect_contains(characters.out, {note, "dureader, multifieldqa_zh", "eval.jieba"});
  for (const char* file : {"table.md", "summary.json", "run.json", "report.html"})
    expect_contains(slurp(scratch / "run" / file), {note});
  expect_scores(scratch / "run", nullptr, "characters");
  // Other words are other results: not in the same folder.
  scratch.write("jieba/dict.txt", kDictionary);
  scratch.write("jieba/finalseg/prob_emit.py", kEmissions);
  config["eval"]["jieba"] = (scratch / "jieba").string();
  expect_failure(evaluate(scratch, config), 2, {"jieba_sha256"});
  config["output"]["output_dir"] = (scratch / "words").string();
  const Outcome words = evaluate(scratch, config);
  ASSERT_EQ(words.code, 0) << words.err;
  EXPECT_EQ(words.out.find(note), std::string::npos) << words.out;
  const grading::ChineseWords table(kDictionary, kEmissions);
  expect_scores(scratch / "words", &table, "words");
  const Json info = Json::parse(slurp(scratch / "words" / "run.json"));
  EXPECT_EQ(info["tasks"][0]["details"]["jieba_sha256"].get<std::string>().size(), 64U);
}

}  // namespace
}  // namespace c2c::testing
