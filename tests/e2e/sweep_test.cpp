// `c2c sweep` on the tiny models: trained and evaluated over a grid, killed and started again, always the same table.
#include <set>

#include "c2c/eval/sweeps/sweep_file.h"
#include "c2c/io/config/parse_text.h"
#include "tests/e2e/training.h"

namespace c2c::testing {
namespace {

// Two learning rates, two proportions; two updates a training.
Json tiny_sweep(const Scratch& scratch) {
  const Json recipe = tiny_recipe(scratch.path());
  scratch.write("recipe.json", recipe.dump(1));
  const Json pair = {{"base_model", recipe["model"]["base_model"]},
                     {"teacher_model", recipe["model"]["teacher_model"]},
                     {"is_do_alignment", true}};
  const Json evaluation = {
      {"model", {{"dtype", "f32"}, {"rosetta_config", pair}}},
      {"systems",
       {{{"name", "receiver"}, {"model_name", pair["base_model"]}}, {{"name", "c2c"}, {"model_name", "Rosetta"}}}},
      {"eval",
       {{"dataset", "chat"},
        {"data_path", (scratch / "chats.jsonl").string()},
        {"limit", 6},
        {"answer_method", "cross_entropy"}}},
      {"output", {{"output_dir", "nowhere"}}}};
  scratch.write("eval.json", evaluation.dump(1));
  return {{"name", "tiny"},
          {"train", {{"recipe", "./recipe.json"}, {"set", {{"training.max_steps", 2}, {"output.save_steps", 1}}}}},
          {"eval", {{"config", "./eval.json"}, {"set", {{"model.rosetta_config.checkpoints_dir", "{checkpoint}"}}}}},
          {"grid",
           {{"lr", {{"key", "train.training.learning_rate"}, {"values", {0.001, 0.05}}}},
            {"part", {{"key", "eval.eval.kv_cache_proportion"}, {"values", {0.5, 1}}}}}},
          {"output_dir", (scratch / "out").string()}};
}

Outcome sweep(const Scratch& scratch, const Json& file, std::vector<std::string> more = {}) {
  more.insert(more.begin(), {"sweep", scratch.write("sweep.json", file.dump(1)).string()});
  return run_c2c(more);
}

std::vector<std::string> cells(const std::string& csv) {
  std::vector<std::string> all(1);
  for (const char c : csv)
    if (c == ',' || c == '\n')
      all.emplace_back();
    else
      all.back() += c;
  return all;
}

// Scores as near as float32 is where other samples shared the work.
void expect_same_table(const std::string& found, const std::string& wanted) {
  const std::vector<std::string> ours = cells(found), theirs = cells(wanted);
  ASSERT_EQ(ours.size(), theirs.size()) << found;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    char* end = nullptr;
    const double score = std::strtod(theirs[i].c_str(), &end);
    if (theirs[i].empty() || *end != '\0')
      EXPECT_EQ(ours[i], theirs[i]);
    else
      EXPECT_NEAR(std::strtod(ours[i].c_str(), nullptr), score, 1e-4) << "cell " << i;
  }
}

TEST(Sweep, KilledAndStartedAgainItMakesTheSameTable) {
  const Scratch scratch;
  const Json file = tiny_sweep(scratch);
  const Outcome whole = sweep(scratch, file);
  ASSERT_EQ(whole.code, 0) << whole.err;
  expect_contains(whole.out, {"lr", "part", "system", "receiver", "c2c (control)",
                              "chat cross_entropy (n=6, nats/token)", "curve-lr-", "curve-part-"});
  const fs::path out = scratch / "out";
  for (const char* name : {"table.md", "table.csv", "table.json", "sweep.json"}) EXPECT_TRUE(fs::exists(out / name));
  EXPECT_EQ(std::distance(fs::directory_iterator(out / "trainings"), fs::directory_iterator()), 2);
  EXPECT_EQ(std::distance(fs::directory_iterator(out / "points"), fs::directory_iterator()), 4);

  std::set<std::string> scores;  // no two points of C2C are the same
  const Json table = Json::parse(slurp(out / "table.json"));
  for (const Json& row : table["rows"])
    if (row["system"] == "c2c") scores.insert(row["scores"][0]["nats_per_token"].dump());
  EXPECT_EQ(scores.size(), 4U);

  const fs::path again = scratch / "again";
  const std::vector<std::string> command = {C2C_BINARY, "sweep", (scratch / "sweep.json").string(), "--output",
                                            again.string()};
  std::vector<std::unique_ptr<Child>> killed;
  killed.push_back(std::make_unique<Child>(command, Variables{{"OMP_NUM_THREADS", "1"}, {"C2C_THREADS", "1"}}));
  wait_until(killed, [&] { return fs::exists(again / "points/lr-0.001_part-1/eval.log"); });
  signal_all(killed, SIGKILL);
  EXPECT_EQ(killed[0]->wait(kTrainingPatience), 128 + SIGKILL);
  EXPECT_FALSE(fs::exists(again / "table.csv"));
  const Outcome second = sweep(scratch, file, {"--output", again.string()});
  ASSERT_EQ(second.code, 0) << second.err;
  EXPECT_EQ(second.err.find("training lr-0.001"), std::string::npos) << "trained again:\n" << second.err;
  expect_same_table(slurp(again / "table.csv"), slurp(out / "table.csv"));

  // Nothing is left to do; what is there is said.
  const Outcome plan = sweep(scratch, file, {"--dry-run"});
  EXPECT_EQ(plan.out.find("to do"), std::string::npos) << plan.out;
  const Outcome third = sweep(scratch, file, {"--json"});
  EXPECT_EQ(third.err, "");
  EXPECT_EQ(third.json()["rows"].size(), 12U);
}

TEST(Sweep, EveryCheckpointOfATrainingThatIsThere) {
  const Scratch scratch;
  Json file = tiny_sweep(scratch);
  ASSERT_EQ(run_c2c({"train", (scratch / "recipe.json").string(), "--set", "training.max_steps=2", "--set",
                     "output.save_steps=1", "--output", (scratch / "done").string()})
                .code,
            0);
  file["train"] = {{"folder", (scratch / "done").string()}};
  file["grid"] = {{"when", {{"checkpoints", {1, 2, "last"}}}}};
  const Outcome outcome = sweep(scratch, file);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  expect_contains(outcome.out, {"checkpoint-1  c2c", "checkpoint-2  c2c", "final         c2c", "curve-when-"});
}

#if defined(C2C_GLOO)
TEST(Sweep, TorchrunStartsTheRanksOfEveryStep) {
  const fs::path torchrun = deps_dir() / "venv/bin/torchrun";
  if (!fs::exists(torchrun)) GTEST_SKIP() << "no " << torchrun << " (get it with: ./run setup)";
  const Scratch scratch;
  Json file = tiny_sweep(scratch);
  file["grid"].erase("lr");
  file["grid"]["part"]["values"] = {0.5};
  file["launcher"] =
      file["eval_launcher"] = {torchrun.string(), "--no-python", "--standalone", "--nproc-per-node", "2"};
  const Outcome two = sweep(scratch, file);
  ASSERT_EQ(two.code, 0) << two.err;
  const fs::path out = scratch / "out", trained = fs::directory_iterator(out / "trainings")->path() / "train";
  EXPECT_EQ(Json::parse(slurp(trained / "checkpoint-2/trainer_state.json"))["world_size"], 2);
  EXPECT_TRUE(fs::exists(out / "points/part-0.5/eval/samples.1.sqlite")) << "the second rank took no sample";

  file["train"] = {{"folder", trained.string()}};
  file.erase("launcher");
  file.erase("eval_launcher");
  const Outcome one = sweep(scratch, file, {"--output", (scratch / "one").string()});
  ASSERT_EQ(one.code, 0) << one.err;
  expect_same_table(slurp(out / "table.csv"), slurp(scratch / "one/table.csv"));
}
#endif

TEST(Sweep, FailuresAreNamedAndTheOthersGoOn) {
  const Scratch scratch;
  Json file = tiny_sweep(scratch);
  file["grid"].erase("lr");
  file["grid"]["part"] = {{"values",
                           {{{"name", "no-data"}, {"set", {{"eval.eval.data_path", "./nothing.jsonl"}}}},
                            {{"name", "good"}, {"set", {{"eval.eval.limit", 3}}}}}}};
  const Outcome outcome = sweep(scratch, file);
  EXPECT_EQ(outcome.code, 1);
  expect_contains(outcome.out, {"good", "(n=3"});
  expect_contains(outcome.err,
                  {"failed: evaluation part-no-data", "nothing.jsonl", "eval.log", "the same command goes on"});
}

TEST(Sweep, BadInput) {
  const Scratch scratch;
  Json file = tiny_sweep(scratch);
  const auto with = [&](const char* pointer, const Json& value) {
    Json other = file;
    other[Json::json_pointer(pointer)] = value;
    return sweep(scratch, other);
  };
  expect_failure(with("/grid/lr/key", "train.training.learning_rat"), 2,
                 {"learning_rat", "did you mean learning_rate?"});
  expect_failure(with("/grid/part/key", "eval.eval.kv_cache_portion"), 2, {"kv_cache_portion", "unknown key"});
  expect_failure(with("/grid", Json::object()), 2, {"grid"});
  expect_failure(with("/grid/lr/values/0", Json::array({1})), 2, {"grid.lr.values[0]", "[1]"});
  expect_failure(run_c2c({"sweep"}), 2, {"no file", "recipes/sweeps"});
  expect_failure(run_c2c({"sweep", (scratch / "none.yaml").string()}), 2, {"none.yaml"});
  scratch.write("out/sweep.json", R"({"format": "c2c-sweep 1", "name": "another"})");
  expect_failure(sweep(scratch, file), 2, {"the sweep \"another\"", "output_dir"});
  EXPECT_FALSE(fs::exists(scratch / "out/trainings"));
}

// Does the recipe say this key? Keys of free-form maps have no other list.
bool is_said(const Json& recipe, std::string key) {
  const Json* at = &recipe;
  key += '.';
  for (std::size_t dot = key.find('.'); dot != key.npos; dot = key.find('.')) {
    if (!at->is_object() || !at->contains(key.substr(0, dot))) return false;
    at = &(*at)[key.substr(0, dot)];
    key.erase(0, dot + 1);
  }
  return true;
}

TEST(Sweep, ShippedFilesSetKeysThatExist) {
  const Scratch scratch;
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(C2C_SOURCE_DIR) / "recipes/sweeps")) {
    SCOPED_TRACE(entry.path().string());
    ++files;
    const Outcome outcome =
        run_c2c({"sweep", entry.path().string(), "--dry-run", "--output", (scratch / "o").string()});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    const SweepFile file = load_sweep(entry.path());
    for (const SweepAxis& axis : file.axes)
      for (const std::string& key : axis.keys)
        if (key.starts_with("train.model.projector.params.") || key.starts_with("train.data.kwargs.")) {
          const Json recipe = parse_config_text(file.train.recipe, read_config_file(file.train.recipe));
          EXPECT_TRUE(is_said(recipe, key.substr(6))) << key;
        }
  }
  EXPECT_GE(files, 6U);
}

}  // namespace
}  // namespace c2c::testing
