// `c2c data`: what it writes trains, and generation that was killed goes on.
#include <sys/types.h>

#include <csignal>
#include <map>
#include <thread>

#include "tests/e2e/tiny_pairs.h"

namespace c2c::testing {
namespace {

using Json = nlohmann::ordered_json;

std::vector<Json> lines_of(const fs::path& path) {
  std::vector<Json> lines;
  std::istringstream text(slurp(path));
  for (std::string line; std::getline(text, line);) lines.push_back(Json::parse(line));
  return lines;
}

std::string dolly_file(const Scratch& scratch, int rows) {
  const std::vector<std::string> words = {"red", "a green leaf", "blue", "the old house", "seven", "night"};
  std::string text;
  for (int i = 0; i < rows; ++i)
    text += Json{{"instruction", "Say " + std::to_string(i) + " with " + words[static_cast<std::size_t>(i) % 6]},
                 {"context", i % 4 == 0 ? "It is " + words[static_cast<std::size_t>(i) % 5] : ""},
                 {"response", "not used"}}
                .dump() +
            "\n";
  return scratch.write("dolly.jsonl", text).string();
}

std::vector<std::string> generation(const std::string& input, const fs::path& output,
                                    std::vector<std::string> more = {}) {
  std::vector<std::string> all = {"data",
                                  "generate",
                                  "--type",
                                  "dolly",
                                  "--input",
                                  input,
                                  "--teacher",
                                  one_sharer().receiver.string(),
                                  "--output",
                                  output.string(),
                                  "--dtype",
                                  "f32",
                                  "--max-new-tokens",
                                  "8"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

// Every file but the journal, whose lines stand in the order in which replies came.
std::map<std::string, std::string> files_of(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().filename() != "journal.jsonl")
      files[fs::relative(entry.path(), folder).string()] = slurp(entry.path());
  return files;
}

TEST(Data, WordNetWritesWhatStatsReads) {
  const Scratch scratch;
  std::string text = "  1 This software\n";
  for (const char* word : {"abacus", "ice_cream", "zebra", "lamp_post", "tide", "inkwell"})
    text += std::string("00001740 03 n 01 ") + word + " 0 000 | a thing that is called " + word + " here\n";
  scratch.write("wordnet/data.noun", text);
  const std::string out = (scratch / "out").string();
  const Outcome written = run_c2c({"data", "wordnet", "--wordnet", (scratch / "wordnet").string(), "--output", out,
                                   "--held-out", "4", "--questions", "2"});
  ASSERT_EQ(written.code, 0) << written.err;
  expect_contains(written.out, {"2 pairs in train.jsonl", "4 in heldout.jsonl", "2 questions", "of 6 pairs"});
  const auto chats = lines_of(scratch / "out/train.jsonl");
  ASSERT_EQ(chats.size(), 2U);
  const Outcome stats = run_c2c({"data", "stats", out + "/train.jsonl", "--type", "ChatJsonlDataset"});
  ASSERT_EQ(stats.code, 0) << stats.err;
  EXPECT_EQ(stats.json()["samples"], 2);
  EXPECT_EQ(stats.json()["messages"], 4);
  EXPECT_EQ(stats.json()["first"], chats[0]["messages"]);
  const Outcome table = run_c2c({"data", "stats", out + "/questions.jsonl"});
  ASSERT_EQ(table.code, 0) << table.err;
  EXPECT_EQ(table.json()["rows"], 2);
  EXPECT_EQ(table.json()["first"]["choices"].size(), 4U);
  expect_failure(run_c2c({"data", "wordnet", "--wordnet", out, "--output", out}), 1, {"data.noun", "wordnet-base"});
  expect_failure(run_c2c({"data", "wordnet"}), 2, {"--output"});
  expect_failure(run_c2c({"data", "stats", "--type", "ChatJsonDataset"}), 2, {"ChatJsonlDataset"});
  expect_failure(run_c2c({"data"}), 2, {"c2c data generate", "c2c data stats"});
}

TEST(Data, GeneratedRowsTrain) {
  const Scratch scratch;
  const Outcome outcome = run_c2c(generation(dolly_file(scratch, 9), scratch / "out", {"--limit", "6"}));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  expect_contains(outcome.out, {"6 replies to 6 rows"});
  const auto rows = lines_of(scratch / "out/generated.jsonl");
  ASSERT_EQ(rows.size(), 6U);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(rows[i]["id"], "dolly_00000" + std::to_string(i));
    EXPECT_NE(rows[i]["input_text"].get<std::string>().find("Say " + std::to_string(i)), std::string::npos);
    EXPECT_NE(rows[i]["model_response"], "not used");
  }
  // The reply is the model's own to this very prompt.
  const Outcome alone = run_c2c({"generate", "--receiver", one_sharer().receiver.string(), "--mode", "receiver",
                                 "--dtype", "f32", "-n", "8", "-p", rows[4]["input_text"], "--json"});
  ASSERT_EQ(alone.code, 0) << alone.err;
  EXPECT_EQ(alone.json()["text"], rows[4]["model_response"]);
  for (const char* name : {"generated.jsonl", "Dolly_generated_results.csv"}) {
    const Outcome stats =
        run_c2c({"data", "stats", (scratch / "out" / name).string(), "--type", "LLMGeneratedChatDataset"});
    ASSERT_EQ(stats.code, 0) << stats.err;
    EXPECT_EQ(stats.json()["samples"], 6);
    EXPECT_EQ(stats.json()["first"][1]["content"], rows[0]["model_response"]);
  }
}

TEST(Data, MistakesInGenerationAreNamed) {
  const Scratch scratch;
  const std::string input = dolly_file(scratch, 3);
  const fs::path out = scratch / "out";
  expect_failure(run_c2c({"data", "generate", "--type", "dolly", "--input", input, "--output", out.string()}), 2,
                 {"--teacher"});
  expect_failure(run_c2c(generation(input, out, {"--type", "doly"})), 2, {"doly", "did you mean dolly"});
  expect_failure(run_c2c(generation(input, out, {"--type", "mmlu"})), 1, {"question", "--type"});
  expect_failure(run_c2c(generation((scratch / "none.jsonl").string(), out)), 1, {"none.jsonl"});
  expect_failure(run_c2c(generation(input, out, {"--teacher", (scratch / "none").string()})), 1, {"none"});
  EXPECT_FALSE(fs::exists(out));
  ASSERT_EQ(run_c2c(generation(input, out)).code, 0);
  expect_failure(run_c2c(generation(input, out, {"--max-new-tokens", "9", "--top-p", "0.5"})), 2,
                 {"teacher.max_new_tokens", "teacher.sampling.top_p", "another configuration"});
}

TEST(DataResume, KilledAndStartedAgainItWritesTheSameBytes) {
  const Scratch scratch;
  const std::string input = dolly_file(scratch, 120);
  const auto begin = [&](const fs::path& output) {
    std::vector<std::string> words = generation(input, output, {"--parallel", "3", "--temperature", "0.8"});
    words.insert(words.begin(), C2C_BINARY);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const pid_t child = fork();
    if (child == 0) {
      setenv("OMP_NUM_THREADS", "1", 1);
      std::freopen("/dev/null", "w", stdout);
      std::freopen("/dev/null", "w", stderr);
      execv(C2C_BINARY, argv.data());
      _exit(127);
    }
    return child;
  };
  const fs::path journal = scratch / "killed/journal.jsonl";
  const auto lines = [&] {
    const std::string text = slurp(journal);
    return std::count(text.begin(), text.end(), '\n');
  };
  // Twice: after a few rows, and some way on. A kill that comes too late is no test.
  std::string kept;
  for (const std::int64_t enough : {8, 40}) {
    const pid_t child = begin(scratch / "killed");
    for (int i = 0; i < 6000 && lines() < enough; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    ASSERT_GE(lines(), enough);
    ASSERT_LT(lines(), 121) << "it had ended before it was killed";
    EXPECT_FALSE(fs::exists(scratch / "killed/generated.jsonl"));
    // What was whole before stays as it was.
    EXPECT_EQ(slurp(journal).substr(0, kept.size()), kept);
    kept = slurp(journal);
    kept.resize(kept.rfind('\n') + 1);
  }
  for (const char* name : {"killed", "whole"}) {
    int status = 0;
    waitpid(begin(scratch / name), &status, 0);
    ASSERT_EQ(status, 0) << name;
  }
  EXPECT_EQ(slurp(journal).substr(0, kept.size()), kept);
  EXPECT_EQ(lines(), 121);  // no row twice
  const auto found = files_of(scratch / "killed"), wanted = files_of(scratch / "whole");
  EXPECT_EQ(wanted.size(), 10U);
  EXPECT_EQ(found, wanted);
  EXPECT_EQ(lines_of(scratch / "killed/generated.jsonl").size(), 120U);
}

}  // namespace
}  // namespace c2c::testing
