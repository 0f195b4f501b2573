// Live against Python: the reference (C2C_REF: a checkout of thu-nics/C2C that runs) reads a fuser that was trained
// here, PEFT reads an adapter; logits in float32. C2C_PYTHON names a Python with torch, transformers and peft. Skipped
// aloud where either is absent.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <fstream>

#include "c2c/tensor/weights/weight_source.h"
#include "tests/train/trainer/training_run.h"

namespace c2c {
namespace {

using testing::Json;
using testing::TemporaryFolder;
using testing::TrainingRun;
namespace fs = std::filesystem;

constexpr const char* kMissing =
    "the Python of C2C_PYTHON lacks a package: torch, transformers, safetensors and peft are needed";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// What Python says of the case; `more`: further arguments of the script. Undefined: a package is missing there.
at::Tensor python_logits(const fs::path& folder, const Json& what, const std::string& more) {
  std::ofstream(folder / "case.json") << what.dump();
  const fs::path script = fs::path(C2C_SOURCE_DIR) / "tests/train/parity.py";
  const std::string command =
      environment("C2C_PYTHON") + " " + script.string() + " " + folder.string() + (more.empty() ? "" : " " + more);
  const int status = std::system(command.c_str());
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) return {};
  EXPECT_EQ(status, 0) << command;
  const auto file = open_weights(folder / "logits.safetensors");
  return file->load(*file->find("logits"), at::kFloat);
}

std::vector<int> visible(const std::vector<bool>& padding, std::size_t length) {
  std::vector<int> mask(length, 1);
  for (std::size_t i = 0; i < padding.size(); ++i) mask[i] = padding[i] ? 0 : 1;
  return mask;
}

void expect_near(const at::Tensor& ours, const at::Tensor& theirs) {
  ASSERT_EQ(ours.sizes(), theirs.sizes());
  EXPECT_LE((ours - theirs).abs().max().item<double>(), 1e-3);
}

TEST(TrainParity, TheReferenceReadsOurFuser) {
  const std::string reference = environment("C2C_REF");
  if (environment("C2C_PYTHON").empty() || reference.empty())
    GTEST_SKIP() << "set C2C_PYTHON and C2C_REF (a checkout of github.com/thu-nics/C2C) to compare with the reference";
  const at::NoGradGuard no_grad;
  const TemporaryFolder folder;
  Json recipe = testing::tiny_recipe(folder.path());
  recipe["training"]["learning_rate"] = 1e-2;
  // The library's Gemma cannot read a prompt in sections (its cache is padded to the sliding window).
  recipe["model"]["teacher_model"] = testing::tiny_model("llama");
  TrainingRun run(recipe, folder.path());
  {
    const at::AutoGradMode gradients(true);
    run.train({});
  }
  ASSERT_GT(run.trainee->open_gates(), 0);
  const Rosetta& rosetta = run.trainee->rosetta();
  const SectionPlan plan = run.data->sample(0).plan;
  const SharerPlan& sharer = plan.sharers.at(0);
  ASSERT_TRUE(sharer.source.empty());
  Json what = {{"receiver", run.recipe.model.base.model},
               {"sharer", run.recipe.model.teachers[0].model},
               {"checkpoint", (fs::path(run.recipe.output.dir) / "final").string()},
               {"projectors", rosetta.sharers()[0].fuser->projectors.size()},
               {"ids", {plan.ids, sharer.ids}},
               {"masks", {visible(plan.padding, plan.ids.size()), visible(sharer.padding, sharer.ids.size())}}};
  for (std::size_t i = 0; i < plan.ids.size(); ++i) what["positions"].push_back(i);
  for (const Section& section : plan.sections)
    what["sections"].push_back({section.length, section.mask == 0 ? -1 : static_cast<int>(section.mask)});
  RosettaState state, alone_state;
  const at::Tensor logits = rosetta.receiver().logits(rosetta.forward({plan}, state).hidden_BNC[0]);
  const at::Tensor theirs = python_logits(folder.path(), what, reference);
  if (!theirs.defined()) GTEST_SKIP() << kMissing;
  expect_near(logits, theirs);
  // A fuser that says nothing would pass.
  SectionPlan unfused = plan;
  for (Section& section : unfused.sections) section.mask = 0;
  const at::Tensor alone = rosetta.receiver().logits(rosetta.forward({unfused}, alone_state).hidden_BNC[0]);
  EXPECT_GT((logits - alone.slice(0, alone.size(0) - logits.size(0))).abs().max().item<double>(), 0.1);
}

TEST(TrainParity, PeftReadsOurAdapter) {
  if (environment("C2C_PYTHON").empty()) GTEST_SKIP() << "set C2C_PYTHON to a Python with peft to compare with it";
  const at::NoGradGuard no_grad;
  const TemporaryFolder folder;
  Json recipe = testing::tiny_baseline(folder.path());
  recipe["training"]["lora"] = {{"r", 4}, {"lora_alpha", 8}};
  TrainingRun run(recipe, folder.path());
  const SectionPlan plan = run.data->sample(0).plan;
  const auto logits = [&] {
    run.trainee->train(false);
    RosettaState state;
    return run.trainee->rosetta().receiver().logits(run.trainee->rosetta().forward({plan}, state).hidden_BNC[0]);
  };
  const at::Tensor before = logits();
  {
    const at::AutoGradMode gradients(true);
    run.train({});
  }
  const at::Tensor after = logits();
  const at::Tensor theirs = python_logits(folder.path(),
                                          {{"receiver", run.recipe.model.baseline.model},
                                           {"checkpoint", (fs::path(run.recipe.output.dir) / "final").string()},
                                           {"ids", plan.ids}},
                                          "");
  if (!theirs.defined()) GTEST_SKIP() << kMissing;
  expect_near(after, theirs);
  EXPECT_GT((after - before).abs().max().item<double>(), 0.1);
}

}  // namespace
}  // namespace c2c
