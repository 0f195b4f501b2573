#include "c2c/train/trainer/dry_run.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <chrono>

#include "c2c/train/trainer/trainee_parts.h"

namespace c2c {
namespace {

double measured_flops(at::ScalarType dtype) {
  const at::NoGradGuard no_grad;
  constexpr std::int64_t kSize = 1024;
  const at::Tensor a = at::ones({kSize, kSize}, dtype), b = at::ones({kSize, kSize}, dtype);
  at::matmul(a, b);
  double best = 1e300;
  for (int i = 0; i < 3; ++i) {
    const auto started = std::chrono::steady_clock::now();
    at::matmul(a, b);
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count());
  }
  return 2.0 * kSize * kSize * kSize / best;
}

double block_parameters(const ModelConfig& config, std::int64_t layers) {
  const double c = static_cast<double>(config.hidden_size);
  const double attention = c * static_cast<double>(config.head_dim * (2 * config.heads + 2 * config.kv_heads));
  return static_cast<double>(layers) * (attention + 3 * c * static_cast<double>(config.intermediate_size));
}

}  // namespace

DryRun estimate(const TrainRecipe& recipe, const Trainee& trainee, const TrainData& data, int ranks) {
  DryRun out;
  out.parameters = trainee.total_parameters();
  out.trainable = trainee.trainable_parameters();
  out.model_bytes = trainee.model_bytes();
  for (const NamedParameter& p : trainee.parameters())
    out.gradient_bytes += static_cast<std::int64_t>(p.tensor.nbytes());
  out.fuser_bytes = trainee.is_baseline() ? 0 : out.gradient_bytes;
  out.optimizer_bytes = 2 * out.gradient_bytes;

  const Rosetta& rosetta = trainee.rosetta();
  const ModelConfig& receiver = rosetta.receiver().config();
  const PreparedCounts& counts = data.counts();
  const double tokens = static_cast<double>(counts.tokens) / static_cast<double>(counts.samples);
  const double labels = static_cast<double>(counts.labels) / static_cast<double>(counts.samples);
  const double prefix = data.shared_prefix().empty() ? 0 : static_cast<double>(data.shared_prefix()[0]);
  const double fused = trainee.is_baseline() ? 0 : std::max(0.0, tokens - labels - prefix);
  const double body = block_parameters(receiver, receiver.layers);
  const double head = static_cast<double>(receiver.vocab_size * receiver.hidden_size);
  double flops = 2 * body * tokens + 2 * body * labels + 4 * head * labels;
  if (trainee.head_is_trained()) flops += 4 * body * tokens;
  for (const SharerEntry& sharer : rosetta.sharers())
    flops += 2 * block_parameters(sharer.model->config(), sharer.fuser->sharer_layers_needed()) * tokens;
  flops += 6 * static_cast<double>(trainee.is_baseline() ? 0 : out.trainable) * fused;

  const double batch = static_cast<double>(recipe.training.batch_size);
  out.samples_per_update = recipe.training.batch_size * recipe.training.accumulation * ranks;
  out.tokens_per_update = tokens * static_cast<double>(out.samples_per_update);
  out.flops_per_update = flops * static_cast<double>(out.samples_per_update);
  out.updates = run_length(recipe, data.size(), ranks).updates;
  const at::ScalarType dtype = recipe_dtype(recipe.training.dtype);
  const double element = dtype == at::kFloat ? 4 : 2;
  // Of the learned tokens: about 16 hidden-sized and 4 MLP-sized tensors a layer are kept; logits come in chunks.
  const double kept = trainee.head_is_trained() ? tokens : labels + 1;
  out.activation_bytes = static_cast<std::int64_t>(
      batch * kept * static_cast<double>(receiver.layers) * element *
          static_cast<double>(16 * receiver.hidden_size + 4 * receiver.intermediate_size) +
      3.0 * 4.0 * std::min(batch * labels * static_cast<double>(receiver.vocab_size), 16777216.0));
  out.flops_per_second = measured_flops(dtype);
  out.seconds_per_update = out.flops_per_update / out.flops_per_second / ranks;
  return out;
}

}  // namespace c2c
