// A receiver that is trained beside its projectors is in the checkpoint.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "c2c/base/error.h"
#include "c2c/train/trainer/trainee.h"
#include "tests/io/formats/format_testing.h"
#include "tests/train/trainer/tiny_recipe.h"

namespace c2c {
namespace {

using testing::Json;

TEST(TraineeSave, KeepsATrainedReceiver) {
  const testing::TemporaryFolder folder;
  Json json = testing::tiny_recipe(folder.path());
  json["training"]["freeze"] = {"teacher"};
  const TrainRecipe recipe = parse_train_recipe(json.dump(), "recipe.json");
  const Trainee trained(recipe, at::kCPU);
  {
    const at::NoGradGuard no_grad;
    for (const NamedParameter& parameter : trained.parameters()) at::Tensor(parameter.tensor).add_(0.25);
  }
  trained.save(folder.path() / "saved");
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "saved/receiver/config.json"));
  Trainee other(recipe, at::kCPU);
  std::int64_t differ = 0;
  for (std::size_t i = 0; i < other.parameters().size(); ++i)
    differ += !at::equal(other.parameters()[i].tensor, trained.parameters()[i].tensor);
  EXPECT_EQ(differ, std::ssize(other.parameters()));
  other.load(folder.path() / "saved");
  for (std::size_t i = 0; i < other.parameters().size(); ++i)
    EXPECT_TRUE(at::equal(other.parameters()[i].tensor, trained.parameters()[i].tensor)) << other.parameters()[i].name;
  // A checkpoint of another recipe, whose receiver was frozen, is none of this one.
  std::filesystem::remove_all(folder.path() / "saved/receiver");
  EXPECT_THROW(other.load(folder.path() / "saved"), Error);
}

}  // namespace
}  // namespace c2c
