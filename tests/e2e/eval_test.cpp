// `c2c eval` on the tiny models: one command, one table; killed, shared out, batched: always the same numbers.
#include <sys/types.h>

#include <csignal>
#include <thread>

#include "c2c/eval/results/result_store.h"
#include "tests/e2e/tiny_pairs.h"

namespace c2c::testing {
namespace {

using Json = nlohmann::ordered_json;

std::string choices_file(const Scratch& scratch, int rows, const std::string& extra = {}) {
  const std::vector<std::string> words = {"red", "a green leaf", "blue", "the old house", "seven", "night"};
  std::string text;
  for (int i = 0; i < rows; ++i) {
    const auto word = [&](int k) { return words[static_cast<std::size_t>(i * 5 + k) % words.size()]; };
    const Json row = {{"question", "Question " + std::to_string(i) + ": which one is " + word(i % 3) + "?"},
                      {"choices", {word(0), word(1), word(2)}},
                      {"answer", i % 3},
                      {"subject", i % 2 == 0 ? "even" : "odd"}};
    text += row.dump() + "\n";
  }
  return scratch.write("choices.jsonl", text + extra).string();
}

std::string chat_file(const Scratch& scratch) {
  std::string text;
  for (const char* word : {"lamp", "ink", "tide"})
    text += Json{{"messages",
                  {{{"role", "user"}, {"content", std::string("Say ") + word}},
                   {{"role", "assistant"}, {"content", std::string("It is a ") + word}}}}}
                .dump() +
            "\n";
  return scratch.write("chat.jsonl", text).string();
}

Json c2c_system(const TinyPair& pair) {
  Json checkpoints = Json::array(), sharers = Json::array();
  for (const fs::path& path : pair.fusers) checkpoints.push_back(path.string());
  for (const fs::path& path : pair.sharers) sharers.push_back(path.string());
  return {{"name", "c2c"},
          {"model_name", "Rosetta"},
          {"rosetta_config",
           {{"base_model", pair.receiver.string()}, {"teacher_model", sharers}, {"checkpoints_dir", checkpoints}}}};
}

Json config_for(const Scratch& scratch, const std::string& data, const std::vector<std::string>& methods) {
  const TinyPair& pair = one_sharer();
  const Json two = {{"name", "t2t"},
                    {"model_name", "two_stage"},
                    {"context_model_path", pair.sharers[0].string()},
                    {"answer_model_path", pair.receiver.string()}};
  Json config;
  config["model"] = {{"generation_config", {{"do_sample", false}, {"max_new_tokens", 6}}}, {"dtype", "f32"}};
  config["systems"] = {Json{{"name", "receiver"}, {"model_name", pair.receiver.string()}}, two, c2c_system(pair)};
  config["tasks"] = {Json{{"dataset", "multiple-choice"}, {"data_path", data}, {"answer_method", methods}}};
  config["eval"] = {{"communication_max_new_tokens", 5}, {"response_max_new_tokens", 6}};
  config["output"] = {{"output_dir", (scratch / "run").string()}};
  return config;
}

Outcome evaluate(const Scratch& scratch, const Json& config, std::vector<std::string> more = {},
                 const std::string& environment = {}) {
  more.insert(more.begin(), {"eval", scratch.write("eval.yaml", config.dump(1)).string()});
  return run_c2c(more, "", environment);
}

// What must not depend on how the samples were run.
std::vector<Json> results_of(const fs::path& folder) {
  std::vector<Json> all;
  for (const SampleResult& result : ResultStore::read(folder)) {
    Json row = to_json(result);
    for (const char* time : {"prefill_ms", "fuse_ms", "decode_ms", "total_ms"}) row.erase(time);
    all.push_back(std::move(row));
  }
  return all;
}

// Texts are the same; scores as near as float32 is where other samples shared the work.
void expect_same(const std::vector<Json>& found, const std::vector<Json>& wanted) {
  ASSERT_EQ(found.size(), wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    Json mine = found[i], theirs = wanted[i];
    for (std::size_t k = 0; k < theirs["option_scores"].size(); ++k)
      EXPECT_NEAR(mine["option_scores"][k].get<double>(), theirs["option_scores"][k].get<double>(), 1e-4);
    mine.erase("option_scores");
    theirs.erase("option_scores");
    EXPECT_EQ(mine, theirs);
  }
}

const std::vector<std::string> kAllMethods = {"generate", "logits", "loglikelihood"};

TEST(Eval, OneCommandMakesTheTableAndEveryFile) {
  const Scratch scratch;
  Json config = config_for(scratch, choices_file(scratch, 6), kAllMethods);
  config["tasks"].push_back(
      {{"name", "texts"}, {"dataset", "chat"}, {"data_path", chat_file(scratch)}, {"answer_method", "cross_entropy"}});
  const Outcome outcome = evaluate(scratch, config);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  expect_contains(outcome.out, {"receiver", "t2t", "c2c", "c2c (control)", "generate", "logits", "loglikelihood",
                                "texts cross_entropy", "report.html"});
  const fs::path run = scratch / "run";
  for (const char* name :
       {"samples.sqlite", "run.json", "summary.json", "table.md", "report.html", "reference", "lm_eval"})
    EXPECT_TRUE(fs::exists(run / name)) << name;
  const auto results = ResultStore::read(run);
  EXPECT_EQ(results.size(), 4U * (3 * 6 + 3));
  for (const SampleResult& result : results) {
    EXPECT_EQ(result.error, "") << result.id;
    EXPECT_GT(result.prompt_tokens, 0);
    EXPECT_GT(result.total_ms, 0);
    if (result.method == "loglikelihood") {
      EXPECT_EQ(result.option_scores.size(), 3U);
      EXPECT_TRUE(result.score_norm.has_value());
    }
    if (result.system == "t2t" && result.method == "generate") {
      EXPECT_GT(result.context_tokens, 0);
    }
    if (result.system == "c2c") {
      EXPECT_GT(result.sharer_tokens, 0);
    }
    if (result.method == "cross_entropy") {
      EXPECT_GT(result.score, 0);
    }
  }
  // Nothing is left to do, and nothing is done.
  const Outcome again = evaluate(scratch, config, {"--json"});
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_TRUE(again.json().contains("cells"));
  const Outcome report = run_c2c({"eval", "report", run.string(), "--output", (scratch / "page.html").string()});
  EXPECT_EQ(report.code, 0) << report.err;
  EXPECT_GT(fs::file_size(scratch / "page.html"), 1000U);
}

TEST(Eval, ABatchAnswersAsOneSampleAlone) {
  const Scratch scratch;
  const std::string data = choices_file(scratch, 10);
  std::vector<Json> first;
  for (const int batch : {1, 7}) {
    Json config = config_for(scratch, data, kAllMethods);
    config["eval"]["batch_size"] = batch;
    config["output"]["output_dir"] = (scratch / ("run" + std::to_string(batch))).string();
    const Outcome outcome = evaluate(scratch, config);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    std::vector<Json> results = results_of(scratch / ("run" + std::to_string(batch)));
    ASSERT_EQ(results.size(), 4U * 3 * 10);
    if (first.empty()) {
      first = std::move(results);
      continue;
    }
    expect_same(results, first);
  }
}

TEST(Eval, SeveralSharersAndAProportionOfThePrompt) {
  const Scratch scratch;
  Json config = config_for(scratch, choices_file(scratch, 3), {"logits", "generate"});
  Json whole = c2c_system(several_sharers());
  whole["rosetta_config"]["is_do_alignment"] = true;
  whole["rosetta_config"]["alignment_strategy"] = "first";
  Json masked = whole, none = whole;
  masked["name"] = "one";
  masked["sharer_mask"] = {1};
  none["name"] = "nobody";
  none["kv_cache_proportion"] = 0;
  const Json alone = {{"name", "receiver"}, {"model_name", several_sharers().receiver.string()}};
  config["systems"] = {alone, whole, masked, none};
  const Outcome outcome = evaluate(scratch, config, {"--no-control"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  expect_contains(outcome.out, {"no controls were run"});
  std::map<std::string, std::vector<Json>> by_system;
  for (const Json& row : results_of(scratch / "run"))
    by_system[row["system"].get<std::string>()].push_back(Json::array({row["option_scores"], row["reply"]}));
  EXPECT_EQ(by_system["nobody"], by_system["receiver"]);
  EXPECT_NE(by_system["c2c"], by_system["receiver"]);
  EXPECT_NE(by_system["c2c"], by_system["one"]);
}

// The receiver's own K and V where C2C would fuse: the receiver alone. Without examples nothing can be dropped.
TEST(Eval, OraclesThatChangeNothingAreTheReceiver) {
  const Scratch scratch;
  Json config = config_for(scratch, choices_file(scratch, 4), kAllMethods);
  const std::string receiver = one_sharer().receiver.string();
  Json replaced = c2c_system(one_sharer());
  replaced["name"] = "replaced";
  replaced["oracle"] = "replace";
  replaced["oracle_model"] = receiver;
  config["systems"] = {Json{{"name", "receiver"}, {"model_name", receiver}}, replaced,
                       Json{{"name", "enriched"}, {"model_name", receiver}, {"oracle", "enrich"}}};
  const Outcome outcome = evaluate(scratch, config);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  std::map<std::string, std::vector<SampleResult>> by_system;
  for (SampleResult& result : ResultStore::read(scratch / "run")) by_system[result.system].push_back(result);
  ASSERT_EQ(by_system["receiver"].size(), 12U);
  for (const char* name : {"replaced", "enriched"})
    for (std::size_t i = 0; i < 12; ++i) {
      const SampleResult &mine = by_system["receiver"][i], &theirs = by_system[name][i];
      EXPECT_EQ(mine.reply, theirs.reply) << name;
      for (std::size_t k = 0; k < mine.option_scores.size(); ++k)
        EXPECT_NEAR(mine.option_scores[k], theirs.option_scores[k], 1e-4) << name << " " << mine.method;
    }
  EXPECT_GT(by_system["replaced"][0].extra["oracle_distance"]["key_relative"].size(), 0U);
}

TEST(Eval, DroppedExamplesAreNotThereAndNotForgotten) {
  const Scratch scratch;
  Json config = config_for(scratch, "", {"loglikelihood"});
  const std::string receiver = one_sharer().receiver.string();
  const auto data = fs::path(C2C_SOURCE_DIR) / "tests/eval/tasks/data/openbookqa-jsonl";
  config["tasks"] = {Json{{"dataset", "openbookqa"}, {"data_path", data.string()}, {"answer_method", "loglikelihood"}},
                     Json{{"name", "shots"},
                          {"dataset", "openbookqa"},
                          {"data_path", data.string()},
                          {"shots", 1},
                          {"answer_method", "loglikelihood"}}};
  config["systems"] = {Json{{"name", "receiver"}, {"model_name", receiver}},
                       Json{{"name", "enriched"}, {"model_name", receiver}, {"oracle", "enrich"}}};
  const Outcome outcome = evaluate(scratch, config);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  std::map<std::string, std::vector<double>> scores;
  for (const SampleResult& result : ResultStore::read(scratch / "run"))
    if (scores[result.system + " " + result.task].empty())
      scores[result.system + " " + result.task] = result.option_scores;
  EXPECT_NE(scores["receiver shots"], scores["enriched shots"]);
  EXPECT_NE(scores["receiver openbookqa"], scores["enriched shots"]);
}

TEST(Eval, AnalysesOfARunAndOfAFuser) {
  const Scratch scratch;
  Json config = config_for(scratch, choices_file(scratch, 12), {"loglikelihood", "generate"});
  Json half = c2c_system(one_sharer());
  half["name"] = "half";
  half["kv_cache_proportion"] = 0.5;
  config["systems"].push_back(half);
  ASSERT_EQ(evaluate(scratch, config).code, 0);
  const std::string run = (scratch / "run").string();
  const auto analyze = [&](std::vector<std::string> more) {
    more.insert(more.begin(), "analyze");
    const Outcome outcome = run_c2c(more);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return outcome;
  };
  analyze({"venn", run, "--system", "receiver", "--system", "t2t", "--system", "c2c", "--task", "multiple-choice",
           "--method", "loglikelihood"});
  const Json venn = Json::parse(slurp(fs::path(run) / "analysis" / "venn.json"));
  std::size_t samples = 0;
  for (const Json& row : venn["rows"]) samples += row["samples"].get<std::size_t>();
  EXPECT_EQ(samples, 12U);
  analyze({"lengths", run, "--least", "2"});
  EXPECT_NE(slurp(fs::path(run) / "analysis" / "lengths.csv").find("ratio_from,ratio_to,samples,receiver"),
            std::string::npos);
  analyze({"gates", one_sharer().fusers[0].string(), "--output", (scratch / "out").string()});
  EXPECT_NE(slurp(scratch / "out" / "gates.csv").find("key_gate_logit"), std::string::npos);
  fs::copy(run, scratch / "run-2", fs::copy_options::recursive);
  analyze({"curve", run + "-2", "--method", "loglikelihood", "--output", (scratch / "out").string()});
  EXPECT_NE(slurp(scratch / "out" / "curve.csv").find("2.0,run-2,receiver"), std::string::npos);
  expect_failure(run_c2c({"analyze", "distances", run}), 2, {"oracle: replace"});
  expect_failure(run_c2c({"analyze", "venn", run}), 2, {"--system", "three"});
}

TEST(EvalResume, KilledAndStartedAgainItEndsAsIfUndisturbed) {
  const Scratch scratch;
  const Json config = config_for(scratch, choices_file(scratch, 60), {"generate", "loglikelihood"});
  const std::string file = scratch.write("eval.yaml", config.dump(1)).string();
  const pid_t child = fork();
  if (child == 0) {
    setenv("OMP_NUM_THREADS", "1", 1);
    std::freopen("/dev/null", "w", stdout);
    std::freopen("/dev/null", "w", stderr);
    execl(C2C_BINARY, C2C_BINARY, "eval", file.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  const auto count = [&] {
    try {
      return ResultStore::read(scratch / "run").size();
    } catch (const std::exception&) {
      return std::size_t{0};
    }
  };
  for (int i = 0; i < 6000 && count() < 100; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  const auto before = ResultStore::read(scratch / "run");
  ASSERT_GE(before.size(), 100U);
  ASSERT_LT(before.size(), 4U * 2 * 60) << "it had ended before it was killed";
  const Outcome second = run_c2c({"eval", file});
  ASSERT_EQ(second.code, 0) << second.err;
  // What was done is not done again: its timings are those of the first try.
  std::map<std::string, double> times;
  for (const SampleResult& result : ResultStore::read(scratch / "run"))
    times[result.system + result.method + result.id] = result.total_ms;
  for (const SampleResult& result : before)
    EXPECT_EQ(times.at(result.system + result.method + result.id), result.total_ms);
  const std::vector<Json> resumed = results_of(scratch / "run");
  const Outcome fresh = run_c2c({"eval", file, "--output", (scratch / "fresh").string()});
  ASSERT_EQ(fresh.code, 0) << fresh.err;
  expect_same(resumed, results_of(scratch / "fresh"));
}

#ifdef C2C_GLOO
TEST(EvalRanks, TwoProcessesShareTheSamples) {
  const Scratch scratch;
  const Json config = config_for(scratch, choices_file(scratch, 9), {"generate", "logits"});
  const std::string file = scratch.write("eval.yaml", config.dump(1)).string();
  const std::string port = std::to_string(20000 + getpid() % 20000);
  std::vector<std::thread> ranks;
  std::vector<Outcome> outcomes(2);
  for (int rank = 0; rank < 2; ++rank)
    ranks.emplace_back([&, rank] {
      outcomes[static_cast<std::size_t>(rank)] =
          run_c2c({"eval", file}, "",
                  "RANK=" + std::to_string(rank) + " LOCAL_RANK=" + std::to_string(rank) +
                      " WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=" + port);
    });
  for (std::thread& rank : ranks) rank.join();
  for (const Outcome& outcome : outcomes) ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcomes[0].out, "");
  EXPECT_EQ(outcomes[1].out, "");
  EXPECT_TRUE(fs::exists(scratch / "run" / "samples.1.sqlite"));
  const Outcome alone = run_c2c({"eval", file, "--output", (scratch / "alone").string()});
  ASSERT_EQ(alone.code, 0) << alone.err;
  expect_same(results_of(scratch / "run"), results_of(scratch / "alone"));
}
#endif

TEST(EvalBadInput, EveryMistakeIsNamed) {
  const Scratch scratch;
  const std::string data = choices_file(scratch, 3);
  const Json good = config_for(scratch, data, {"logits"});
  expect_failure(run_c2c({"eval"}), 2, {"no configuration", "c2c eval CONFIG.yaml"});
  Json config = good;
  config["eval"]["anwser_method"] = "logits";
  expect_failure(evaluate(scratch, config), 2, {"eval.yaml", "anwser_method", "answer_method"});
  config = good;
  config["tasks"][0]["answer_method"] = "cross_entropy";
  expect_failure(evaluate(scratch, config), 2, {"multiple-choice", "cross_entropy", "logits"});
  config = good;
  config["tasks"][0] = {{"dataset", "ai2-arc"}, {"answer_method", "logits"}};
  expect_failure(evaluate(scratch, config, {}, "HF_HOME=" + scratch.path().string() + " HF_HUB_CACHE="), 1,
                 {"allenai/ai2_arc", "hf download"});
  config = good;
  config["output"]["output_dir"] = (scratch / "other").string();
  config["systems"][2]["rosetta_config"]["checkpoints_dir"] = (scratch / "nowhere").string();
  expect_failure(evaluate(scratch, config), 1, {"nowhere"});
  config = good;
  config["tasks"][0]["data_path"] = choices_file(scratch, 3,
                                                 R"({"question": "?", "choices": ["a", "b"], "answer": 7})"
                                                 "\n");
  expect_failure(evaluate(scratch, config), 1, {"choices.jsonl", "answer", "7", "1 %"});
  config = good;
  config["tasks"][0]["data_path"] = choices_file(scratch, 3);
  ASSERT_EQ(evaluate(scratch, config).code, 0);
  config["model"]["generation_config"]["max_new_tokens"] = 7;
  expect_failure(evaluate(scratch, config), 2, {"run", "max_new_tokens"});
  expect_failure(run_c2c({"eval", "report", (scratch / "none").string()}), 1, {"none"});
}

}  // namespace
}  // namespace c2c::testing
