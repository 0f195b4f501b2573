// What can go wrong with a training run: each a message that names the thing, and nothing lost that was saved.
#include "tests/e2e/tiny_pairs.h"
#include "tests/e2e/training.h"

namespace c2c::testing {
namespace {

// `train` with the recipe changed by `change`, in a folder of its own.
Outcome train_changed(const std::function<void(Json&)>& change, const std::vector<std::string>& more = {}) {
  const Scratch scratch;
  Json recipe = tiny_recipe(scratch.path());
  change(recipe);
  return Training(scratch, recipe).train("run", more);
}

// With these lines as the chats.
Outcome train_on_rows(const std::string& rows, const std::string& type = "ChatJsonlDataset",
                      std::int64_t max_length = 256) {
  const Scratch scratch;
  Json recipe = tiny_recipe(scratch.path());
  scratch.write("chats.jsonl", rows);
  recipe["data"]["type"] = type;
  recipe["training"]["max_length"] = max_length;
  recipe["training"]["max_steps"] = 1;
  return Training(scratch, recipe).train("run");
}

std::string chat(const std::string& question, const std::string& answer) {
  return Json{{"messages", {{{"role", "user"}, {"content", question}}, {{"role", "assistant"}, {"content", answer}}}}}
             .dump() +
         "\n";
}

TEST(TrainBadInput, Recipes) {
  expect_failure(run_c2c({"train"}), 2, {"RECIPE"});
  expect_failure(run_c2c({"train", "/nowhere/recipe.json"}), 2, {"/nowhere/recipe.json"});
  expect_failure(train_changed([](Json& r) { r["training"]["learning_rat"] = 1; }), 2,
                 {"recipe.json", "training.learning_rat", "learning_rate"});
  expect_failure(train_changed([](Json& r) { r["training"]["learning_rate"] = "fast"; }), 2,
                 {"recipe.json", "training.learning_rate", "fast"});
  expect_failure(train_changed([](Json& r) { r["model"]["projector"]["type"] = "C2CProjektor"; }), 1,
                 {"C2CProjektor", "C2CProjector"});
  expect_failure(train_changed([](Json& r) { r["model"]["projector"]["params"]["hidden_dims"] = 3; }), 1,
                 {"hidden_dims"});
  expect_failure(train_changed([](Json& r) { r["data"]["type"] = "ChatJsonDataset"; }), 2,
                 {"ChatJsonDataset", "ChatJsonlDataset"});
  expect_failure(train_changed([](Json& r) { r["model"]["base_model"] = "/nowhere/model"; }), 1, {"/nowhere/model"});
  expect_failure(train_changed([](Json& r) { r["training"]["freeze"] = {"teacher", "bas"}; }), 2, {"bas", "base"});
  expect_failure(train_changed([](Json& r) { r["training"]["freeze"] = {"teacher", "base", "projector"}; }), 2,
                 {"training.freeze", "everything is frozen"});
  expect_failure(train_changed([](Json& r) { r["training"]["device"] = "gpu"; }), 2, {"training.device", "gpu"});
}

TEST(TrainBadInput, Datasets) {
  expect_failure(train_changed([](Json& r) { r["data"]["kwargs"]["data_path"] = "/nowhere/chats.jsonl"; }), 1,
                 {"/nowhere/chats.jsonl"});
  expect_failure(train_on_rows(""), 1, {"chats.jsonl"});
  expect_failure(train_on_rows("{\"text\": \"a\"}\n{\"text\": \"b\"}\n"), 1, {"row 0", "2 skipped (unreadable)"});
  expect_failure(train_on_rows("{\"question\": \"a\", \"answer\": 0}\n", "MMLUChatDataset"), 1,
                 {"chats.jsonl", "column choices", "question"});
}

TEST(TrainBadInput, RowsThatGiveNoSampleAreCounted) {
  std::string rows;
  for (int i = 0; i < 20; ++i) rows += chat("the river of stone", "a cat in the garden");
  std::string question = "the";
  for (int i = 0; i < 200; ++i) question += " river";
  const Outcome outcome =
      train_on_rows("not JSON\n" + rows + chat(question, "too long") + "{\"messages\": []}\n", "ChatJsonlDataset", 64);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  expect_contains(outcome.err, {"20 samples of 23 conversations", "1 skipped (nothing left to learn within max_length)",
                                "2 skipped (unreadable)"});
  expect_failure(train_on_rows(chat(question, "too long"), "ChatJsonlDataset", 16), 1,
                 {"no sample to learn from", "nothing left to learn within max_length"});
}

TEST(TrainBadInput, ALearningRateThatIsAbsurd) {
  const Outcome outcome =
      train_changed([](Json& r) { r["training"].update({{"learning_rate", 1e30}, {"warmup_ratio", 0.0}}); });
  expect_failure(outcome, 1, {"3 updates in a row that are not finite", "learning_rate", "skipped: loss"});
}

class TrainBadCheckpoint : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    scratch_ = new Scratch;
    training_ = new Training(*scratch_, tiny_recipe(scratch_->path()));
    const Outcome outcome = training_->train("run", {"--set", "training.max_steps=4"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
  }
  static void TearDownTestSuite() {
    delete training_;
    delete scratch_;
  }
  static fs::path copy(const std::string& name) {
    fs::copy(training_->run("run"), training_->run(name), fs::copy_options::recursive);
    return training_->run(name);
  }
  // Refused with exit code 1, and the run's folder is what it was.
  static void expect_refused(const std::string& name, const std::vector<std::string>& parts, int code = 1) {
    const fs::path run = training_->run(name);
    const auto before = contents(run);
    expect_failure(training_->train(name, {"--set", "training.max_steps=4", "--resume-from-checkpoint",
                                           (run / "checkpoint-3").string()}),
                   code, parts);
    EXPECT_TRUE(contents(run) == before);
  }
  static Scratch* scratch_;
  static Training* training_;
};
Scratch* TrainBadCheckpoint::scratch_ = nullptr;
Training* TrainBadCheckpoint::training_ = nullptr;

TEST_F(TrainBadCheckpoint, IsNotResumedFrom) {
  fs::remove(copy("half") / "checkpoint-3/DONE");
  expect_refused("half", {"checkpoint-3", "half-written", "latest"});
  const fs::path torn = copy("torn") / "checkpoint-3/optimizer.safetensors";
  fs::resize_file(torn, fs::file_size(torn) / 2);
  expect_refused("torn", {"optimizer.safetensors"});
  std::ofstream(copy("state") / "checkpoint-3/trainer_state.json") << "{\"step\": 3}";
  expect_refused("state", {"trainer_state.json"});
  const fs::path weights = copy("weights") / "checkpoint-3/projector_1.pt";
  fs::resize_file(weights, fs::file_size(weights) / 2);
  expect_refused("weights", {"projector_1.pt"});
  fs::remove(copy("gone") / "checkpoint-3/projector_0.json");
  expect_refused("gone", {"projector_0.json"});
}

TEST_F(TrainBadCheckpoint, OfOtherDataIsNotResumedFrom) {
  const fs::path run = copy("data");
  const auto before = contents(run);
  expect_failure(training_->train("data", {"--resume-from-checkpoint", "latest", "--set", "data.train_ratio=0.5"}), 2,
                 {"22 samples", "12"});
  EXPECT_TRUE(contents(run) == before);
}

TEST_F(TrainBadCheckpoint, NoneToResumeFrom) {
  expect_failure(training_->train("nothing", {"--resume-from-checkpoint", "latest"}), 1,
                 {"nothing", "no complete checkpoint"});
  expect_failure(training_->train("nothing", {"--resume-from-checkpoint", "/nowhere/checkpoint-1"}), 1,
                 {"/nowhere/checkpoint-1"});
}

TEST_F(TrainBadCheckpoint, AUsedFolderIsNotWrittenInto) {
  const auto before = contents(training_->run("run"));
  expect_failure(training_->train("run"), 2, {"of an earlier run", "--resume-from-checkpoint latest", "--output"});
  EXPECT_TRUE(contents(training_->run("run")) == before);
}

TEST_F(TrainBadCheckpoint, AFuserOfAnotherShapeIsNotEvaluated) {
  for (const TinyPair& pair : tiny_pairs()) {
    if (pair.sharers.size() != 1) continue;
    const Outcome outcome = training_->train("none", {"--eval-only", pair.fusers[0].string()});
    expect_failure(outcome, 1, {pair.fusers[0].string()});
    EXPECT_TRUE(outcome.err.find("shape") != std::string::npos || outcome.err.find("projector") != std::string::npos)
        << outcome.err;
  }
  expect_failure(training_->train("none", {"--eval-only", "/nowhere/fuser"}), 1, {"/nowhere/fuser"});
}

// A disk that is full, as far as this process can see: no file may grow beyond some blocks of 1 KiB.
TEST_F(TrainBadCheckpoint, AFullDiskLosesNothing) {
  for (const auto& [blocks, file] : {std::pair(100, "optimizer.safetensors"), std::pair(16, "projector_")}) {
    const std::string name = "full" + std::to_string(blocks);
    const fs::path run = copy(name);
    const auto before = contents(run / "checkpoint-3");
    std::string command =
        "trap '' XFSZ; ulimit -f " + std::to_string(blocks) + "; C2C_THREADS=1 OMP_NUM_THREADS=1 exec " + C2C_BINARY;
    for (const std::string& word :
         training_->arguments(name, {"--resume-from-checkpoint", "latest", "--set", "output.eval_steps=0"}))
      command.append(" ").append(quote(word));
    Child child({"bash", "-c", command}, {});
    EXPECT_EQ(child.wait(kTrainingPatience), 1) << child.output();
    expect_contains(child.output(), {"checkpoint-6", file, "File too large"});
    EXPECT_FALSE(fs::exists(run / "checkpoint-6"));
    EXPECT_TRUE(contents(run / "checkpoint-3") == before);
    const Outcome resumed = training_->train(name, {"--resume-from-checkpoint", "latest"});
    EXPECT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_EQ(read_updates(run).size(), 12U);
  }
}

}  // namespace
}  // namespace c2c::testing
