#include "c2c/train/datagen/generation.h"

#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <thread>

#include "c2c/base/error.h"
#include "c2c/io/formats/source.h"
#include "c2c/io/tables/arrow_module.h"
#include "tests/train/data/dataset_testing.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using testing::error_of;
using testing::TemporaryFolder;
using testing::write;

// Answers by a rule, out of order, as often as it is let; what a test wants to happen happens at a question.
class Echo final : public Teacher {
 public:
  Reply answer(const Messages& messages, std::uint64_t seed) override {
    const std::string& text = messages.back().content;
    std::size_t turn = 0;
    {
      const std::scoped_lock lock(mutex_);
      ++asked[text];
      turn = ++turns_;
    }
    if (turn > patience) fail_internal("the power is cut");
    if (refused.contains(text)) fail_input({.where = "echo", .found = "no reply to " + text});
    std::this_thread::sleep_for(std::chrono::microseconds(seed % 2000));
    if (text.find("silent") != text.npos) return {.text = " \n", .reasoning = {}, .finish = "stop"};
    return {.text = "\"" + text + "\",\nsays " + std::to_string(seed),
            .reasoning = text.find("3") != text.npos ? "three" : "",
            .finish = text.find("5") != text.npos ? "length" : "stop"};
  }
  Json identity() const override { return {{"model", name}}; }

  std::map<std::string, int> asked;
  std::set<std::string> refused;
  std::size_t patience = 1'000'000;
  std::string name = "echo";

 private:
  std::mutex mutex_;
  std::size_t turns_ = 0;
};

class Generation : public ::testing::Test {
 protected:
  // Row 4 asks nothing.
  GenerationOptions options(const std::string& output, int rows = 40) {
    std::string text;
    for (int i = 0; i < rows; ++i)
      text +=
          Json{{"instruction", i == 4 ? "" : "q" + std::to_string(i)}, {"context", i % 3 == 0 ? "ctx" : ""}}.dump() +
          "\n";
    GenerationOptions options;
    options.source = {.kind = "dolly", .input = write(folder_ / "in.jsonl", text).string()};
    options.output = folder_ / output;
    options.parallel = 4;
    return options;
  }

  // Every file but the journal, whose lines stand as they came.
  std::map<std::string, std::string> files(const std::string& output) const {
    std::map<std::string, std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / output))
      if (entry.is_regular_file() && entry.path().filename() != "journal.jsonl")
        all[fs::relative(entry.path(), folder_ / output).string()] = read_text_file(entry.path());
    return all;
  }

  TemporaryFolder folder_;
};

TEST_F(Generation, WritesEveryRowOnceInOrder) {
  Echo teacher;
  const GenerationCounts counts = generate_data(options("out"), teacher);
  EXPECT_EQ(counts.rows, 40);
  EXPECT_EQ(counts.skipped, 1);
  EXPECT_EQ(counts.answered, 39);
  EXPECT_EQ(counts.unfinished, 4);  // rows 5, 15, 25, 35
  EXPECT_EQ(counts.failed, 0);
  const auto rows = open_rows(folder_ / "out" / "generated.jsonl");
  ASSERT_EQ(rows->size(), 39);
  std::int64_t i = 0;
  for (std::int64_t row = 0; row < 40; ++row) {
    if (row == 4) continue;
    const Row record = rows->row(i++);
    const std::string question = (row % 3 == 0 ? "ctx\n\nq" : "q") + std::to_string(row);
    EXPECT_EQ(record["id"], question_id(question_kind("dolly"), row));
    EXPECT_EQ(record["input_text"], question);
    EXPECT_EQ(record["model_response"], "\"" + question + "\",\nsays " + std::to_string(row_seed(0, row)));
    EXPECT_EQ(record["is_finished"], question.find("5") == question.npos);
  }
}

TEST_F(Generation, EndedAnywhereAndStartedAgainItEndsAsIfUndisturbed) {
  Echo undisturbed;
  generate_data(options("whole"), undisturbed);
  const auto wanted = files("whole");
  EXPECT_EQ(wanted.size(), 10U);
  for (const std::size_t patience : {0U, 1U, 17U, 38U}) {
    const std::string output = "cut" + std::to_string(patience);
    Echo first, second;
    first.patience = patience;
    EXPECT_NE(error_of([&] { generate_data(options(output), first); }).find("power"), std::string::npos);
    EXPECT_FALSE(fs::exists(folder_ / output / "generated.jsonl"));
    generate_data(options(output), second);
    EXPECT_EQ(files(output), wanted);
    std::size_t asked = 0;
    for (const auto& [text, times] : second.asked) asked += static_cast<std::size_t>(times);
    EXPECT_EQ(asked, 39 - patience);
    Echo third;
    generate_data(options(output), third);
    EXPECT_TRUE(third.asked.empty());
    EXPECT_EQ(files(output), wanted);
  }
}

TEST_F(Generation, FailedRowsAreNamedAndAskedAgainOnRequest) {
  Echo teacher;
  teacher.refused = {"q1", "q7"};
  GenerationOptions some = options("out");
  const GenerationCounts counts = generate_data(some, teacher);
  EXPECT_EQ(counts.failed, 2);
  EXPECT_NE(counts.first_problem.find("dolly_000001"), std::string::npos);
  const auto errors = open_rows(folder_ / "out" / "errors.jsonl");
  ASSERT_EQ(errors->size(), 2);
  EXPECT_EQ(errors->row(1)["row"], 7);
  EXPECT_NE(errors->row(1)["error"].get<std::string>().find("no reply to q7"), std::string::npos);
  Echo well;
  generate_data(some, well);
  EXPECT_TRUE(well.asked.empty());
  some.retry_errors = true;
  EXPECT_EQ(generate_data(some, well).failed, 0);
  EXPECT_EQ(well.asked, (std::map<std::string, int>{{"q1", 1}, {"q7", 1}}));
  EXPECT_FALSE(fs::exists(folder_ / "out" / "errors.jsonl"));
  Echo other;
  generate_data(options("whole"), other);
  EXPECT_EQ(files("out"), files("whole"));
}

TEST_F(Generation, AnEmptyReplyIsAFailure) {
  write(folder_ / "q.jsonl", "{\"question\": \"silent\"}\n{\"question\": \"loud\"}\n");
  GenerationOptions some = options("out");
  some.source = {.kind = "gsm8k", .input = (folder_ / "q.jsonl").string()};
  Echo teacher;
  const GenerationCounts counts = generate_data(some, teacher);
  EXPECT_EQ(counts.answered, 1);
  EXPECT_EQ(counts.failed, 1);
  EXPECT_NE(counts.first_problem.find("empty"), std::string::npos);
}

TEST_F(Generation, StopsWhereTheTeacherIsGone) {
  Echo teacher;
  for (int i = 0; i < 40; ++i) teacher.refused.insert({"q" + std::to_string(i), "ctx\n\nq" + std::to_string(i)});
  GenerationOptions some = options("out");
  some.most_failures = 6;
  const std::string problem = error_of([&] { generate_data(some, teacher); });
  EXPECT_NE(problem.find("6 rows failed"), std::string::npos) << problem;
  EXPECT_NE(problem.find("--retry-errors"), std::string::npos);
  EXPECT_LE(teacher.asked.size(), 10U);
}

TEST(RowSeed, BelongsToItsRowAndSeed) {
  std::set<std::uint64_t> all;
  for (std::uint64_t seed = 0; seed < 3; ++seed)
    for (std::int64_t row = 0; row < 100; ++row) all.insert(row_seed(seed, row));
  EXPECT_EQ(all.size(), 300U);
}

TEST_F(Generation, FailuresHereAndThereEndNothing) {
  Echo teacher;
  for (int i = 0; i < 40; i += 3) teacher.refused.insert({"q" + std::to_string(i), "ctx\n\nq" + std::to_string(i)});
  GenerationOptions some = options("out");
  some.parallel = 1;
  some.most_failures = 2;
  EXPECT_EQ(generate_data(some, teacher).failed, 14);
}

TEST_F(Generation, GoesOnWithMoreRowsButNotWithOthers) {
  Echo teacher;
  GenerationOptions some = options("out");
  some.source.limit = 10;
  EXPECT_EQ(generate_data(some, teacher).answered, 9);
  some.source.limit.reset();
  EXPECT_EQ(generate_data(some, teacher).answered, 39);
  for (const auto& [text, times] : teacher.asked) EXPECT_EQ(times, 1) << text;
  Echo renamed;
  renamed.name = "other";
  const std::string problem = error_of([&] { generate_data(some, renamed); });
  for (const char* part : {"teacher.model", "\"echo\"", "\"other\""})
    EXPECT_NE(problem.find(part), std::string::npos) << problem;
  std::string text = read_text_file(folder_ / "in.jsonl");
  text.replace(text.find("q20"), 3, "Q20");
  write(folder_ / "in.jsonl", text);
  const std::string changed = error_of([&] { generate_data(some, teacher); });
  for (const char* part : {"row 20", "another question"}) EXPECT_NE(changed.find(part), std::string::npos) << changed;
}

// Same rows, same order, through the classes that training uses.
TEST_F(Generation, TrainsAsEveryForm) {
  Echo teacher;
  generate_data(options("out"), teacher);
  const fs::path out = folder_ / "out";
  const auto lines = open_rows(out / "generated.jsonl"), finished = open_rows(out / "generated_finished.jsonl");
  const auto expect_same = [](const std::string& type, const fs::path& path, const RowSource& wanted) {
    const auto dataset = make_dataset(type, {{"data_path", path.string()}}, {});
    ASSERT_EQ(dataset->size(), wanted.size()) << path;
    for (std::int64_t i = 0; i < wanted.size(); ++i)
      EXPECT_EQ(*dataset->messages(i),
                (Messages{{"user", wanted.row(i)["input_text"]}, {"assistant", wanted.row(i)["model_response"]}}));
  };
  EXPECT_EQ(finished->size(), 35);
  expect_same("LLMGeneratedChatDataset", out / "generated.jsonl", *lines);
  expect_same("LLMGeneratedChatDataset", out / "Dolly_generated_results.csv", *lines);
  expect_same("LLMGeneratedChatDataset", out / "generated_finished.jsonl", *finished);
  expect_same("ChatJsonlDataset", out / "generated.jsonl", *lines);
  if (const std::string problem = arrow_problem(); !problem.empty()) GTEST_SKIP() << problem;
  expect_same("LLMGeneratedChatDataset", out / "dataset", *lines);
  expect_same("LLMGeneratedChatDataset", out / "dataset_finished", *finished);
}

}  // namespace
}  // namespace c2c
