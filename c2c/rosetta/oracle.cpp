#include "c2c/rosetta/oracle.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

namespace c2c {
namespace {

// Attention outputs of the last `wanted` columns, however many passes they are read in. The last layer sees fewer
// passes than the others: it has no attention where only K and V are wanted.
class AttentionTail {
 public:
  AttentionTail(std::size_t layers, std::int64_t wanted) : wanted_(wanted), parts_(layers) {}

  AttentionObserver observer() {
    return [this](std::int64_t layer, const at::Tensor& output_BNA) {
      at::Tensor& kept = parts_[static_cast<std::size_t>(layer)];
      const at::Tensor newest = output_BNA.to(at::kFloat);
      kept = kept.defined() ? at::cat({kept, newest}, 1) : newest;
      kept = kept.slice(1, std::max<std::int64_t>(0, kept.size(1) - wanted_));
    };
  }
  const at::Tensor& of(std::size_t layer) const { return parts_[layer]; }  // (B, wanted, A)

 private:
  std::int64_t wanted_;
  std::vector<at::Tensor> parts_;
};

}  // namespace

SectionPlan without_sharers(SectionPlan plan) {
  for (Section& section : plan.sections) section.mask = 0;
  plan.sharers.clear();
  return plan;
}

ForwardOutput read_alone(const Rosetta& rosetta, const std::vector<SectionPlan>& plans, RosettaState& state,
                         const AttentionObserver* attention) {
  const at::NoGradGuard no_grad;
  // The caller's Rosetta outlives this one.
  const Rosetta alone(std::shared_ptr<const CausalLm>(std::shared_ptr<const CausalLm>(), &rosetta.receiver()), {},
                      rosetta.options());
  std::vector<SectionPlan> own;
  for (const SectionPlan& plan : plans) own.push_back(without_sharers(plan));
  return alone.forward(own, state, {.attention = attention});
}

void AttentionReport::add(const std::vector<SectionPlan>& plans) {
  const at::NoGradGuard no_grad;
  const auto layers = static_cast<std::size_t>(rosetta_.receiver().kv_geometry().layers);
  std::int64_t wanted = 0;
  for (const SectionPlan& plan : plans)
    if (!plan.sections.empty()) wanted = std::max(wanted, plan.sections.back().length);
  AttentionTail fused(layers, wanted), own(layers, wanted);
  RosettaState state;
  const AttentionObserver see_fused = fused.observer(), see_own = own.observer();
  const at::Tensor used_BN = rosetta_.forward(plans, state, {.attention = &see_fused}).section_BN;
  read_alone(rosetta_, plans, state, &see_own);
  sums_.resize(layers);
  const std::int64_t heads = rosetta_.receiver().config().heads;
  for (std::size_t layer = 0; layer < layers; ++layer) {
    const at::Tensor a = fused.of(layer).unflatten(-1, {heads, -1}), b = own.of(layer).unflatten(-1, {heads, -1});
    const at::Tensor cosine_BN = at::cosine_similarity(a, b, -1, 1e-12).mean(-1);
    sums_[layer] += cosine_BN.masked_select(used_BN).sum(at::kDouble).item<double>();
  }
  tokens_ += used_BN.sum().item<std::int64_t>();
}

std::vector<double> AttentionReport::cosines() const {
  std::vector<double> mean = sums_;
  for (double& value : mean) value /= static_cast<double>(std::max<std::int64_t>(1, tokens_));
  return mean;
}

}  // namespace c2c
