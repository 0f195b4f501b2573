// Training runs as users start them: alone, as two processes, stopped by signals.
#pragma once
#include <csignal>
#include <map>
#include <memory>

#include "tests/e2e/process.h"
#include "tests/tensor/dist/processes.h"
#include "tests/train/trainer/tiny_recipe.h"

namespace c2c::testing {

constexpr int kTrainingPatience = 240;  // seconds, on a machine that does other things too

// Runs that a recipe is trained in: `folder`/NAME.
class Training {
 public:
  Training(const Scratch& scratch, const Json& recipe) : root_(scratch.path()) {
    scratch.write("recipe.json", recipe.dump(1));
  }

  fs::path run(const std::string& name) const { return root_ / name; }
  std::vector<std::string> arguments(const std::string& name, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all = {"train", (root_ / "recipe.json").string(), "--output", run(name).string(),
                                    // One file of prepared samples for all runs.
                                    "--set", "data.cache_dir=" + (root_ / "prepared").string()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  Outcome train(const std::string& name, const std::vector<std::string>& more = {}) const {
    return run_c2c(arguments(name, more));
  }
  // Not waited for. `ranks` processes, under torchrun's variables where there are two.
  std::vector<std::unique_ptr<Child>> start(const std::string& name, int ranks,
                                            const std::vector<std::string>& more = {}) const {
    std::vector<std::string> command = {C2C_BINARY};
    for (const std::string& word : arguments(name, more)) command.push_back(word);
    std::vector<std::unique_ptr<Child>> children;
    const int port = ranks > 1 ? free_port() : 0;
    for (int rank = 0; rank < ranks; ++rank) {
      Variables variables = ranks > 1 ? rank_variables(rank, ranks, port) : Variables{};
      variables.insert({{"OMP_NUM_THREADS", "1"}, {"C2C_THREADS", "1"}, {"C2C_DIST_TIMEOUT", "120"}});
      children.push_back(std::make_unique<Child>(command, variables));
    }
    return children;
  }
  // All of them to the end; what the first that failed said, or "".
  static std::string finish(const std::vector<std::unique_ptr<Child>>& children) {
    std::string failure;
    for (const auto& child : children) {
      const int code = child->wait(kTrainingPatience);
      if (code != 0 && failure.empty()) failure = "exit code " + std::to_string(code) + "\n" + child->output();
    }
    return failure;
  }
  std::string train_on(int ranks, const std::string& name, const std::vector<std::string>& more = {}) const {
    return finish(start(name, ranks, more));
  }

 private:
  fs::path root_;
};

inline std::int64_t last_step(const fs::path& run) {
  const auto updates = read_updates(run);
  return updates.empty() ? 0 : updates.back().at("step").get<std::int64_t>();
}

// Until `condition`, or until the first process has ended.
template <class Condition>
void wait_until(const std::vector<std::unique_ptr<Child>>& children, Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(kTrainingPatience);
  while (!condition() && children.front()->runs() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

inline void signal_all(const std::vector<std::unique_ptr<Child>>& children, int signal) {
  for (const auto& child : children) child->send(signal);
}

// Relative path -> bytes.
inline std::map<std::string, std::string> contents(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files[fs::relative(entry.path(), folder).string()] = slurp(entry.path());
  return files;
}

inline void expect_same_files(const fs::path& a, const fs::path& b) {
  const auto ours = contents(a), theirs = contents(b);
  EXPECT_FALSE(ours.empty()) << a;
  for (const auto& [name, bytes] : ours) {
    const auto other = theirs.find(name);
    EXPECT_TRUE(other != theirs.end() && other->second == bytes) << a / name << " and " << b / name << " differ";
  }
  EXPECT_EQ(ours.size(), theirs.size());
}

// The same run: final and best weights, the held-out table, and a log that has each step once and says the same.
inline void expect_same_run(const fs::path& a, const fs::path& b, std::int64_t steps) {
  for (const char* folder : {"final", "best"}) expect_same_files(a / folder, b / folder);
  EXPECT_EQ(slurp(a / "heldout.json"), slurp(b / "heldout.json"));
  const auto ours = read_log(a), theirs = read_log(b);
  const auto updates = read_updates(b);
  ASSERT_EQ(static_cast<std::int64_t>(updates.size()), steps);
  for (std::int64_t i = 0; i < steps; ++i) EXPECT_EQ(updates[static_cast<std::size_t>(i)].at("step"), i + 1);
  ASSERT_EQ(ours.size(), theirs.size());
  for (std::size_t i = 0; i < ours.size(); ++i)
    for (const char* key : {"step", "train/loss", "train/lr", "train/grad_norm", "eval/loss", "labels", "open_gates"})
      EXPECT_EQ(ours[i].value(key, Json()), theirs[i].value(key, Json())) << "line " << i + 1 << ", " << key;
}

}  // namespace c2c::testing
