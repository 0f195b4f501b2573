// Training by hand, where `c2c train` is not what you want: train_step RECIPE FOLDER STEPS
// The recipe says what is trained on what; the loop, and what a loss is, are yours.
#include <ATen/ATen.h>
#include <c2c/train/trainer/adamw.h>
#include <c2c/train/trainer/batch_loss.h>
#include <c2c/train/trainer/train_data.h>
#include <c2c/train/trainer/trainee.h>
#include <torch/csrc/autograd/autograd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

namespace {

void train(const char* file, const std::string& folder, std::int64_t steps) {
  const c2c::TrainRecipe recipe = c2c::load_recipe(file, {"output.output_dir=" + folder});
  at::manual_seed(static_cast<std::uint64_t>(recipe.training.seed));
  const auto group = c2c::make_process_group(at::kCPU);
  c2c::Trainee trainee(recipe, at::kCPU);  // models, projectors, and which parameters have gradients
  const c2c::TrainData data(recipe, trainee, *group);
  c2c::AdamW optimizer(trainee.parameters(), {.weight_decay = recipe.training.weight_decay});

  for (std::int64_t step = 0; step < steps; ++step) {
    std::vector<c2c::Sample> batch;
    for (std::int64_t i = 0; i < recipe.training.batch_size; ++i)
      batch.push_back(data.sample((step * recipe.training.batch_size + i) % data.size()));
    const c2c::BatchLoss loss = c2c::batch_loss(trainee.rosetta(), batch, {.training = true});
    const at::Tensor mean = loss.sum / static_cast<double>(loss.tokens);
    torch::autograd::backward({mean}, {});
    const double norm = optimizer.clip_gradients(recipe.training.max_grad_norm);
    optimizer.step(recipe.training.learning_rate);
    optimizer.zero_grad();
    trainee.set_temperature_step(step + 1);
    std::printf("%3lld  loss %.4f over %lld tokens, gradient norm %.3f\n", static_cast<long long>(step + 1),
                mean.item<double>(), static_cast<long long>(loss.tokens), norm);
  }
  trainee.save(folder + "/final");  // as the reference writes it
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return std::fprintf(stderr, "usage: %s RECIPE FOLDER STEPS\n", argv[0]), 2;
  try {
    train(argv[1], argv[2], std::atoll(argv[3]));
  } catch (const std::exception& error) {
    return std::fprintf(stderr, "%s\n", error.what()), 1;
  }
  return 0;
}
