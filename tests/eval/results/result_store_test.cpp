#include "c2c/eval/results/result_store.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "tests/eval/results/results_testing.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;
using testing::error_of;
using testing::make_result;
using testing::TemporaryFolder;

const nlohmann::json kRun = {{"eval", {{"dataset", "quiz"}, {"limit", 20}}}, {"model", {{"hash", "ab12"}}}};

nlohmann::json table(const fs::path& folder) {
  nlohmann::json rows = nlohmann::json::array();
  for (const SampleResult& result : ResultStore::read(folder)) rows.push_back(to_json(result));
  return rows;
}

void write_file(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

TEST(ResultStore, KeepsSamplesInOrderAndSaysWhatIsDone) {
  const TemporaryFolder temp;
  const fs::path folder = temp / "run";
  {
    ResultStore store = ResultStore::open(folder, kRun);
    for (const int row : {10, 2, 1}) store.put(make_result("b", row, row % 2));
    store.put(make_result("a", 3, 1));
    EXPECT_EQ(store.done("b", "quiz", "generate"), (std::set<std::string>{"physics/10", "physics/2", "law/1"}));
    EXPECT_TRUE(store.done("b", "quiz", "logits").empty());
    EXPECT_EQ(ResultStore::read(folder).size(), 4u) << "while the run goes on";
  }
  const std::vector<SampleResult> all = ResultStore::read(folder);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].system, "a");
  EXPECT_EQ(all[1].id, "law/1");
  EXPECT_EQ(all[2].row, 2) << "rows count as numbers";
  EXPECT_EQ(all[3].row, 10);
  EXPECT_EQ(ResultStore::read_fingerprint(folder), kRun);
}

TEST(ResultStore, ASecondResultOfASampleReplacesTheFirst) {
  const TemporaryFolder temp;
  ResultStore store = ResultStore::open(temp / "run", kRun);
  SampleResult failed = make_result("a", 1, 0);
  failed.error = "no memory";
  store.put(failed);
  EXPECT_EQ(store.done("a", "quiz", "generate").size(), 1u);
  EXPECT_TRUE(store.done("a", "quiz", "generate", /*with_errors=*/false).empty());
  store.put(make_result("a", 1, 1));
  ASSERT_EQ(ResultStore::read(temp / "run").size(), 1u);
  EXPECT_EQ(ResultStore::read(temp / "run")[0].error, "");
}

TEST(ResultStore, RestartsWithAnotherNumberOfProcesses) {
  const TemporaryFolder temp;
  const fs::path folder = temp / "run";
  {
    ResultStore zero = ResultStore::open(folder, kRun, 0), three = ResultStore::open(folder, kRun, 3);
    zero.put(make_result("a", 0, 1));
    three.put(make_result("a", 3, 1));
    SampleResult failed = make_result("a", 5, 0);
    failed.error = "no memory";
    zero.put(failed);
  }
  ResultStore one = ResultStore::open(folder, kRun, 1);
  EXPECT_EQ(one.done("a", "quiz", "generate"), (std::set<std::string>{"physics/0", "law/3", "law/5"}));
  one.put(make_result("a", 3, 0));  // of a process that did not look: still no sample twice
  one.put(make_result("a", 5, 1));  // tried again by another process
  SampleResult late = make_result("a", 0, 0);
  late.error = "no memory";
  one.put(late);  // a failure does not undo what another process did
  const std::vector<SampleResult> all = ResultStore::read(folder);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].row, 3);
  EXPECT_EQ(all[1].row, 5);
  EXPECT_EQ(all[1].error, "");
  EXPECT_EQ(all[0].score, 0) << "the lowest rank's";
  EXPECT_EQ(all[2].score, 1) << all[2].error;
}

// The child says which samples it was told are done; the parent kills it in the middle of writing others.
TEST(ResultStore, AKilledProcessLosesNothingThatWasDone) {
  const TemporaryFolder temp;
  const fs::path folder = temp / "run";
  const auto sample = [](int row) {
    SampleResult result = make_result("a", row, row % 3 == 0);
    result.prompt = std::string(20000, 'x');  // several pages, so that a commit is not one write
    return result;
  };
  constexpr int kSamples = 400;
  int killed_with = 0;
  for (int attempt = 0; attempt < 3; ++attempt) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ResultStore store = ResultStore::open(folder, kRun, attempt % 2);
      const std::set<std::string> done = store.done("a", "quiz", "generate");
      for (int row = 0; row < kSamples; ++row) {
        const SampleResult result = sample(row);
        if (done.count(result.id) != 0) continue;
        store.put(result);
        if (write(ends[1], &row, sizeof(row)) != sizeof(row)) _exit(1);
      }
      pause();
      _exit(0);
    }
    close(ends[1]);
    int row = -1;
    for (int count = 0; count < 60; ++count) ASSERT_EQ(read(ends[0], &row, sizeof(row)), ssize_t{sizeof(row)});
    ASSERT_EQ(kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    while (read(ends[0], &row, sizeof(row)) == ssize_t{sizeof(row)}) {
    }
    close(ends[0]);
    killed_with = row + 1;
    const std::vector<SampleResult> all = ResultStore::read(folder);
    // What was said to be done is there; at most the one sample after it may be as well.
    EXPECT_GE(static_cast<int>(all.size()), killed_with);
    EXPECT_LE(static_cast<int>(all.size()), killed_with + 1);
  }
  ASSERT_LT(killed_with, kSamples) << "the process was not killed in the middle";
  {
    ResultStore store = ResultStore::open(folder, kRun, 2);
    const std::set<std::string> done = store.done("a", "quiz", "generate");
    for (int row = 0; row < kSamples; ++row)
      if (done.count(sample(row).id) == 0) store.put(sample(row));
  }
  ResultStore undisturbed = ResultStore::open(temp / "undisturbed", kRun);
  for (int row = 0; row < kSamples; ++row) undisturbed.put(sample(row));
  EXPECT_EQ(table(folder), table(temp / "undisturbed"));
}

TEST(ResultStore, ThreadsMayPutAtOnce) {
  const TemporaryFolder temp;
  ResultStore store = ResultStore::open(temp / "run", kRun);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&store, t] {
      for (int i = 0; i < 25; ++i) store.put(make_result("a", 100 * t + i, 1));
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store.done("a", "quiz", "generate").size(), 100u);
}

TEST(ResultStore, AnotherConfigurationIsRefusedByName) {
  const TemporaryFolder temp;
  ResultStore::open(temp / "run", kRun);
  nlohmann::json other = kRun;
  other["eval"]["limit"] = 50;
  other["model"]["dtype"] = "float32";
  const Error error = error_of([&] { ResultStore::open(temp / "run", other); });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  EXPECT_EQ(error.info().key, "eval.limit, model.dtype");
  EXPECT_NE(error.info().found.find("eval.limit = 20"), std::string::npos) << error.info().found;
  EXPECT_NE(error.info().expected.find("eval.limit = 50"), std::string::npos) << error.info().expected;
  EXPECT_NE(error.info().found.find("model.dtype = (not said)"), std::string::npos) << error.info().found;
  EXPECT_NE(error.info().hint.find("output_dir"), std::string::npos);
  ResultStore::open(temp / "run", kRun);  // unharmed
}

TEST(ResultStore, OneWriterForEachRank) {
  const TemporaryFolder temp;
  ResultStore store = ResultStore::open(temp / "run", kRun, 1);
  const Error error = error_of([&] { ResultStore::open(temp / "run", kRun, 1); });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  EXPECT_EQ(error.info().key, "rank 1");
  ResultStore::open(temp / "run", kRun, 0);
}

TEST(ResultStore, DamagedAndForeignFilesAreNamed) {
  const TemporaryFolder temp;
  const fs::path folder = temp / "run", file = folder / "samples.sqlite";
  {
    ResultStore store = ResultStore::open(folder, kRun);
    for (int row = 0; row < 200; ++row) store.put(make_result("a", row, 1));
  }
  const auto expect_named = [&] {
    for (const Error& error :
         {error_of([&] { ResultStore::open(folder, kRun); }), error_of([&] { ResultStore::read(folder); })}) {
      EXPECT_EQ(error.kind(), ErrorKind::kInput) << error.what();
      EXPECT_EQ(error.info().where, file.string());
      EXPECT_FALSE(error.info().hint.empty());
    }
  };
  fs::resize_file(file, fs::file_size(file) / 2);
  expect_named();
  write_file(file,
             "this is no database, only text that is long enough to be read as a header of one, one would hope so");
  expect_named();
  fs::remove(file);
  sqlite3* foreign = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &foreign), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(foreign, "CREATE TABLE samples (x)", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(foreign);
  expect_named();
  fs::remove(file);
  {
    ResultStore::open(temp / "other", {{"eval", 1}}).put(make_result("a", 1, 1));
  }
  fs::copy_file(temp / "other" / "samples.sqlite", file);
  expect_named();
}

TEST(ResultStore, AFileLeftEmptyByAKilledProcessIsTakenOver) {
  const TemporaryFolder temp;
  ResultStore::open(temp / "run", kRun);
  write_file(temp / "run" / "samples.2.sqlite", "");
  EXPECT_TRUE(ResultStore::read(temp / "run").empty());
  ResultStore::open(temp / "run", kRun, 2).put(make_result("a", 1, 1));
  EXPECT_EQ(ResultStore::read(temp / "run").size(), 1u);
}

TEST(ResultStore, FoldersThatAreNoRun) {
  const TemporaryFolder temp;
  fs::create_directories(temp / "empty");
  EXPECT_EQ(error_of([&] { ResultStore::read(temp / "empty"); }).info().found, "no run_key.json");
  write_file(temp / "empty" / "run_key.json", "{\"format\": \"c2c-eval-run 1\", ");
  EXPECT_EQ(error_of([&] { ResultStore::open(temp / "empty", kRun); }).kind(), ErrorKind::kInput);
  write_file(temp / "empty" / "run_key.json", "{\"format\": \"other\"}");
  EXPECT_EQ(error_of([&] { ResultStore::open(temp / "empty", kRun); }).info().key, "format");
}

TEST(ResultStore, ReportsAreMadeFromFoldersThatCannotBeWrittenTo) {
  const TemporaryFolder temp;
  const fs::path folder = temp / "run with #1 % name?";
  {
    ResultStore::open(folder, kRun).put(make_result("a", 1, 1));
  }
  fs::permissions(folder / "samples.sqlite", fs::perms::owner_read);
  fs::permissions(folder, fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_EQ(ResultStore::read(folder).size(), 1u);
  fs::permissions(folder, fs::perms::owner_all);
}

}  // namespace
}  // namespace c2c
