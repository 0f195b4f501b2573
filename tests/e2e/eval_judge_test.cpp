// `c2c eval` with a judge on loopback: one more column; killed, goes on; nothing of the run is lost where it fails.
#include <csignal>
#include <thread>

#include "c2c/eval/results/result_store.h"
#include "tests/e2e/tiny_pairs.h"
#include "tests/testing/http_peer.h"

namespace c2c::testing {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kKey = "sk-no-file-may-hold-this-0815";

Json config_for(const Scratch& scratch, const HttpPeer& peer) {
  std::string rows;
  for (int i = 0; i < 24; ++i)
    rows +=
        Json{{"question", "Question " + std::to_string(i) + "?"}, {"choices", {"a", "b"}}, {"answer", i % 2}}.dump() +
        "\n";
  Json config;
  config["model"] = {{"generation_config", {{"max_new_tokens", 5}}}, {"dtype", "f32"}};
  config["systems"] = {Json{{"name", "first"}, {"model_name", one_sharer().receiver.string()}},
                       Json{{"name", "second"}, {"model_name", one_sharer().sharers[0].string()}}};
  config["tasks"] = {Json{{"dataset", "multiple-choice"},
                          {"data_path", scratch.write("choices.jsonl", rows).string()},
                          {"answer_method", {"generate", "logits"}}}};
  config["judge"] = {{"endpoint", peer.address() + "/v1"}, {"model", "the-judge"}, {"api_key_env", "JUDGE_KEY"}};
  config["output"] = {{"output_dir", (scratch / "run").string()}};
  return config;
}

Outcome evaluate(const Scratch& scratch, const Json& config) {
  return run_c2c({"eval", scratch.write("eval.yaml", config.dump(1)).string()}, "", std::string("JUDGE_KEY=") + kKey);
}

std::string completion(const std::string& text) {
  return Json{{"model", "m"}, {"choices", {{{"finish_reason", "stop"}, {"message", {{"content", text}}}}}}}.dump();
}

std::vector<SampleResult> verdicts(const fs::path& run) {
  std::vector<SampleResult> all = ResultStore::read(run);
  std::erase_if(all, [](const SampleResult& result) { return result.method != "judge"; });
  return all;
}

TEST(EvalJudge, IsAColumnBesideTheRules) {
  const Scratch scratch;
  HttpPeer peer;
  peer.start([](const std::string& head, const std::string& body) {
    if (head.find(kKey) == head.npos) return PeerReply{.status = 401, .body = "{}"};
    return PeerReply{.body = completion(body.find("Reference answer: B") != body.npos ? "YES" : "NO")};
  });
  const Json config = config_for(scratch, peer);
  const Outcome outcome = evaluate(scratch, config);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  expect_contains(outcome.out, {"judge", "generate", "logits"});
  const auto all = verdicts(scratch / "run");
  ASSERT_EQ(all.size(), 48U);
  for (const SampleResult& verdict : all) {
    EXPECT_EQ(verdict.score, verdict.row % 2) << verdict.id;
    EXPECT_EQ(verdict.extra.value("cut_off", false), verdict.prompt.find("derived early") != std::string::npos);
  }
  const Json summary = Json::parse(slurp(scratch / "run" / "summary.json"));
  bool is_there = false;
  for (const Json& cell : summary["cells"]) is_there |= cell["method"] == "judge" && cell["system"] == "second";
  EXPECT_TRUE(is_there);
  for (const auto& entry : fs::recursive_directory_iterator(scratch.path())) {
    if (!entry.is_regular_file()) continue;
    EXPECT_EQ(slurp(entry.path()).find(kKey), std::string::npos) << entry.path();
    if (entry.path().parent_path().filename() == "reference") {
      EXPECT_EQ(entry.path().filename().string().find("judge"), std::string::npos) << entry.path();
    }
  }
  EXPECT_EQ((outcome.out + outcome.err).find(kKey), std::string::npos);
  ASSERT_EQ(evaluate(scratch, config).code, 0);
  EXPECT_EQ(peer.requests(), 48) << "judged twice";
}

TEST(EvalJudge, WhatTheRunFoundIsWrittenWhereTheJudgeFails) {
  const Scratch scratch;
  HttpPeer peer;
  std::atomic<bool> is_up = false;
  peer.start([&](const std::string&, const std::string&) {
    return is_up ? PeerReply{.body = completion("YES")} : PeerReply{.status = 403, .body = "no such key"};
  });
  const Json config = config_for(scratch, peer);
  const Outcome refused = evaluate(scratch, config);
  EXPECT_EQ(refused.code, 1);
  expect_contains(refused.err, {"judge", "first 8 replies", "403"});
  EXPECT_TRUE(fs::exists(scratch / "run" / "table.md"));
  EXPECT_EQ(ResultStore::read(scratch / "run").size(), 96U);
  is_up = true;
  const Outcome again = evaluate(scratch, config);
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(verdicts(scratch / "run").size(), 48U);
}

TEST(EvalJudge, MistakesAreNamed) {
  const Scratch scratch;
  const HttpPeer peer;
  Json config = config_for(scratch, peer);
  config["judge"].erase("model");
  expect_failure(evaluate(scratch, config), 2, {"judge.model"});
  config = config_for(scratch, peer);
  config["judge"]["api_key"] = kKey;
  const Outcome outcome = evaluate(scratch, config);
  expect_failure(outcome, 2, {"api_key", "api_key_env"});
  EXPECT_EQ(outcome.err.find(kKey), std::string::npos);
  config = config_for(scratch, peer);
  config["tasks"][0]["answer_method"] = "logits";
  expect_failure(evaluate(scratch, config), 2, {"generate", "judge"});
}

}  // namespace
}  // namespace c2c::testing
