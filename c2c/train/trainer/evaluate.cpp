#include "c2c/train/trainer/evaluate.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <string>

namespace c2c {

HeldOutLoss evaluate(const Rosetta& rosetta, const EvaluationSet& set, Hears hears, ProcessGroup& group,
                     const ProgressFn& progress) {
  double means = 0, sum = 0;
  std::int64_t batches = 0, tokens = 0;
  const std::string what = "held-out loss, " + std::string(to_string(hears));
  for (std::int64_t begin = 0, b = 0; begin < set.size; begin += set.batch_size, ++b) {
    if (b % group.world_size() != group.rank()) continue;
    std::vector<Sample> batch;
    for (std::int64_t i = begin; i < std::min(set.size, begin + set.batch_size); ++i) batch.push_back(set.sample(i));
    const BatchLoss loss = batch_loss(rosetta, batch, {.hears = hears, .prefix = set.prefix});
    const double total = loss.sum.item<double>();
    means += total / static_cast<double>(loss.tokens);
    sum += total;
    tokens += loss.tokens;
    ++batches;
    if (progress) progress(what, static_cast<double>(begin + set.batch_size), static_cast<double>(set.size));
  }
  if (group.world_size() > 1) {
    const at::Tensor all =
        at::tensor({means, sum, static_cast<double>(batches), static_cast<double>(tokens)}, at::kDouble)
            .to(group.device());
    group.all_reduce_sum(all);
    const at::Tensor host = all.cpu();
    means = host[0].item<double>();
    sum = host[1].item<double>();
    batches = host[2].item<std::int64_t>();
    tokens = host[3].item<std::int64_t>();
  }
  if (batches == 0) return {};
  return {means / static_cast<double>(batches), sum / static_cast<double>(tokens), tokens, batches};
}

}  // namespace c2c
