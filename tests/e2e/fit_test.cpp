// `c2c fit`: ridge fusers of the tiny models, what is said about them, and training that starts from one.
#include "tests/e2e/process.h"
#include "tests/train/trainer/tiny_recipe.h"

namespace c2c::testing {
namespace {

// The tiny recipe with a held-out set of its own: it must not depend on how many numbers a projector class draws.
class Fit : public ::testing::Test {
 protected:
  Fit() {
    Json recipe = tiny_recipe(scratch_.path());
    write_chats(scratch_ / "heldout.jsonl", 7);
    recipe["data"]["eval"] = {{"type", "ChatJsonlDataset"},
                              {"kwargs", {{"data_path", (scratch_ / "heldout.jsonl").string()}}}};
    scratch_.write("recipe.json", recipe.dump(1));
    receiver_layers_ = Json::parse(slurp(fs::path(recipe["model"]["base_model"].get<std::string>()) / "config.json"))
                           .at("num_hidden_layers");
  }
  Outcome run(const std::string& verb, const std::vector<std::string>& more) const {
    std::vector<std::string> all = {verb, (scratch_ / "recipe.json").string(), "--json", "--set",
                                    "data.cache_dir=" + (scratch_ / "prepared").string()};
    all.insert(all.end(), more.begin(), more.end());
    return run_c2c(all);
  }
  std::string path(const std::string& name) const { return (scratch_ / name).string(); }
  // Training, or the evaluation of what it starts from.
  Outcome train(const std::string& name, const std::vector<std::string>& more) const {
    std::vector<std::string> all = {"--output", path(name),
                                    "--set",    R"(model.projector={"type": "RidgeProjector"})",
                                    "--set",    "model.init_from=" + path("ridge")};
    all.insert(all.end(), more.begin(), more.end());
    return run("train", all);
  }

  Scratch scratch_;
  std::size_t receiver_layers_ = 0;
};

TEST_F(Fit, WritesAFuserThatMeasuresAndTrainsAsItWasFitted) {
  const Outcome fitted = run("fit", {"--output", path("ridge"), "--lambda", "0.01"});
  ASSERT_EQ(fitted.code, 0) << fitted.err;
  const Json report = fitted.json(), held_out = report.at("held_out");
  EXPECT_GT(report.at("tokens").get<int>(), report.at("samples").get<int>());
  EXPECT_EQ(report.at("samples"), 25);
  const Json& cosine = report.at("attention_cosine");
  ASSERT_EQ(cosine.at("layers").size(), receiver_layers_);
  EXPECT_GT(cosine.at("least").get<double>(), 0.3) << "a fit is not noise";
  EXPECT_LT(cosine.at("mean").get<double>(), 0.999999) << "nothing was fused";
  EXPECT_NE(held_out.at("fused"), held_out.at("receiver"));
  EXPECT_NE(held_out.at("fused"), held_out.at("shuffled"));
  for (const char* file : {"final/projector_0.pt", "final/projector_config.json", "final/DONE", "config.json"})
    EXPECT_TRUE(fs::exists(scratch_ / "ridge" / file)) << file;
  EXPECT_EQ(Json::parse(slurp(scratch_ / "ridge/heldout.json")), report);

  // The same from the file, and as a training's start.
  const Outcome measured = run("fit", {"--fuser", path("ridge")});
  ASSERT_EQ(measured.code, 0) << measured.err;
  EXPECT_EQ(measured.json().at("held_out"), held_out);
  EXPECT_EQ(measured.json().at("attention_cosine"), cosine);
  const Outcome start = train("start", {"--eval-only"});
  ASSERT_EQ(start.code, 0) << start.err;
  for (const char* row : {"receiver", "fused", "shuffled"})
    EXPECT_NEAR(start.json().at(row).at("loss").get<double>(), held_out.at(row).at("loss").get<double>(), 1e-5) << row;

  const Outcome trained = train("trained", {"--set", "training.max_steps=8"});
  ASSERT_EQ(trained.code, 0) << trained.err;
  EXPECT_LT(trained.json().at("held_out").at("fused").at("loss"), held_out.at("fused").at("loss"));
  const Json before = Json::parse(slurp(scratch_ / "ridge/final/projector_0.json"));
  const Json after = Json::parse(slurp(scratch_ / "trained/final/projector_0.json"));
  EXPECT_EQ(after.at("class"), "RidgeProjector");
  EXPECT_FALSE(before.at("init_args").at("source_frequencies").empty());
  EXPECT_EQ(after.at("init_args").at("source_frequencies"), before.at("init_args").at("source_frequencies"));
}

TEST_F(Fit, FewerSamplesAndAlpha) {
  const Outcome none = run("fit", {"--output", path("none"), "--samples", "4", "--alpha", "0"});
  ASSERT_EQ(none.code, 0) << none.err;
  EXPECT_EQ(none.json().at("samples"), 4);
  EXPECT_EQ(none.json().at("held_out").at("fused"), none.json().at("held_out").at("receiver")) << "alpha 0 is shut";
  EXPECT_NEAR(none.json().at("attention_cosine").at("least").get<double>(), 1.0, 1e-6);
}

TEST_F(Fit, Mistakes) {
  expect_failure(run("fit", {}), 2, {"--output", "--fuser"});
  expect_failure(run("fit", {"--output", path("a"), "--fuser", path("b")}), 2, {"--output and --fuser"});
  expect_failure(run("fit", {"--fuser", path("nowhere")}), 1, {"nowhere"});
  expect_failure(run("fit", {"--output", path("a"), "--samples", "1", "--lambda", "0"}), 2, {"lambda", "more tokens"});
  EXPECT_FALSE(fs::exists(scratch_ / "a/final"));
  ASSERT_EQ(run("fit", {"--output", path("ridge")}).code, 0);
  expect_failure(run("fit", {"--output", path("ridge")}), 2, {"final of an earlier run"});
  // A start of another class than the one that is trained.
  expect_failure(run("train", {"--output", path("x"), "--set", "model.init_from=" + path("ridge")}), 2,
                 {"model.init_from", "RidgeProjector", "C2CProjector"});
}

}  // namespace
}  // namespace c2c::testing
