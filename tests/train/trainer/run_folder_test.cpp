// The run's folder: a checkpoint is whole or not there, whatever stops its writing.
#include "c2c/train/trainer/run_folder.h"

#include <gtest/gtest.h>

#include <fstream>

#include "c2c/base/log.h"
#include "tests/io/formats/format_testing.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;
using testing::error_of;
using testing::TemporaryFolder;

void fill(const fs::path& folder, const std::string& text) {
  std::ofstream(folder / "weights") << text;
}

std::string read(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

void save(const RunFolder& run, std::int64_t step) {
  run.replace(run.checkpoint(step), [&](const fs::path& folder) { fill(folder, std::to_string(step)); });
}

TEST(RunFolder, WritesAsideThenRenames) {
  const TemporaryFolder root;
  const RunFolder run(root / "run");
  run.replace(run.checkpoint(3), [&](const fs::path& folder) {
    EXPECT_FALSE(fs::exists(run.checkpoint(3)));
    EXPECT_FALSE(fs::exists(folder / "DONE"));
    EXPECT_TRUE(run.complete_checkpoints().empty());
    fill(folder, "new");
  });
  EXPECT_EQ(names_in(run.root()), std::vector<std::string>{"checkpoint-3"});
  EXPECT_EQ(names_in(run.checkpoint(3)), (std::vector<std::string>{"DONE", "weights"}));
  run.replace(run.checkpoint(3), [&](const fs::path& folder) {
    EXPECT_EQ(read(run.checkpoint(3) / "weights"), "new");  // what stands there stands until the other is whole
    fill(folder, "newer");
  });
  EXPECT_EQ(read(run.checkpoint(3) / "weights"), "newer");
  EXPECT_EQ(names_in(run.root()), std::vector<std::string>{"checkpoint-3"});
}

TEST(RunFolder, AFailedWriteLeavesWhatWasThere) {
  const TemporaryFolder root;
  const RunFolder run(root / "run");
  save(run, 1);
  const auto broken = [](const fs::path& folder) {
    fill(folder, "half");
    throw std::runtime_error("no space left");
  };
  EXPECT_THROW(run.replace(run.checkpoint(1), broken), std::runtime_error);
  EXPECT_THROW(run.replace(run.checkpoint(2), broken), std::runtime_error);
  EXPECT_EQ(read(run.checkpoint(1) / "weights"), "1");
  EXPECT_EQ(names_in(run.root()), std::vector<std::string>{"checkpoint-1"});
}

TEST(RunFolder, HalfWrittenOnesAreNotCounted) {
  const TemporaryFolder root;
  const RunFolder run(root / "run");
  EXPECT_TRUE(run.complete_checkpoints().empty());
  for (const std::int64_t step : {10, 9, 100}) save(run, step);
  fs::create_directories(run.root() / "checkpoint-200");
  fs::create_directories(run.root() / "checkpoint-300.partial");
  fs::create_directories(run.root() / "checkpoint-4x");
  fs::create_directories(run.root() / "final");
  EXPECT_EQ(run.complete_checkpoints(), (std::vector<std::int64_t>{9, 10, 100}));
  EXPECT_EQ(run.resume_from("latest"), run.checkpoint(100));
  EXPECT_EQ(run.resume_from(run.checkpoint(9).string()), run.checkpoint(9));
  EXPECT_NE(error_of([&] { run.resume_from(run.checkpoint(200).string()); }).find("DONE"), std::string::npos);
  EXPECT_NE(error_of([&] { run.resume_from((run.root() / "none").string()); }).find("none"), std::string::npos);
  // One that was given up is written over.
  run.replace(run.root() / "checkpoint-300", [](const fs::path& folder) {
    EXPECT_TRUE(fs::is_empty(folder));
    fill(folder, "300");
  });
  EXPECT_EQ(run.resume_from("latest"), run.checkpoint(300));
  const RunFolder empty(root / "none");
  EXPECT_NE(error_of([&] { empty.resume_from("latest"); }).find("no complete checkpoint"), std::string::npos);
}

TEST(RunFolder, KeepsTheLast) {
  const TemporaryFolder root;
  const RunFolder run(root / "run");
  for (const std::int64_t step : {1, 2, 9, 10, 11}) save(run, step);
  run.replace(run.root() / "best", [](const fs::path& folder) { fill(folder, "best"); });
  run.keep_last(0);
  EXPECT_EQ(run.complete_checkpoints().size(), 5U);
  run.keep_last(2);
  EXPECT_EQ(run.complete_checkpoints(), (std::vector<std::int64_t>{10, 11}));
  EXPECT_TRUE(fs::exists(run.root() / "best/weights"));
  run.keep_last(7);
  EXPECT_EQ(run.complete_checkpoints().size(), 2U);
}

TEST(RunFolder, AnEarlierRunIsNotWrittenOver) {
  const TemporaryFolder root;
  RunFolder(root / "new").require_unused();
  for (const char* name : {"checkpoint-5", "final", "best", "train_log.jsonl"}) {
    const RunFolder run(root / ("run " + std::string(name)));
    fs::create_directories(run.root() / name);
    const std::string message = error_of([&] { run.require_unused(); });
    EXPECT_NE(message.find(name), std::string::npos) << message;
    EXPECT_NE(message.find("--resume-from-checkpoint"), std::string::npos) << message;
  }
  fs::create_directories(root / "prepared only/prepared");
  RunFolder(root / "prepared only").require_unused();
}

}  // namespace
}  // namespace c2c
