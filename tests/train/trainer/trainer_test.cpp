// The loop on tiny models, in this process: what has gradients, what a bad update does, evaluation on several ranks.
#include "c2c/train/trainer/trainer.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <functional>
#include <limits>
#include <set>

#include "c2c/base/error.h"
#include "c2c/io/formats/source.h"
#include "tests/train/trainer/training_run.h"

namespace c2c {
namespace {

using testing::Json;
using testing::TemporaryFolder;
using testing::TrainingRun;
namespace fs = std::filesystem;

// Names of all parameters of a model that want gradients.
std::set<std::string> trained_in(const CausalLm& model) {
  std::set<std::string> names;
  const_cast<CausalLm&>(model).visit("", [&](const ParameterRef& ref) {
    if (ref.tensor->requires_grad()) names.insert(ref.name);
  });
  return names;
}

// Backward of the first batch; the names whose gradients are there and not all zero.
std::set<std::string> reached(TrainingRun& run) {
  std::vector<Sample> batch = {run.data->sample(0), run.data->sample(1)};
  const BatchLoss loss =
      batch_loss(run.trainee->rosetta(), batch, {.training = true, .head_is_trained = run.trainee->head_is_trained()});
  torch::autograd::backward({loss.sum}, {});
  std::set<std::string> names;
  for (const NamedParameter& p : run.trainee->parameters())
    if (p.tensor.grad().defined() && p.tensor.grad().count_nonzero().item<std::int64_t>() > 0) names.insert(p.name);
  return names;
}

std::set<std::string> names_of(const std::vector<NamedParameter>& parameters) {
  std::set<std::string> names;
  for (const NamedParameter& p : parameters) names.insert(p.name);
  return names;
}

TEST(Gradients, OfAFuserReachProjectorsOnly) {
  const TemporaryFolder folder;
  TrainingRun run(testing::tiny_recipe(folder.path()), folder.path());
  EXPECT_EQ(reached(run), names_of(run.trainee->parameters()));
  EXPECT_EQ(trained_in(run.trainee->rosetta().receiver()), std::set<std::string>{});
  EXPECT_EQ(trained_in(*run.trainee->rosetta().sharers()[0].model), std::set<std::string>{});
  for (const NamedParameter& p : run.trainee->parameters())
    EXPECT_TRUE(p.name.starts_with("projector_list.")) << p.name;
}

TEST(Gradients, OfAReceiverThatIsNotFrozenReachItToo) {
  const TemporaryFolder folder;
  Json recipe = testing::tiny_recipe(folder.path());
  recipe["training"]["freeze"] = {"teacher", "projector"};
  TrainingRun run(recipe, folder.path());
  EXPECT_EQ(reached(run), names_of(run.trainee->parameters()));
  EXPECT_EQ(trained_in(*run.trainee->rosetta().sharers()[0].model), std::set<std::string>{});
  for (const auto& projector : run.trainee->rosetta().sharers()[0].fuser->projectors)
    projector->visit("", [&](const ParameterRef& ref) { EXPECT_FALSE(ref.tensor->requires_grad()) << ref.name; });
}

TEST(Gradients, OfABaselineReachWhatIsTrained) {
  const TemporaryFolder folder;
  const Json full = testing::tiny_baseline(folder.path());
  {
    TrainingRun run(full, folder.path());
    EXPECT_EQ(reached(run), names_of(run.trainee->parameters()));
    EXPECT_EQ(trained_in(run.trainee->rosetta().receiver()), names_of(run.trainee->parameters()));
  }
  Json partial = full;
  partial["training"]["partial_training"] = {{"method", "layer_wise"}, {"ratio", 0.5}};
  {
    TrainingRun run(partial, folder.path());
    const auto names = reached(run);
    EXPECT_EQ(names, trained_in(run.trainee->rosetta().receiver()));
    for (const std::string& name : names) EXPECT_FALSE(name.starts_with("model.layers.0.")) << name;
    EXPECT_TRUE(names.contains("model.norm.weight"));
  }
  Json lora = full;
  lora["training"]["lora"] = {{"r", 4}, {"lora_alpha", 8}, {"target_modules", {"q_proj", "v_proj"}}};
  TrainingRun run(lora, folder.path());
  const auto names = reached(run);  // B is zero: A has no gradient yet
  EXPECT_EQ(trained_in(run.trainee->rosetta().receiver()), std::set<std::string>{});
  for (const NamedParameter& p : run.trainee->parameters())
    EXPECT_EQ(names.contains(p.name), p.name.find("lora_B") != std::string::npos) << p.name;
}

// Puts a NaN into the first trained weight, and takes it out again.
class Poison {
 public:
  explicit Poison(const Trainee& trainee) : tensor_(trainee.parameters().front().tensor.detach().flatten()[0]) {}
  void in() {
    before_ = tensor_.clone();
    tensor_.fill_(std::numeric_limits<double>::quiet_NaN());
  }
  void out() { tensor_.copy_(before_); }

 private:
  at::Tensor tensor_, before_;
};

std::vector<at::Tensor> copies(const Trainee& trainee) {
  std::vector<at::Tensor> out;
  for (const NamedParameter& p : trainee.parameters()) out.push_back(p.tensor.detach().clone());
  return out;
}

TEST(Trainer, SkipsOneUpdateThatIsNotFinite) {
  const TemporaryFolder folder;
  TrainingRun run(testing::tiny_baseline(folder.path()), folder.path());
  Poison poison(*run.trainee);
  std::vector<StepReport> reports;
  std::vector<at::Tensor> before;
  TrainHooks hooks;
  hooks.on_step = [&](const StepReport& report) {
    reports.push_back(report);
    if (report.step == 2) {
      before = copies(*run.trainee);
      poison.in();
    }
    if (report.step == 3) {
      poison.out();
      const auto after = copies(*run.trainee);
      for (std::size_t i = 0; i < after.size(); ++i) EXPECT_TRUE(at::equal(before[i], after[i])) << i;
    }
  };
  const TrainResult result = run.train(hooks);
  EXPECT_TRUE(result.finished);
  ASSERT_EQ(reports.size(), 12U);
  for (const StepReport& report : reports) {
    EXPECT_EQ(report.was_skipped, report.step == 3);
    EXPECT_EQ(report.skipped, report.step < 3 ? 0 : 1);
    EXPECT_EQ(std::isfinite(report.loss), report.step != 3);
  }
}

TEST(Trainer, GivesUpAfterThree) {
  const TemporaryFolder folder;
  TrainingRun run(testing::tiny_baseline(folder.path()), folder.path());
  Poison poison(*run.trainee);
  TrainHooks hooks;
  std::int64_t last = 0;
  hooks.on_step = [&](const StepReport& report) {
    last = report.step;
    if (report.step == 4) poison.in();
  };
  EXPECT_NE(testing::error_of([&] { run.train(hooks); }).find("3 updates in a row"), std::string::npos);
  EXPECT_EQ(last, 7);
  EXPECT_EQ(RunFolder(run.recipe.output.dir).resume_from("latest").filename(), "checkpoint-6");
}

// An evaluation that is not finite is not the best one, and the run can be resumed behind it.
TEST(Trainer, ABestLossIsANumber) {
  const TemporaryFolder folder;
  Json recipe = testing::tiny_baseline(folder.path());
  recipe["output"].update({{"eval_steps", 2}, {"save_steps", 2}});
  TrainingRun run(recipe, folder.path());
  Poison poison(*run.trainee);
  TrainHooks hooks;
  std::vector<double> losses;
  hooks.on_step = [&](const StepReport& report) {
    if (report.step == 2) poison.in();
  };
  hooks.on_evaluation = [&](std::int64_t, const HeldOutTable& table) {
    losses.push_back(table.at("fused").batch_mean);
    if (losses.size() == 1) poison.out();
  };
  const TrainResult result = run.train(hooks);
  ASSERT_EQ(losses.size(), 6U);
  EXPECT_TRUE(std::isnan(losses[0]));
  EXPECT_EQ(result.best_loss, *std::min_element(losses.begin() + 1, losses.end()));
  const TrainResult resumed = run.train({}, fs::path(run.recipe.output.dir) / "checkpoint-2");
  EXPECT_EQ(resumed.best_step, result.best_step);
}

// Everything that can be trained: what is saved at an update is all that going on from there needs.
struct Kind {
  const char* name;
  std::function<Json(const fs::path&)> recipe;
};

class ResumedRun : public ::testing::TestWithParam<Kind> {};

TEST_P(ResumedRun, EndsInTheSameBits) {
  const TemporaryFolder folder;
  Json recipe = GetParam().recipe(folder.path());
  recipe["output"].update({{"save_steps", 0}, {"eval_steps", 6}});
  const auto train = [&](const std::string& name, std::int64_t stop_at, const fs::path& resume_from) {
    fs::create_directories(folder / name);
    TrainingRun run(recipe, folder / name);
    TrainHooks hooks;
    std::int64_t step = 0;
    hooks.on_step = [&](const StepReport& report) { step = report.step; };
    hooks.stop = [&] { return step == stop_at; };
    EXPECT_EQ(run.train(hooks, resume_from).finished, stop_at == 0);
    return fs::path(run.recipe.output.dir);
  };
  const fs::path alone = train("alone", 0, {});
  const fs::path stopped = train("stopped", 5, {});
  const fs::path resumed = train("resumed", 0, stopped / "checkpoint-5");
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(alone / "final")) {
    if (!entry.is_regular_file()) continue;
    const fs::path other = resumed / "final" / fs::relative(entry.path(), alone / "final");
    EXPECT_TRUE(read_text_file(entry.path()) == read_text_file(other)) << other;
    ++files;
  }
  EXPECT_GT(files, 2);
}

Json changed(Json recipe, const char* place, const Json& value) {
  recipe[Json::json_pointer(place)] = value;
  return recipe;
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, ResumedRun,
    ::testing::Values(
        Kind{"Fuser", testing::tiny_recipe},
        Kind{"FuserInBf16",
             [](const fs::path& f) { return changed(testing::tiny_recipe(f), "/training/dtype", "bf16"); }},
        Kind{"Receiver",
             [](const fs::path& f) { return changed(testing::tiny_recipe(f), "/training/freeze", {"teacher"}); }},
        Kind{"PlateauSchedule",
             [](const fs::path& f) {
               return changed(testing::tiny_recipe(f), "/training/scheduler_type", "reduce_lr_on_plateau");
             }},
        Kind{"Model", testing::tiny_baseline},
        Kind{"PartOfAModel",
             [](const fs::path& f) {
               return changed(testing::tiny_baseline(f), "/training/partial_training",
                              {{"method", "parameter_wise"}, {"ratio", 0.3}});
             }},
        Kind{"Adapter",
             [](const fs::path& f) {
               return changed(testing::tiny_baseline(f), "/training/lora", {{"r", 4}, {"lora_dropout", 0.1}});
             }}),
    [](const auto& kind) { return std::string(kind.param.name); });

// What a trained adapter's files say is the adapter: PEFT's format onto a fresh model gives the same logits.
TEST(Trainer, AnAdapterLoadsAgain) {
  const TemporaryFolder folder;
  TrainingRun run(changed(testing::tiny_baseline(folder.path()), "/training/lora", {{"r", 4}}), folder.path());
  const auto loss_of = [&](const Rosetta& rosetta) {
    return evaluate(rosetta, run.data->held_out(), Hears::kSharer, *run.group).token_mean;
  };
  TrainHooks hooks;
  hooks.on_step = [&](const StepReport& report) {  // its dropout is on while it is trained
    if (report.step != 3) return;
    EXPECT_NE(loss_of(run.trainee->rosetta()), loss_of(run.trainee->rosetta()));
  };
  run.train(hooks);
  const std::shared_ptr<CausalLm> base = load_model(run.recipe.model.baseline.model, {.dtype = at::kFloat});
  const Rosetta plain(base, {}, {});
  run.trainee->train(false);
  const double trained = loss_of(run.trainee->rosetta()), before = loss_of(plain);
  EXPECT_LT(trained, before);
  load_adapter(*base, fs::path(run.recipe.output.dir) / "final");
  EXPECT_EQ(loss_of(plain), trained);
}

// One of two ranks; the sums of the other are given.
class OneOfTwo final : public ProcessGroup {
 public:
  explicit OneOfTwo(int rank) : rank_(rank) {}
  std::string name() const override { return "pretended"; }
  int rank() const override { return rank_; }
  int world_size() const override { return 2; }
  at::Device device() const override { return at::kCPU; }
  void barrier() override {}
  void broadcast(const at::Tensor&, int) override {}
  void all_reduce_sum(const at::Tensor& tensor) override {
    said = tensor.clone();
    if (other.defined()) tensor.add_(other);
  }
  std::vector<std::string> gather_strings(const std::string& text) override { return {text, text}; }

  at::Tensor said, other;

 private:
  int rank_;
};

TEST(Evaluate, IsTheSameOnOneRankAndOnTwo) {
  const TemporaryFolder folder;
  Json json = testing::tiny_recipe(folder.path());
  json["data"]["train_ratio"] = 0.5;  // 13 held out: batches of 3, the last one of one sample
  json["training"]["per_device_eval_batch_size"] = 3;
  TrainingRun run(json, folder.path());
  const Rosetta& rosetta = run.trainee->rosetta();
  const EvaluationSet& set = run.data->held_out();
  ASSERT_EQ(set.size, 13);
  for (const Hears hears : {Hears::kNobody, Hears::kSharer, Hears::kAnother}) {
    const HeldOutLoss alone = evaluate(rosetta, set, hears, *run.group);
    OneOfTwo second(1), first(0);
    evaluate(rosetta, set, hears, second);
    first.other = second.said;
    const HeldOutLoss together = evaluate(rosetta, set, hears, first);
    EXPECT_EQ(alone.batches, 5);
    EXPECT_EQ(together.batches, 5);
    EXPECT_EQ(together.tokens, alone.tokens);
    EXPECT_NEAR(together.batch_mean, alone.batch_mean, 1e-12 * alone.batch_mean);
    EXPECT_NEAR(together.token_mean, alone.token_mean, 1e-12 * alone.token_mean);
    double mean = 0;  // the definition
    for (std::int64_t begin = 0; begin < 13; begin += 3) {
      std::vector<Sample> batch;
      for (std::int64_t i = begin; i < std::min<std::int64_t>(13, begin + 3); ++i) batch.push_back(set.sample(i));
      const BatchLoss loss = batch_loss(rosetta, batch, {.hears = hears});
      mean += loss.sum.item<double>() / static_cast<double>(loss.tokens) / 5;
    }
    EXPECT_NEAR(alone.batch_mean, mean, 1e-12 * mean);
  }
}

TEST(TrainData, SplitsAsTorchDoesAndLosesNothing) {
  const TemporaryFolder folder;
  Json json = testing::tiny_recipe(folder.path());
  TrainingRun run(json, folder.path());
  EXPECT_EQ(run.data->size(), 22);
  EXPECT_EQ(run.data->held_out().size, 3);
  std::set<std::vector<std::int32_t>> seen;
  for (std::int64_t i = 0; i < 22; ++i) seen.insert(run.data->sample(i).plan.ids);
  for (std::int64_t i = 0; i < 3; ++i) seen.insert(run.data->held_out().sample(i).plan.ids);
  EXPECT_EQ(seen.size(), 25U);
  json["data"]["max_eval_samples"] = 2;
  EXPECT_EQ(TrainingRun(json, folder.path()).data->held_out().size, 2);
  json["data"]["train_ratio"] = 0.01;
  EXPECT_NE(testing::error_of([&] { TrainingRun(json, folder.path()); }).find("train_ratio"), std::string::npos);
}

}  // namespace
}  // namespace c2c
