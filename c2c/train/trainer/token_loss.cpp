#include "c2c/train/trainer/token_loss.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

namespace c2c {
namespace {

at::Tensor loss_of(const CausalLm& model, const at::Tensor& hidden, const at::Tensor& labels) {
  return at::cross_entropy_loss(model.logits(hidden), labels, {}, at::Reduction::Sum);
}

class FrozenHeadLoss : public torch::autograd::Function<FrozenHeadLoss> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& hidden,
                            const at::Tensor& labels, const CausalLm* model, std::int64_t rows) {
    at::Tensor sum = at::zeros({}, hidden.options().dtype(at::kFloat));
    const at::Tensor gradient = at::empty_like(hidden);
    for (std::int64_t begin = 0; begin < hidden.size(0); begin += rows) {
      const std::int64_t count = std::min(rows, hidden.size(0) - begin);
      const at::AutoGradMode with_gradients(true);
      const at::Tensor chunk = hidden.narrow(0, begin, count).detach().requires_grad_();
      const at::Tensor loss = loss_of(*model, chunk, labels.narrow(0, begin, count));
      gradient.narrow(0, begin, count).copy_(torch::autograd::grad({loss}, {chunk})[0]);
      sum += loss.detach();
    }
    context->save_for_backward({gradient});
    return sum;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list outer) {
    const at::Tensor gradient = context->get_saved_variables()[0];
    return {gradient * outer[0].to(gradient.scalar_type()), {}, {}, {}};
  }
};

}  // namespace

at::Tensor token_loss(const CausalLm& model, const at::Tensor& hidden, const at::Tensor& labels,
                      const TokenLossOptions& options) {
  const std::int64_t vocabulary = std::max<std::int64_t>(1, model.config().vocab_size);
  const std::int64_t rows = std::max<std::int64_t>(1, options.chunk_logits / vocabulary);
  if (options.differentiable && !options.head_is_trained && hidden.requires_grad())
    return FrozenHeadLoss::apply(hidden, labels, &model, rows);
  at::Tensor sum = at::zeros({}, hidden.options().dtype(at::kFloat).requires_grad(false));
  for (std::int64_t begin = 0; begin < hidden.size(0); begin += rows) {
    const std::int64_t count = std::min(rows, hidden.size(0) - begin);
    sum = sum + loss_of(model, hidden.narrow(0, begin, count), labels.narrow(0, begin, count));
  }
  return sum;
}

}  // namespace c2c
