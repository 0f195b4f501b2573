// Every shipped run file parses, and without files in the cache says what to get.
#include "tests/e2e/process.h"

namespace c2c::testing {
namespace {

TEST(Presets, ParseAndNameTheMissingRepositoryAndTheCommandThatGetsIt) {
  const Scratch scratch;
  int published = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(C2C_SOURCE_DIR) / "presets")) {
    if (entry.path().extension() != ".yaml") continue;
    const std::string file = entry.path().string();
    const std::string environment =
        "HF_HUB_CACHE=" + scratch.path().string() + " C2C_GSM8K_FUSER=" + scratch.path().string();
    const Outcome printed = run_c2c({"generate", "--config", file, "--print-config"}, "", environment);
    EXPECT_EQ(printed.code, 0) << file << ": " << printed.err;
    if (slurp(entry.path()).find("hf download") == std::string::npos) continue;
    const Outcome outcome = run_c2c({"generate", "--config", file, "-p", "hello"}, "", environment);
    expect_failure(outcome, 1, {"Qwen/Qwen3-", "hf download Qwen/Qwen3-", scratch.path().string()});
    ++published;
  }
  EXPECT_GE(published, 9);
}

TEST(Presets, AnUnsetVariableIsNamed) {
  const auto file = fs::path(C2C_SOURCE_DIR) / "presets/qwen3-0.6b+qwen3-4b-gsm8k.yaml";
  expect_failure(run_c2c({"generate", "--config", file.string(), "-p", "x"}, "", "env -u C2C_GSM8K_FUSER"), 2,
                 {"sharers[0].fuser", "C2C_GSM8K_FUSER", "export"});
}

}  // namespace
}  // namespace c2c::testing
