#include "c2c/train/trainer/batch_loss.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "c2c/base/error.h"
#include "c2c/rosetta/oracle.h"
#include "c2c/train/trainer/token_loss.h"

namespace c2c {
namespace {

std::vector<SectionPlan> plans_of(const std::vector<Sample>& batch, Hears hears) {
  std::vector<SectionPlan> plans;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const SectionPlan& plan = batch[i].plan;
    if (hears == Hears::kNobody)
      plans.push_back(without_sharers(plan));
    else if (hears == Hears::kAnother)
      plans.push_back(with_foreign_sharer(plan, batch[(i + batch.size() - 1) % batch.size()].plan));
    else
      plans.push_back(plan);
  }
  return plans;
}

// Which hidden states predict labels.
struct Predictions {
  std::vector<std::int64_t> at;  // row * columns + column
  std::vector<std::int64_t> labels;
};

Predictions predictions_of(const std::vector<Sample>& batch, std::int64_t columns) {
  Predictions out;
  for (std::size_t row = 0; row < batch.size(); ++row) {
    const Sample& sample = batch[row];
    const auto length = static_cast<std::int64_t>(sample.plan.ids.size());
    C2C_CHECK(sample.labels.size() == sample.plan.ids.size(), "batch_loss: one label per receiver token");
    for (std::int64_t t = 1; t < length; ++t) {
      const std::int32_t label = sample.labels[static_cast<std::size_t>(t)];
      if (label == kIgnoredLabel) continue;
      const std::int64_t column = columns - length + t - 1;
      C2C_CHECK(column >= 0, "batch_loss: labels follow tokens of the last section");
      out.at.push_back(static_cast<std::int64_t>(row) * columns + column);
      out.labels.push_back(label);
    }
  }
  return out;
}

}  // namespace

std::string_view to_string(Hears hears) {
  return hears == Hears::kSharer ? "fused" : hears == Hears::kNobody ? "receiver" : "shuffled";
}

BatchLoss batch_loss(const Rosetta& rosetta, const std::vector<Sample>& batch, const BatchLossOptions& options) {
  const at::AutoGradMode gradients(options.training);
  RosettaState state;
  const ForwardOutput output =
      rosetta.forward(plans_of(batch, options.hears), state,
                      {.training = options.training, .draws = options.draws, .prefix = options.prefix});
  const std::int64_t columns = output.hidden_BNC.size(1);
  const Predictions wanted = predictions_of(batch, columns);
  if (wanted.at.empty())
    fail_input({.where = "batch", .found = "no token to learn", .expected = "samples with a response"});
  const at::Device device = output.hidden_BNC.device();
  const at::Tensor flat = output.hidden_BNC.flatten(0, 1);
  const at::Tensor hidden = flat.index_select(0, at::tensor(wanted.at, at::kLong).to(device));
  const at::Tensor labels = at::tensor(wanted.labels, at::kLong).to(device);
  return {token_loss(rosetta.receiver(), hidden, labels,
                     {.differentiable = options.training, .head_is_trained = options.head_is_trained}),
          static_cast<std::int64_t>(wanted.at.size())};
}

}  // namespace c2c
