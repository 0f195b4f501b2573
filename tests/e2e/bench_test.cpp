// `c2c bench` on the tiny golden pair: every stage runs, every ratio that needs no rival is there.
#include "tests/e2e/tiny_pairs.h"

namespace c2c::testing {
namespace {

std::vector<std::string> bench(std::vector<std::string> more) {
  const TinyPair& pair = one_sharer();
  std::vector<std::string> all = {"bench",
                                  "-m",
                                  pair.receiver.string(),
                                  "--sharer",
                                  pair.sharers[0].string(),
                                  "--fuser",
                                  pair.fusers[0].string(),
                                  "--weights",
                                  "f32",
                                  "--hidden",
                                  "32",
                                  "-p",
                                  "24",
                                  "-n",
                                  "4",
                                  "-r",
                                  "1",
                                  "-q",
                                  "1",
                                  "--gemm-size",
                                  "64",
                                  "--parallel",
                                  "1,2"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

TEST(Bench, EveryStageAndRatioOfATinyPair) {
  const Scratch scratch;
  const Outcome outcome = run_c2c(bench({"--quick", "--json", (scratch / "out.json").string()}));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  expect_contains(outcome.out, {"ceilings, 1 threads", "memory, f32", "fused_first_token"});
  const auto json = nlohmann::ordered_json::parse(slurp(scratch / "out.json"));
  std::vector<std::string> found;
  for (const auto& ratio : json["ratios"]) {
    found.push_back(ratio["what"].get<std::string>() + " / " + ratio["against"].get<std::string>());
    EXPECT_GT(ratio["value"].get<double>(), 0) << ratio;
  }
  for (const char* wanted :
       {"decode / read bandwidth", "fused_decode / read bandwidth", "prefill / GEMM peak",
        "fused_first_token / GEMM peak", "c2c_answer / text-to-text", "requests / one request",
        "requests_whole / one request", "second_question / first question", "peak_memory / memory bound"})
    EXPECT_NE(std::find(found.begin(), found.end(), wanted), found.end()) << wanted;
  EXPECT_EQ(json["memory"][0]["weights"], "f32");
  EXPECT_GT(json["memory"][0]["baseline_bytes"].get<std::int64_t>(), 10 << 20);
}

TEST(Bench, QualityOfPackings) {
  const Scratch scratch;
  std::ofstream(scratch / "words.json")
      << R"({"held_out_pairs": [["lantern", "a light in a case"], ["harbor", "where ships lie"]]})";
  const Outcome outcome = run_c2c(bench({"--stages", "quality", "--heldout", (scratch / "words.json").string(),
                                         "--weights", "q4", "--no-rivals", "-o", "json"}));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto json = outcome.json();
  ASSERT_EQ(json["quality"].size(), 6u) << json;  // f32 and q4: alone, fused, control
  EXPECT_EQ(json["quality"][0]["texts"], 2);
  EXPECT_NE(json["quality"][0]["nats"], json["quality"][1]["nats"]);  // the fuser is heard
  EXPECT_NE(json["quality"][1]["nats"], json["quality"][2]["nats"]);  // and whose cache it is
  ASSERT_EQ(json["quality_losses"].size(), 3u);
  EXPECT_NE(json["quality_losses"][0]["percent"], 0.0);
}

TEST(Bench, OneStageAndJsonOnStdout) {
  const Outcome outcome = run_c2c(bench({"--stages", "timings", "-t", "1,2", "--no-rivals", "-o", "json"}));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.json()["rows"].size(), 10u);  // 4 things and a sweep with 1 and with 2 threads
  EXPECT_TRUE(outcome.json()["ceilings"].empty());
}

TEST(Bench, ARivalThatIsNotThereIsLeftOutAndSaid) {
  const Outcome outcome = run_c2c(bench({"--stages", "timings", "--python", "/no/such/python", "--ref", "/tmp"}));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  expect_contains(outcome.out, {"left out: reference", "left out: llama.cpp"});
}

TEST(Bench, UsageErrorsExitWithTwo) {
  expect_failure(run_c2c(bench({"--prompt", "many"})), 2, {"--prompt", "many"});
  expect_failure(run_c2c(bench({"--weights", "q5"})), 2, {"--weights", "q5"});
  expect_failure(run_c2c(bench({"--stages", "timing"})), 2, {"--stages", "did you mean timings?"});
  expect_failure(run_c2c(bench({"--threads", "0"})), 2, {"--threads"});
  expect_failure(run_c2c({"bench", "-m", "/no/such.gguf"}), 1, {"/no/such.gguf"});
}

}  // namespace
}  // namespace c2c::testing
