// A training run inside the test's process.
#pragma once
#include <ATen/CPUGeneratorImpl.h>

#include <memory>

#include "c2c/train/trainer/trainer.h"
#include "tests/io/formats/format_testing.h"
#include "tests/train/trainer/tiny_recipe.h"

namespace c2c::testing {

// Everything that `c2c train` puts together.
struct TrainingRun {
  TrainingRun(Json json, const fs::path& folder) {
    json["output"]["output_dir"] = (folder / "run").string();
    recipe = parse_train_recipe(json.dump(), folder / "recipe.json");
    at::manual_seed(static_cast<std::uint64_t>(recipe.training.seed));
    group = make_process_group(at::kCPU);
    trainee = std::make_unique<Trainee>(recipe, at::kCPU);
    data = std::make_unique<TrainData>(recipe, *trainee, *group);
  }
  TrainResult train(TrainHooks hooks, const fs::path& resume_from = {}) {
    return Trainer(recipe, *trainee, *data, *group, std::move(hooks)).run(resume_from);
  }

  TrainRecipe recipe;
  std::unique_ptr<ProcessGroup> group;
  std::unique_ptr<Trainee> trainee;
  std::unique_ptr<TrainData> data;
};

}  // namespace c2c::testing
