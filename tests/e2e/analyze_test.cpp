// `c2c analyze` where it runs models: files are written, bad input is said.
#include "tests/e2e/tiny_pairs.h"

namespace c2c::testing {
namespace {

using Json = nlohmann::ordered_json;

// tiny-qwen3 hears tiny-qwen2, which has its vocabulary.
Json run_json(const std::string& sharer = "qwen2") {
  const fs::path fuser = golden_dir() / "fusers" / ("qwen3+" + sharer) / "sharer1";
  const Json one = {{"model", (golden_dir() / "models" / ("tiny-" + sharer)).string()}, {"fuser", fuser.string()}};
  return {
      {"receiver", (golden_dir() / "models/tiny-qwen3").string()}, {"sharers", Json::array({one})}, {"dtype", "f32"}};
}

Json consistency_json(const Scratch& scratch) {
  std::string text;
  for (const char* word : {"lamp", "ink", "tide"}) {
    const Json asked = {{"role", "user"}, {"content", std::string("Say ") + word}},
               said = {{"role", "assistant"}, {"content", std::string("It is a ") + word}};
    text += Json{{"messages", Json::array({asked, said})}}.dump() + "\n";
  }
  return {{"run_file", "run.json"},
          {"dataset",
           {{"type", "ChatJsonlDataset"}, {"kwargs", {{"data_path", scratch.write("chats.jsonl", text).string()}}}}}};
}

Outcome analyze(std::vector<std::string> more) {
  more.insert(more.begin(), "analyze");
  return run_c2c(more);
}

void expect_files(const Outcome& outcome, const fs::path& folder, const std::vector<std::string>& names) {
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  for (const std::string& name : names) {
    EXPECT_TRUE(fs::exists(folder / name)) << name;
    EXPECT_NE(outcome.out.find((folder / name).string()), std::string::npos) << outcome.out;
  }
}

TEST(Analyze, RunsModelsAndWritesWhatItFound) {
  const Scratch scratch;
  const std::string run = scratch.write("run.json", run_json().dump()).string();
  const std::string questions = scratch.write("q.txt", "What does lamp mean?\nAnd ink?\n").string();
  const fs::path out = scratch / "out";
  expect_files(analyze({"weights", run, "--questions", questions, "--output", out.string()}), out,
               {"weights.csv", "weights.html", "projector_weights.csv"});
  EXPECT_EQ(slurp(out / "projector_weights.csv").find("sample_index,projector_index,norm_key_scalar"), 0U);
  expect_files(analyze({"embeddings", run, "--questions", questions, "--values", "--layers", "0,2-3", "--perplexity",
                        "5", "--output", out.string()}),
               out, {"embeddings.csv", "embeddings.json", "embeddings.svg"});
  const Json found = Json::parse(slurp(out / "embeddings.json"));
  EXPECT_EQ(found["more"].size(), 6U) << "keys and values of three layers";
  const std::string config = scratch.write("consistency.json", consistency_json(scratch).dump()).string();
  expect_files(analyze({"consistency", config, "--output", out.string()}), out, {"consistency.csv"});
  EXPECT_EQ(Json::parse(slurp(out / "consistency.json"))["rows"][0]["samples"], 3);
}

TEST(Analyze, SaysWhatIsWrong) {
  const Scratch scratch;
  const std::string run = scratch.write("run.json", run_json().dump()).string();
  const std::string questions = scratch.write("q.txt", "What does lamp mean?\n").string();
  expect_failure(analyze({}), 2, {"consistency", "weights"});
  expect_failure(analyze({"weights"}), 2, {"run file"});
  expect_failure(analyze({"weights", run}), 2, {"--questions"});
  expect_failure(analyze({"weights", run, "--questions", questions, "--task", "gsm8k"}), 2, {"--task"});
  expect_failure(analyze({"weights", run, run, "--questions", questions}), 2, {"2 paths"});
  expect_failure(analyze({"weights", run, "--questions", (scratch / "none.txt").string()}), 1, {"none.txt"});
  expect_failure(analyze({"weights", (scratch / "none.yaml").string(), "--questions", questions}), 2, {"none.yaml"});
  expect_failure(analyze({"embeddings", run, "--questions", questions, "--layers", "1-"}), 2, {"--layers", "1-"});
  expect_failure(analyze({"embeddings", run, "--questions", questions, "--layers", "77"}), 2, {"77"});
  expect_failure(analyze({"embeddings", run, "--questions", questions, "--perplexity", "0"}), 2, {"--perplexity"});
  expect_failure(analyze({"embeddings", run, "--questions", questions, "--per", "letter"}), 2, {"sequence"});
  expect_failure(analyze({"sensitivity", run}), 2, {"receiver"});
  Json config = consistency_json(scratch);
  config["datasets"] = 1;
  expect_failure(analyze({"consistency", scratch.write("c.json", config.dump()).string()}), 2, {"datasets", "dataset"});
  expect_failure(analyze({"consistency", scratch.write("c2.json", consistency_json(scratch).dump()).string(),
                          "--checkpoints", scratch.path().string()}),
                 1, {"checkpoint-<n>"});
  scratch.write("run.json", run_json("gemma3").dump());
  expect_failure(analyze({"consistency", scratch.write("c3.json", consistency_json(scratch).dump()).string()}), 2,
                 {"tiny-qwen3", "tiny-gemma3", "vocabular"});
}

}  // namespace
}  // namespace c2c::testing
