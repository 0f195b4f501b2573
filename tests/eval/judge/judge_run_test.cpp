#include "c2c/eval/judge/judge_run.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <map>
#include <set>

#include "c2c/base/error.h"
#include "c2c/eval/results/result_store.h"
#include "c2c/eval/results/summary.h"
#include "tests/io/formats/format_testing.h"
#include "tests/testing/golden.h"
#include "tests/testing/http_peer.h"

namespace c2c {
namespace {

using namespace c2c::testing;
using Json = nlohmann::json;

constexpr const char* kKey = "sk-this-must-not-be-seen-4711";

// A run of one system on gsm8k: the reply of every third sample is "wrong".
class JudgeRun : public ::testing::Test {
 protected:
  void make_run(int samples) {
    info.name = "run";
    info.baseline = "model";
    info.systems.push_back({.name = "model", .kind = "single", .model_name = "model", .control_of = "", .details = {}});
    info.tasks.push_back({.name = "gsm8k", .dataset = "gsm8k", .details = {}});
    ResultStore store = ResultStore::open(run(), Json{{"a", 1}});
    for (int i = 0; i < samples; ++i) store.put(generated(i));
    write_run_info(run(), info);
    ::setenv("C2C_TEST_JUDGE_KEY", kKey, 1);
    judge.endpoint = peer.address() + "/v1";
    judge.model = "the-judge";
    judge.api_key_env = "C2C_TEST_JUDGE_KEY";
    judge.timeout = 30;
  }
  static SampleResult generated(int i) {
    SampleResult result;
    result.system = "model";
    result.task = "gsm8k";
    result.method = "generate";
    result.id = "main/" + std::to_string(i);
    result.row = i;
    result.truth = std::to_string(i);
    result.reply = (i % 3 == 0 ? "wrong " : "right ") + std::to_string(i);
    return result;
  }

  fs::path run() const { return folder / "run"; }
  void judge_it(const JudgeOptions& options = {}) {
    info = read_run_info(run());
    judge_run(run(), judge, options, info);
  }
  std::map<std::string, SampleResult> verdicts() const {
    std::map<std::string, SampleResult> found;
    for (SampleResult& result : ResultStore::read(run()))
      if (result.method == kJudgeMethod) found[result.id] = std::move(result);
    return found;
  }
  // Of every file of the run, the store's pages too.
  bool is_key_written() const {
    for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(file), {}};
      if (bytes.find(kKey) != bytes.npos) return true;
    }
    return false;
  }

  TemporaryFolder folder;
  HttpPeer peer;
  EvalJudge judge;
  RunInfo info;
};

std::string completion(const std::string& text) {
  return Json{
      {"model", "the-judge-2026"},
      {"choices", {{{"index", 0}, {"finish_reason", "stop"}, {"message", {{"role", "assistant"}, {"content", text}}}}}},
      {"usage", {{"prompt_tokens", 90}, {"completion_tokens", 1}, {"total_tokens", 91}}}}
      .dump();
}
std::string asked(const std::string& body) {
  return Json::parse(body).at("messages").at(0).at("content").get<std::string>();
}
PeerReply fair(const std::string& body) {
  return {.body = completion(asked(body).find("answer: right") != std::string::npos ? "YES" : "NO")};
}

TEST_F(JudgeRun, VerdictsStandBesideTheRules) {
  make_run(30);
  std::mutex mutex;
  std::set<std::string> heads, models;
  peer.start([&](const std::string& head, const std::string& body) {
    const std::lock_guard guard(mutex);
    heads.insert(head.substr(0, head.find("\r\n")));
    if (head.find(std::string("Authorization: Bearer ") + kKey) == head.npos) return PeerReply{.status = 401};
    models.insert(Json::parse(body).at("model").get<std::string>());
    return fair(body);
  });
  judge_it();
  EXPECT_EQ(heads, (std::set<std::string>{"POST /v1/chat/completions HTTP/1.1"}));
  EXPECT_EQ(models, (std::set<std::string>{"the-judge"}));
  const auto all = verdicts();
  ASSERT_EQ(all.size(), 30U);
  for (const auto& [id, verdict] : all) {
    EXPECT_EQ(verdict.error, "");
    EXPECT_EQ(verdict.score, verdict.row % 3 == 0 ? 0 : 1) << id;
    EXPECT_EQ(verdict.predicted, verdict.row % 3 == 0 ? "NO" : "YES");
    EXPECT_EQ(verdict.truth, std::to_string(verdict.row));
    EXPECT_EQ(verdict.prompt_tokens, 90);
    EXPECT_EQ(verdict.extra["judge"]["answered_as"], "the-judge-2026");
  }
  const Summary summary = summarize(ResultStore::read(run()), info);
  ASSERT_EQ(summary.columns.size(), 2U);
  EXPECT_EQ(summary.columns[1].method, "judge");
  const CellSummary* cell = summary.find("model", {"gsm8k", "judge"});
  ASSERT_NE(cell, nullptr);
  EXPECT_DOUBLE_EQ(cell->score.value, 20.0 / 30);
  EXPECT_LT(cell->score.interval.low, cell->score.value);
  EXPECT_TRUE(cell->wilson.has_value());
  const RunInfo written = read_run_info(run());
  EXPECT_EQ(written.hashes["judge"]["model"], "the-judge");
  EXPECT_EQ(written.hashes["judge"]["endpoint"], peer.address());
  EXPECT_EQ(written.hashes["judge"]["prompts_sha256"].get<std::string>().size(), 64U);
  EXPECT_FALSE(is_key_written());
  // Nothing is asked twice.
  judge_it({.retry_errors = true, .progress = {}});
  EXPECT_EQ(peer.requests(), 30);
}

TEST_F(JudgeRun, NeitherYesNorNoIsNoVerdict) {
  make_run(12);
  std::atomic<bool> is_sober = false;
  peer.start([&](const std::string&, const std::string& body) {
    const std::string question = asked(body);
    const bool odd = question.find("right 4\n") != question.npos || question.find("right 7\n") != question.npos;
    return odd && !is_sober ? PeerReply{.body = completion("It depends, " + std::string(kKey))} : fair(body);
  });
  judge_it();
  auto all = verdicts();
  ASSERT_EQ(all.size(), 12U);
  for (const char* id : {"main/4", "main/7"}) {
    EXPECT_NE(all[id].error.find("neither YES nor NO"), std::string::npos) << all[id].error;
    EXPECT_EQ(all[id].reply, "It depends, [key]");
    EXPECT_FALSE(all[id].predicted.has_value());
  }
  EXPECT_EQ(all["main/5"].error, "");
  EXPECT_FALSE(is_key_written());
  const Summary summary = summarize(ResultStore::read(run()), info);
  EXPECT_EQ(summary.find("model", {"gsm8k", "judge"})->errors, 2);
  is_sober = true;
  judge_it();
  EXPECT_EQ(peer.requests(), 12) << "errors wait for --retry-errors";
  judge_it({.retry_errors = true, .progress = {}});
  EXPECT_EQ(peer.requests(), 14);
  EXPECT_EQ(verdicts()["main/7"].predicted, "YES");
}

TEST_F(JudgeRun, ABusyServiceIsWaitedFor) {
  make_run(3);
  std::atomic<int> busy = 2;
  peer.start([&](const std::string&, const std::string& body) {
    if (busy-- > 0) return PeerReply{.status = 429, .body = "{}", .headers = {"Retry-After: 1"}};
    return fair(body);
  });
  judge.parallel = 1;
  const auto started = std::chrono::steady_clock::now();
  judge_it();
  EXPECT_GE(std::chrono::steady_clock::now() - started, std::chrono::seconds(2));
  for (const auto& [id, verdict] : verdicts()) EXPECT_EQ(verdict.error, "") << id;
  EXPECT_EQ(peer.requests(), 5);
}

TEST_F(JudgeRun, StopsWhereNothingWorks) {
  make_run(40);
  std::atomic<bool> is_up = false;
  peer.start([&](const std::string& head, const std::string& body) {
    return is_up ? fair(body) : PeerReply{.status = 401, .body = R"({"error": {"message": "bad key: )" + head + "\"}}"};
  });
  judge.parallel = 2;
  try {
    judge_it();
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 1);
    for (const char* part : {"judge", "first 8 replies", "401", "own results are written"})
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    EXPECT_EQ(std::string(error.what()).find(kKey), std::string::npos) << error.what();
  }
  EXPECT_LE(peer.requests(), 10);
  EXPECT_TRUE(verdicts().empty());
  EXPECT_EQ(ResultStore::read(run()).size(), 40U);
  EXPECT_FALSE(is_key_written());
  is_up = true;  // no flag is needed to go on
  judge_it();
  EXPECT_EQ(verdicts().size(), 40U);
}

TEST_F(JudgeRun, RepliesThatAreNoneAreNotAskedAbout) {
  make_run(4);
  SampleResult failed = generated(4);
  failed.error = "prompt too long";
  ResultStore::open(run(), Json{{"a", 1}}).put(failed);
  peer.start([](const std::string&, const std::string& body) { return fair(body); });
  judge_it();
  EXPECT_EQ(peer.requests(), 4);
  EXPECT_NE(verdicts()["main/4"].error.find("prompt too long"), std::string::npos);
  failed.error = "";
  ResultStore::open(run(), Json{{"a", 1}}).put(failed);
  judge_it();
  EXPECT_EQ(verdicts()["main/4"].predicted, "YES");
  EXPECT_EQ(peer.requests(), 5);
}

TEST_F(JudgeRun, OneJudgeForARun) {
  make_run(2);
  peer.start([](const std::string&, const std::string& body) { return fair(body); });
  judge_it();
  judge.model = "another";
  try {
    judge_it();
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    for (const char* part : {"another", "the-judge", "output_dir"})
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
  EXPECT_EQ(peer.requests(), 2);
}

// The judging process dies in the middle; what it had is kept, and nothing of it is asked again.
TEST_F(JudgeRun, KilledAndStartedAgain) {
  make_run(60);
  const pid_t child = fork();
  if (child == 0) {
    judge.parallel = 2;
    try {
      judge_it();
    } catch (...) {
      _exit(1);
    }
    _exit(0);
  }
  peer.start([](const std::string&, const std::string& body) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return fair(body);
  });
  for (int i = 0; i < 3000 && verdicts().size() < 10; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status)) << "it had ended before it was killed";
  const auto before = verdicts();
  ASSERT_GE(before.size(), 10U);
  ASSERT_LT(before.size(), 60U);
  std::int64_t first_done = -1;
  JudgeOptions options;
  options.progress = [&](const JudgeProgress& now) { first_done = first_done < 0 ? now.done : first_done; };
  judge_it(options);
  EXPECT_EQ(first_done, std::ssize(before) + 1);
  const auto after = verdicts();
  ASSERT_EQ(after.size(), 60U);
  for (const auto& [id, verdict] : before) EXPECT_EQ(after.at(id).total_ms, verdict.total_ms) << id;
  EXPECT_LE(peer.requests(), 62);  // two were under way
}

TEST_F(JudgeRun, WhatCannotBeUsedIsNamed) {
  make_run(1);
  const auto refuse = [&](const std::vector<std::string>& parts) {
    try {
      judge_it();
      ADD_FAILURE() << "no error; expected " << parts.front();
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), 2) << error.what();
      for (const std::string& part : parts)
        EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  };
  judge.api_key_file = (folder / "nowhere").string();
  refuse({"nowhere"});
  judge.api_key_file = "";
  judge.endpoint = "ftp://host/v1";
  refuse({"ftp"});
}

}  // namespace
}  // namespace c2c
