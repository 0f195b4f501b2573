// The pair of the demo, as a newcomer runs it. Needs the downloads of `./run fetch`.
#include "tests/e2e/process.h"
#include "tests/testing/parity_fuser.h"

namespace c2c::testing {
namespace {

using Json = nlohmann::ordered_json;

class RealPair : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"smollm2-135m-instruct.gguf", "gemma-3-270m.gguf"})
      if (!fs::exists(deps_dir() / "models" / name)) GTEST_SKIP() << "no " << name << ": run ./run fetch";
    if (!fs::exists(fs::path(C2C_SOURCE_DIR) / "fusers/smollm2-135m+gemma3-270m")) GTEST_SKIP() << "no fuser";
  }
  Outcome run(std::vector<std::string> arguments) const {
    return run_c2c(arguments, "", "C2C_DEPS_DIR=" + quote(fs::absolute(deps_dir()).string()));
  }
  const std::string run_file_ = (fs::path(C2C_SOURCE_DIR) / "presets/smollm2-135m+gemma3-270m.yaml").string();
};

TEST_F(RealPair, SaysTheReferencesWordsTokenForToken) {
  const Scratch scratch;
  const Json golden = read_golden_json(golden_real_dir() / "fused.json");
  std::size_t checked = 0;
  for (const Json& row : golden["rows"]) {
    if (checked == 3) break;  // all of them: the golden tests; here, that the command line gets the same
    const auto file = scratch.write("messages.json", row["messages"].dump());
    const Outcome outcome =
        run({"generate", "--config", run_file_, "--messages", file.string(), "--dtype", "f32", "--fuser",
             parity_fuser().string(), "--align", golden["alignment"].get<std::string>(), "-n", "32", "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.json()["tokens"], row["fused_new_ids"]) << row["word"];
    ++checked;
  }
}

TEST_F(RealPair, PeakMemoryIsTheWeightsAndLittleElse) {
  const Outcome outcome =
      run({"generate", "--config", run_file_, "-p", "What does the word \"pianist\" mean?", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Json memory = outcome.json()["memory"];
  const auto baseline = run_c2c({"doctor", "--json"}).json()["memory"]["baseline_bytes"].get<double>();
  const double limit =
      1.3 * memory["weight_bytes"].get<double>() + memory["cache_bytes"].get<double>() + baseline + 100.0 * (1 << 20);
  EXPECT_LE(memory["peak_bytes"].get<double>(), limit);
  EXPECT_EQ(outcome.json()["provenance"]["dtype"], "bf16");
}

TEST_F(RealPair, DemoShowsFourColumnsAndBothNumbers) {
  const Outcome outcome = run({"demo", "--questions", "1", "-n", "6", "--context-tokens", "6"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  expect_contains(outcome.out, {"receiver alone", "text-to-text", "C2C", "another question's cache", "tokens/s",
                                "sharer prefill", "of the gain is the task's format"});
  const Outcome json = run({"demo", "--questions", "1", "-n", "4", "--context-tokens", "4", "--json"});
  ASSERT_EQ(json.code, 0) << json.err;
  for (const char* mode : {"receiver", "t2t", "c2c", "control"})
    EXPECT_TRUE(json.json()["questions"][0].contains(mode)) << mode;
  EXPECT_LT(json.json()["held_out"]["fused"].get<double>(), json.json()["held_out"]["shuffled"].get<double>());
}

TEST_F(RealPair, ATruncatedGgufIsNamed) {
  const Scratch scratch;
  const fs::path whole = deps_dir() / "models/smollm2-135m-instruct.gguf";
  const std::string head = slurp(whole).substr(0, 40 << 20);
  const auto file = scratch.write("cut.gguf", head);
  expect_failure(run_c2c({"generate", "--receiver", file.string(), "--mode", "receiver", "-p", "x"}), 1, {"cut.gguf"});
}

}  // namespace
}  // namespace c2c::testing
