// `c2c train`: runs that are killed, stopped and resumed, on one process and on two, end in the same bits.
#include <cmath>
#include <cstring>
#include <random>

#include "c2c/io/formats/safetensors.h"
#include "tests/e2e/training.h"

namespace c2c::testing {
namespace {

// Half-written checkpoints that look newer than all others.
void plant_rubble(const fs::path& run) {
  for (const char* name : {"checkpoint-998", "checkpoint-999.partial"}) {
    fs::create_directories(run / name);
    std::ofstream(run / name / "projector_0.pt") << "half";
  }
}

// A run of 12 updates with dropout, shuffling and accumulation that nothing disturbs.
class TrainResume : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    scratch_ = new Scratch;
    training_ = new Training(*scratch_, tiny_recipe(scratch_->path()));
    const Outcome outcome = training_->train("alone");
    ASSERT_EQ(outcome.code, 0) << outcome.err;
  }
  static void TearDownTestSuite() {
    delete training_;
    delete scratch_;
  }
  static void resume(const std::string& name) {
    const Outcome outcome = training_->train(name, {"--resume-from-checkpoint", "latest"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    expect_same_run(training_->run("alone"), training_->run(name), 12);
  }
  static Scratch* scratch_;
  static Training* training_;
};
Scratch* TrainResume::scratch_ = nullptr;
Training* TrainResume::training_ = nullptr;

TEST_F(TrainResume, AfterAKillAtARandomUpdate) {
  const auto at = static_cast<std::int64_t>(4 + std::random_device()() % 8);  // the first checkpoint is behind
  SCOPED_TRACE("killed after update " + std::to_string(at));
  const auto children = training_->start("killed", 1);
  wait_until(children, [&] { return last_step(training_->run("killed")) >= at; });
  signal_all(children, SIGKILL);
  EXPECT_EQ(children[0]->wait(kTrainingPatience), 128 + SIGKILL);
  EXPECT_FALSE(fs::exists(training_->run("killed") / "final"));
  plant_rubble(training_->run("killed"));
  resume("killed");
}

TEST_F(TrainResume, AfterAKillWhileACheckpointIsWritten) {
  const auto children = training_->start("torn", 1);
  wait_until(children, [&] { return fs::exists(training_->run("torn") / "checkpoint-6.partial"); });
  signal_all(children, SIGKILL);
  children[0]->wait(kTrainingPatience);
  resume("torn");
}

TEST_F(TrainResume, AfterASignalThatAsksToStop) {
  for (const auto& [name, signal] : {std::pair("interrupted", SIGINT), std::pair("terminated", SIGTERM)}) {
    const auto children = training_->start(name, 1);
    const fs::path run = training_->run(name);
    wait_until(children, [&] { return last_step(run) >= 4; });
    signal_all(children, signal);
    EXPECT_EQ(children[0]->wait(kTrainingPatience), 0) << children[0]->output();
    expect_contains(children[0]->output(), {"stopped after update", "--resume-from-checkpoint latest"});
    const std::int64_t last = last_step(run);
    EXPECT_LT(last, 12);
    EXPECT_TRUE(fs::exists(run / ("checkpoint-" + std::to_string(last)) / "DONE"));
    EXPECT_FALSE(fs::exists(run / "final"));
    resume(name);
  }
}

TEST_F(TrainResume, FromAnEarlierCheckpointByName) {
  fs::copy(training_->run("alone"), training_->run("again"), fs::copy_options::recursive);
  const Outcome outcome =
      training_->train("again", {"--resume-from-checkpoint", (training_->run("again") / "checkpoint-3").string()});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  expect_same_run(training_->run("alone"), training_->run("again"), 12);
}

TEST_F(TrainResume, EvaluatesWhatItIsGiven) {
  const Json table = Json::parse(slurp(training_->run("alone") / "heldout.json"));
  const fs::path fuser = training_->run("alone") / "final";
  const Outcome outcome = training_->train("evaluated", {"--eval-only", fuser.string(), "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.json(), table.at("held_out"));
  EXPECT_FALSE(fs::exists(training_->run("evaluated") / "train_log.jsonl"));
  const Outcome fresh = training_->train("evaluated", {"--eval-only", "--json"});
  EXPECT_NE(fresh.json().at("shuffled"), outcome.json().at("shuffled"));
}

TEST_F(TrainResume, KeepsTheLastCheckpoints) {
  const Outcome outcome = training_->train("few", {"--set", "output.save_total_limit=2"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const fs::path run = training_->run("few");
  for (const int step : {3, 6}) EXPECT_FALSE(fs::exists(run / ("checkpoint-" + std::to_string(step))));
  for (const int step : {9, 12}) EXPECT_TRUE(fs::exists(run / ("checkpoint-" + std::to_string(step)) / "DONE"));
  expect_same_files(training_->run("alone") / "final", run / "final");
}

class TrainRanks : public ::testing::Test {
 protected:
  void SetUp() override {
#if !defined(C2C_GLOO)
    GTEST_SKIP() << "built without Gloo's headers: install libgloo-dev (./run setup) and build again";
#endif
  }
  // The same, started by torchrun.
  static std::string torchrun(const Training& training, const std::string& name, const std::vector<std::string>& more) {
    std::vector<std::string> command = {
        deps_dir() / "venv/bin/torchrun", "--no-python", "--standalone", "--nproc-per-node", "2", C2C_BINARY};
    for (const std::string& word : training.arguments(name, more)) command.push_back(word);
    std::vector<std::unique_ptr<Child>> run;
    run.push_back(std::make_unique<Child>(command, Variables{{"OMP_NUM_THREADS", "1"}, {"C2C_THREADS", "1"}}));
    return Training::finish(run);
  }
};

TEST_F(TrainRanks, ResumeToTheSameBits) {
  const Scratch scratch;
  Json recipe = tiny_recipe(scratch.path());
  recipe["training"]["per_device_train_batch_size"] = 1;  // as many updates as one process has
  const Training training(scratch, recipe);
  ASSERT_EQ(training.train_on(2, "alone"), "");
  const auto at = static_cast<std::int64_t>(4 + std::random_device()() % 5);
  SCOPED_TRACE("killed after update " + std::to_string(at));
  const auto killed = training.start("run", 2);
  wait_until(killed, [&] { return last_step(training.run("run")) >= at; });
  killed[1]->send(SIGKILL);  // one rank is lost, the other must end by itself
  EXPECT_NE(killed[0]->wait(kTrainingPatience), 0) << killed[0]->output();
  plant_rubble(training.run("run"));
  // Stopped again: a signal to one rank stops both.
  const auto stopped = training.start("run", 2, {"--resume-from-checkpoint"});
  wait_until(stopped, [&] { return last_step(training.run("run")) >= 10; });
  stopped[1]->send(SIGTERM);
  EXPECT_EQ(Training::finish(stopped), "");
  const bool by_torchrun = fs::exists(deps_dir() / "venv/bin/torchrun");
  if (!by_torchrun) std::printf("no torchrun in %s: started by hand (get it with: ./run setup)\n", deps_dir().c_str());
  ASSERT_EQ(by_torchrun ? torchrun(training, "run", {"--resume-from-checkpoint"})
                        : training.train_on(2, "run", {"--resume-from-checkpoint"}),
            "");
  expect_same_run(training.run("alone"), training.run("run"), 12);
}

using Moments = std::map<std::string, std::vector<float>>;

Moments first_moments(const fs::path& checkpoint) {
  const auto file = SafetensorsFile::open(map_file(checkpoint / "optimizer.safetensors"));
  Moments moments;
  for (const TensorInfo& info : file.tensors()) {
    if (!info.name.starts_with("exp_avg.")) continue;
    std::vector<float>& values = moments[info.name];
    values.resize(info.data.size() / sizeof(float));
    std::memcpy(values.data(), info.data.data(), info.data.size());
  }
  return moments;
}

// Within 1e-5 of each tensor's largest entry, and all together. A gate logit's gradient is one sum whose terms may
// cancel to almost nothing: the numbers of all layers are one tensor.
void expect_same_gradients(const Moments& one, const Moments& two) {
  ASSERT_FALSE(one.empty());
  const auto group = [](std::string name) {
    const std::size_t begin = name.find("projector_list.") + 15;
    return name.ends_with("gate_logit") ? name.erase(begin, name.find('.', begin) - begin) : name;
  };
  std::map<std::string, double> largest;
  double all = 0, all_off = 0;
  for (const auto& [name, values] : one)
    for (const float value : values) largest[group(name)] = std::max<double>(largest[group(name)], std::abs(value));
  for (const auto& [name, values] : one) {
    double off = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double difference = std::abs(values[i] - two.at(name).at(i));
      off = std::max(off, difference);
      all += static_cast<double>(values[i]) * values[i];
      all_off += difference * difference;
    }
    EXPECT_GT(largest[group(name)], 0) << name;
    EXPECT_LE(off, 1e-5 * largest[group(name)]) << name;
  }
  EXPECT_LE(std::sqrt(all_off), 1e-5 * std::sqrt(all));
}

// Token-weighted: two processes are one process with twice the batch. 21 samples in batches of 4: windows of 4 and 2
// micro-batches, and the last of them has one sample, so that one rank has nothing to do.
TEST_F(TrainRanks, TwoAreOneWithTwiceTheBatch) {
  const Scratch scratch;
  Json recipe = tiny_recipe(scratch.path());
  recipe["model"]["projector"]["params"]["dropout"] = 0.0;
  recipe["training"].update({{"loss_reduction", "token"},
                             {"warmup_ratio", 0.0},
                             {"max_steps", 20},
                             {"gradient_accumulation_steps", 4},
                             {"per_device_eval_batch_size", 2}});
  recipe["data"]["train_ratio"] = 0.84;
  recipe["output"].update({{"save_steps", 0}, {"eval_steps", 10}});
  const Training training(scratch, recipe);
  const std::vector<std::string> four = {"--set", "training.per_device_train_batch_size=4"};
  const std::vector<std::string> two_each = {"--set", "training.per_device_train_batch_size=2"};
  const auto one_update = [](std::vector<std::string> words) {
    words.insert(words.end(), {"--set", "training.max_steps=1", "--set", "output.save_steps=1"});
    return words;
  };
  ASSERT_EQ(training.train_on(1, "first of one", one_update(four)), "");
  ASSERT_EQ(training.train_on(2, "first of two", one_update(two_each)), "");
  ASSERT_EQ(training.train_on(1, "one", four), "");
  ASSERT_EQ(training.train_on(2, "two", two_each), "");
  expect_same_gradients(first_moments(training.run("first of one") / "checkpoint-1"),
                        first_moments(training.run("first of two") / "checkpoint-1"));
  const auto alone = read_updates(training.run("one")), together = read_updates(training.run("two"));
  ASSERT_EQ(alone.size(), 20U);
  ASSERT_EQ(together.size(), 20U);
  const auto norm = [](const Json& line) { return line.at("train/grad_norm").get<double>(); };
  EXPECT_NEAR(norm(alone[0]), norm(together[0]), 1e-5 * norm(alone[0]));
  for (std::size_t i = 0; i < 20; ++i) {
    for (const char* key : {"samples", "tokens", "labels", "train/lr"})
      EXPECT_EQ(alone[i].at(key), together[i].at(key));
    EXPECT_EQ(alone[i].at("samples"), i % 2 == 0 ? 16 : 5);
    EXPECT_NEAR(alone[i].at("train/loss").get<double>(), together[i].at("train/loss").get<double>(), 1e-4) << i;
  }
  const auto a = Json::parse(slurp(training.run("one") / "heldout.json"));
  const auto b = Json::parse(slurp(training.run("two") / "heldout.json"));
  for (const char* name : {"receiver", "fused", "shuffled"})
    EXPECT_NEAR(a["held_out"][name]["loss"].get<double>(), b["held_out"][name]["loss"].get<double>(), 1e-4) << name;
}

TEST_F(TrainRanks, ThatDisagreeAllStop) {
  const Scratch scratch;
  const Training training(scratch, tiny_recipe(scratch.path()));
  const int port = free_port();
  std::vector<std::unique_ptr<Child>> ranks;
  for (int rank = 0; rank < 2; ++rank) {
    std::vector<std::string> command = {C2C_BINARY};
    for (const std::string& word :
         training.arguments("run", {"--set", "training.learning_rate=" + std::to_string(rank + 1)}))
      command.push_back(word);
    ranks.push_back(std::make_unique<Child>(command, rank_variables(rank, 2, port)));
  }
  for (const auto& rank : ranks) {
    EXPECT_EQ(rank->wait(kTrainingPatience), 2) << rank->output();
    expect_contains(rank->output(), {"the recipe", "rank 1", "learning_rate"});
  }
  EXPECT_FALSE(fs::exists(training.run("run")));
}

}  // namespace
}  // namespace c2c::testing
