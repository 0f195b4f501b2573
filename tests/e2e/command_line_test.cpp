#include "tests/e2e/process.h"

namespace c2c::testing {
namespace {

TEST(CommandLine, HelpAndVersionSucceedOnStdout) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"--help"},
                                                    {"generate", "--help"},
                                                    {"chat", "--help"},
                                                    {"demo", "--help"},
                                                    {"inspect", "--help"},
                                                    {"convert", "--help"},
                                                    {"bench", "--help"},
                                                    {"doctor", "--help"}}) {
    const Outcome outcome = run_c2c(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_FALSE(outcome.out.empty());
  }
  EXPECT_EQ(run_c2c({"--version"}).out.rfind("c2c ", 0), 0u);
}

TEST(CommandLine, GenerateHelpNamesEveryFlagOfTheIssue) {
  const std::string help = run_c2c({"generate", "--help"}).out;
  expect_contains(help, {"--receiver",
                         "--sharer",
                         "--fuser",
                         "--align",
                         "--fusion",
                         "--mask",
                         "--mode",
                         "--dtype",
                         "--temp",
                         "--top-k",
                         "--top-p",
                         "--min-p",
                         "--repeat-penalty",
                         "--presence-penalty",
                         "--frequency-penalty",
                         "-n",
                         "-p",
                         "--messages",
                         "--system",
                         "--seed",
                         "--stop",
                         "--json",
                         "--config",
                         "--threads",
                         "--verbose",
                         "--log-file",
                         "C2C_TOP_K",
                         "--raw"});
}

TEST(CommandLine, UsageErrorsExitWithTwo) {
  expect_failure(run_c2c({}), 2, {"--help"});
  expect_failure(run_c2c({"frobnicate"}), 2, {"frobnicate"});
  expect_failure(run_c2c({"generte"}), 2, {"did you mean generate?"});
  expect_failure(run_c2c({"generate", "--no-such-flag"}), 2, {"--no-such-flag", "generate --help"});
  expect_failure(run_c2c({"generate", "--mode", "c3c", "-p", "x"}), 2, {"--mode", "did you mean c2c?"});
  expect_failure(run_c2c({"generate", "--temp", "-1", "-p", "x"}), 2, {"--temp", "at least 0"});
  expect_failure(run_c2c({"generate", "-p", "x"}), 2, {"receiver", "--receiver"});
  expect_failure(run_c2c({"inspect"}), 2, {"model|fuser|tokenizer|alignment"});
  expect_failure(run_c2c({"convert"}), 2, {"FROM TO"});
  expect_failure(run_c2c({"generate", "-p", "x"}, "", "C2C_TOP_P=7"), 2, {"--top-p", "0 to 1"});
}

TEST(CommandLine, PrintConfigRoundTrips) {
  const Scratch scratch;
  const Outcome first = run_c2c({"generate", "--receiver", "org/model", "--sharer", "org/other", "--temp", "0.5",
                                 "--stop", "a", "--stop", "b", "--print-config"});
  ASSERT_EQ(first.code, 0) << first.err;
  const auto file = scratch.write("run.yaml", first.out);
  const Outcome second = run_c2c({"generate", "--config", file.string(), "--print-config"});
  EXPECT_EQ(second.out, first.out);
  const Outcome changed = run_c2c({"generate", "--config", file.string(), "--temp", "0.75", "--print-config"});
  expect_contains(changed.out, {"temperature: 0.75", "org/other"});
}

TEST(CommandLine, ConfigHelpNamesEveryKeyOfARunFile) {
  const Outcome outcome = run_c2c({"generate", "--config-help"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  expect_contains(outcome.out, {"receiver.model", "sharers[].fuser", "sharers[].chat_template", "sampling.top_k",
                                "t2t.context_tokens", "include_response", "mask"});
}

TEST(CommandLine, DoctorSaysWhatWasFound) {
  const Outcome outcome = run_c2c({"doctor", "--json"}, "", "HF_HUB_CACHE=/nonexistent");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto json = outcome.json();
  EXPECT_FALSE(json["libraries"]["libtorch"].get<std::string>().empty());
  EXPECT_FALSE(json["cpu"]["libtorch_uses"].get<std::string>().empty());
  EXPECT_GE(json["threads"]["compute"].get<int>(), 1);
  EXPECT_TRUE(json["threads"]["one_openmp_pool"].get<bool>());
  EXPECT_EQ(json["hub_cache"]["folder"], "/nonexistent");
  EXPECT_GT(json["memory"]["baseline_bytes"].get<std::int64_t>(), 10 << 20);
  EXPECT_EQ(run_c2c({"doctor"}).code, 0);
}

TEST(CommandLine, ThreadsAreSet) {
  EXPECT_EQ(run_c2c({"doctor", "--json", "--threads", "2"}).json()["threads"]["compute"], 2);
  EXPECT_EQ(run_c2c({"doctor", "--json"}, "", "C2C_THREADS=1").json()["threads"]["compute"], 1);
}

TEST(CommandLine, AFullStdoutIsAnError) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  const int status = std::system((quote(C2C_BINARY) + " doctor >/dev/full 2>/dev/null").c_str());
  EXPECT_EQ(WEXITSTATUS(status), 1);
}

}  // namespace
}  // namespace c2c::testing
