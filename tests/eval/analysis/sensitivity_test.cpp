#include "c2c/eval/analysis/sensitivity.h"

#include <ATen/ATen.h>

#include "c2c/base/error.h"
#include "c2c/eval/analysis/disturbed_sample.h"
#include "c2c/eval/runs/contender.h"
#include "tests/eval/analysis/tiny_run.h"

namespace c2c::testing {
namespace {

using Json = nlohmann::ordered_json;

Json config_json(const Folder& folder, int rows = 6) {
  const std::vector<std::string> words = {"red", "a green leaf", "blue", "the old house", "seven", "night"};
  std::string text;
  for (int i = 0; i < rows; ++i) {
    const auto word = [&](int k) { return words[static_cast<std::size_t>(i * 5 + k) % words.size()]; };
    text += Json{{"question", "Question " + std::to_string(i) + ": which one is " + word(i % 3) + "?"},
                 {"choices", {word(0), word(1), word(2)}},
                 {"answer", i % 3}}
                .dump() +
            "\n";
  }
  const RunConfig run = tiny_run();
  const Json c2c = {{"name", "c2c"},
                    {"model_name", "Rosetta"},
                    {"rosetta_config",
                     {{"base_model", run.receiver.model},
                      {"teacher_model", run.sharers[0].model},
                      {"checkpoints_dir", run.sharers[0].fuser}}}};
  Json config;
  config["model"] = {{"dtype", "f32"}};
  config["systems"] = Json::array({Json{{"name", "receiver"}, {"model_name", run.receiver.model}}, c2c});
  config["eval"] = {{"dataset", "multiple-choice"},
                    {"data_path", folder.write("choices.jsonl", text).string()},
                    {"answer_method", "loglikelihood"},
                    {"mode", "fixed"}};
  config["output"] = {{"output_dir", (folder / "run").string()}};
  return config;
}

EvalConfig parsed(const Json& config, const Folder& folder) {
  return parse_eval_config(config.dump(), folder / "eval.json");
}

struct Asked {
  explicit Asked(const EvalConfig& config, const std::string& method_name, std::size_t system = 0)
      : contenders(make_contenders(config, {})),
        contender(contenders.at(system)),
        task(config.tasks.front()),
        data(load_task(task)),
        method(method_name) {
    contender.prepare();
  }
  Assignment assignment() { return {contender, task, data, method, contender.answerer().session->engine()}; }

  std::vector<Contender> contenders;
  const Contender& contender;
  EvalTask task;
  TaskData data;
  std::string method;
};

// What the engine makes of the same question.
double evaluated(const Assignment& assignment, std::size_t i) {
  const auto& samples = assignment.data.samples;
  Inquiry inquiry(assignment, samples[i], samples[(i + samples.size() - 1) % samples.size()]);
  while (!inquiry.advance()) inquiry.wait_for(std::chrono::milliseconds(100));
  const SampleResult result = inquiry.take();
  EXPECT_EQ(result.error, "");
  return result.score;
}

TEST(Sensitivity, UndisturbedSamplesScoreAsTheEvaluationDoes) {
  const Folder folder;
  for (const std::size_t system : {0U, 1U})
    for (const char* method : {"loglikelihood", "logits"}) {
      Asked asked(parsed(config_json(folder, 12), folder), method, system);
      const Assignment assignment = asked.assignment();
      for (std::size_t i = 0; i < 12; ++i) {
        DisturbedSample sample(assignment, asked.data.samples[i], asked.data.samples[(i + 11) % 12], false);
        EXPECT_EQ(sample.score(), evaluated(assignment, i)) << method << " of sample " << i;
        EXPECT_LT(sample.begin(), sample.end());
      }
    }
}

// The likelihoods, which scores hide: those of a whole forward, before and after a layer was disturbed and put back.
TEST(Sensitivity, WhatIsPutBackIsAsItWas) {
  const Folder folder;
  Session session(tiny_run());
  const SectionPlan plan = session.plan({.messages = user("Which of these is blue, and why?"), .mode = "receiver"});
  const Rosetta& alone = *session.speaker("receiver").rosetta;
  const at::NoGradGuard no_grad;
  RosettaState state;
  const at::Tensor whole_NV = alone.receiver().logits(alone.forward({plan}, state).hidden_BNC[0]);
  PromptCache cache(alone, plan, 9);
  const at::Tensor clean_NV = cache.answer(plan);
  ASSERT_EQ(clean_NV.size(0), static_cast<std::int64_t>(plan.ids.size()) - 9);
  EXPECT_LT((clean_NV - whole_NV.slice(0, 9)).abs().max().item<double>(), 1e-4);
  const KvPair own = cache.copy(1, 3, 9);
  cache.replace(1, 3, disturbed(own, {.std = 3}, 1));
  EXPECT_GT((cache.answer(plan) - clean_NV).abs().max().item<double>(), 1e-2);
  cache.replace(1, 3, own);
  EXPECT_EQ((cache.answer(plan) - clean_NV).abs().max().item<double>(), 0);
}

// Pads stand inside an aligned prompt: they are read by nobody.
TEST(Sensitivity, PaddedPromptsAreReadAsAWholeForwardReadsThem) {
  Session session(tiny_run("gemma3", "first"));
  const SectionPlan plan = session.plan({.messages = user("Which of these is blue, and why?"), .mode = "c2c"});
  ASSERT_FALSE(plan.padding.empty());
  const at::NoGradGuard no_grad;
  RosettaState state;
  const at::Tensor whole_NV =
      session.rosetta().receiver().logits(session.rosetta().forward({plan}, state).hidden_BNC[0]);
  const std::int64_t kept = last_fused_end(plan);
  PromptCache cache(session.rosetta(), plan, kept);
  const at::Tensor answered_NV = cache.answer(plan);
  const std::int64_t last = answered_NV.size(0);
  ASSERT_LE(last, whole_NV.size(0));
  EXPECT_LT((answered_NV - whole_NV.slice(0, whole_NV.size(0) - last)).abs().max().item<double>(), 1e-4);
  EXPECT_THROW(PromptCache(session.rosetta(), plan, kept - 1), Error) << "a fused token would be read again, unfused";
}

TEST(Sensitivity, TheQuestionIsWhatIsDisturbed) {
  const Folder folder;
  Asked asked(parsed(config_json(folder), folder), "loglikelihood");
  const Assignment assignment = asked.assignment();
  const DisturbedSample sample(assignment, asked.data.samples[1], asked.data.samples[0], false);
  EXPECT_FALSE(sample.is_whole());
  const Tokenizer& tokenizer = *asked.contender.answerer().text().tokenizer;
  const PlannedPrompt prompt = plan_prompt(*asked.contender.answerer().session, "receiver",
                                           answer_prompt(assignment, asked.data.samples[1], nullptr), nullptr, {});
  const std::vector<TokenId> part(prompt.ids.begin() + sample.begin(), prompt.ids.begin() + sample.end());
  EXPECT_NE(asked.data.samples[1].question.find(tokenizer.decode(part, false)), std::string::npos);
  EXPECT_GT(sample.end() - sample.begin(), 5);
  const DisturbedSample whole(assignment, asked.data.samples[1], asked.data.samples[0], true);
  EXPECT_EQ(whole.begin(), 0);
  EXPECT_GT(whole.end(), sample.end());
}

TEST(Sensitivity, NoiseHasItsMeanAndDeviationAndComesFromItsSeed) {
  const KvPair clean{at::full({1, 2, 400, 16}, 3.0) + 2 * at::randn({1, 2, 400, 16}), at::randn({1, 2, 400, 16})};
  const auto noise = [&](const SensitivityOptions& options, std::uint64_t seed) {
    return disturbed(clean, options, seed).key - clean.key;
  };
  const at::Tensor absolute = noise({.mean = 0.5, .std = 1.5, .absolute = true}, 9);
  EXPECT_NEAR(absolute.mean().item<double>(), 0.5, 0.05);
  EXPECT_NEAR(absolute.std().item<double>(), 1.5, 0.05);
  const at::Tensor relative = noise({.std = 1}, 9);
  EXPECT_NEAR(relative.std().item<double>(), clean.key.std(false).item<double>(), 0.1);
  EXPECT_TRUE(relative.equal(noise({.std = 1}, 9)));
  EXPECT_FALSE(relative.equal(noise({.std = 1}, 10)));
}

TEST(Sensitivity, NothingIsLostWhereNothingIsDisturbed) {
  const Folder folder;
  const Analysis found = sensitivity_analysis(parsed(config_json(folder), folder), {.layers = {0, 3}, .std = 0});
  ASSERT_EQ(found.table.rows.size(), 3U);
  EXPECT_TRUE(found.table.rows[0][1].is_null());
  for (const auto& row : found.table.rows) EXPECT_EQ(row[3], found.table.rows[0][3]);
  EXPECT_EQ(number(found.table.rows[1][6]), 0);
}

// A layer's row does not depend on the layers that were disturbed before it.
TEST(Sensitivity, OneLayerAtATimeIsDisturbed) {
  const Folder folder;
  const EvalConfig config = parsed(config_json(folder, 12), folder);
  const Analysis all = sensitivity_analysis(config, {.std = 4}),
                 last = sensitivity_analysis(config, {.layers = {3}, .std = 4});
  ASSERT_EQ(all.table.rows.size(), 5U);
  EXPECT_EQ(all.table.rows[4], last.table.rows[1]);
}

TEST(Sensitivity, C2cBringsItsControlAndEveryLayerItsRow) {
  const Folder folder;
  const Analysis found = sensitivity_analysis(parsed(config_json(folder), folder), {.systems = {"c2c"}, .samples = 4});
  ASSERT_EQ(found.table.rows.size(), 2U * (1 + 4));
  EXPECT_EQ(found.table.rows[0][0], "c2c");
  EXPECT_EQ(found.table.rows[5][0], "c2c (control)");
  EXPECT_EQ(found.table.rows[3][1], 2);
  EXPECT_EQ(found.table.rows[3][2], 4);
}

// The receiver's own keys and values are no disturbance; a model of another shape, or vocabulary, is refused.
TEST(Sensitivity, AnotherModelsCacheMustFit) {
  const Folder folder;
  const EvalConfig config = parsed(config_json(folder), folder);
  const RunConfig run = tiny_run();
  SensitivityOptions options{.layers = {1}};
  options.source = run.receiver.model;
  EXPECT_EQ(number(sensitivity_analysis(config, options).table.rows[1][6]), 0);
  options.source = run.sharers[0].model;
  EXPECT_THROW(sensitivity_analysis(config, options), Error);
  options.source = tiny_run("gemma3").sharers[0].model;
  try {
    sensitivity_analysis(config, options);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("vocabulary"), std::string::npos) << error.what();
  }
}

TEST(Sensitivity, LayersAndSystemsThatAreNotThereAreRefused) {
  const Folder folder;
  const EvalConfig config = parsed(config_json(folder), folder);
  EXPECT_THROW(sensitivity_analysis(config, {.layers = {4}}), Error);
  EXPECT_THROW(sensitivity_analysis(config, {.systems = {"nobody"}}), Error);
}

}  // namespace
}  // namespace c2c::testing
