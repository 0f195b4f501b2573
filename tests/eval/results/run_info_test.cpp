#include "c2c/eval/results/run_info.h"

#include <fstream>

#include "tests/eval/results/results_testing.h"

namespace c2c {
namespace {

using testing::error_of;
using testing::TemporaryFolder;

RunInfo full() {
  RunInfo info;
  info.name = "pair";
  info.config_path = "pair.yaml";
  info.config_text = "eval: {}\n";
  info.command = "c2c eval pair.yaml";
  info.started = "2026-11-24T10:00:00Z";
  info.finished = "2026-11-24T10:05:00Z";
  info.versions = {{"c2c", "0.1.0"}};
  info.hardware = {{"cpu", "some"}};
  info.seeds = {{"bootstrap", 42}};
  info.hashes = {{"fuser", "00ff"}};
  info.notes = {"2 malformed rows"};
  info.systems = {{"receiver", "single", "org/small", "", {{"sha", "1"}}},
                  {"C2C", "c2c", "Rosetta", "", nullptr},
                  {"control", "c2c", "Rosetta", "C2C", nullptr}};
  info.tasks = {{"quiz", "evals", {{"prompt", "ff"}}}};
  info.baseline = "receiver";
  return info;
}

TEST(RunInfo, EverythingComesBackFromItsFile) {
  const TemporaryFolder temp;
  write_run_info(temp / "run", full());
  write_run_info(temp / "run", full());  // again, over the first
  EXPECT_EQ(to_json(read_run_info(temp / "run")), to_json(full()));
  const nlohmann::json empty = to_json(RunInfo{}), json = to_json(full());
  for (const auto& [key, value] : empty.items()) EXPECT_NE(value, json[key]) << key;
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(temp / "run")) ++files;
  EXPECT_EQ(files, 1u) << "nothing is left aside";
}

TEST(RunInfo, FindsSystemsAndControls) {
  RunInfo info = full();
  EXPECT_EQ(info.control("C2C")->name, "control");
  EXPECT_EQ(info.control("receiver"), nullptr);
  EXPECT_EQ(info.find_system("nobody"), nullptr);
  EXPECT_EQ(info.find_task("quiz")->dataset, "evals");
  info.baseline.clear();
  info.systems.erase(info.systems.begin());
  EXPECT_EQ(info.baseline_name(), "C2C");
}

TEST(RunInfo, BadFilesAreNamed) {
  const TemporaryFolder temp;
  EXPECT_EQ(error_of([&] { read_run_info(temp / "nowhere"); }).info().found, "no run.json");
  write_run_info(temp / "run", full());
  std::ofstream(temp / "run" / "run.json") << R"({"systems": [{"name": 3}]})";
  const Error error = error_of([&] { read_run_info(temp / "run"); });
  EXPECT_EQ(error.kind(), ErrorKind::kInput);
  EXPECT_EQ(error.info().key, "name");
  EXPECT_EQ(error.info().found, "3");
  std::ofstream(temp / "run" / "run.json") << "{";
  EXPECT_EQ(error_of([&] { read_run_info(temp / "run"); }).info().found, "text that is not JSON");
}

}  // namespace
}  // namespace c2c
