#include "c2c/tensor/nn/checkpoint.h"

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <mutex>

namespace c2c {
namespace {

using torch::autograd::variable_list;

// The states of the default generators that dropout draws from.
class RandomState {
 public:
  explicit RandomState(at::Device device) : generators_{at::globalContext().defaultGenerator(at::kCPU)} {
    if (!device.is_cpu()) generators_.push_back(at::globalContext().defaultGenerator(device));
    for (at::Generator& generator : generators_) {
      const std::lock_guard lock(generator.mutex());
      states_.push_back(generator.get_state());
    }
  }
  void put_back() {
    for (std::size_t i = 0; i < generators_.size(); ++i) {
      const std::lock_guard lock(generators_[i].mutex());
      generators_[i].set_state(states_[i]);
    }
  }

 private:
  std::vector<at::Generator> generators_;
  std::vector<at::Tensor> states_;
};

struct Recipe : torch::CustomClassHolder {
  Recipe(CheckpointedFn function, at::Device device) : fn(std::move(function)), random(device) {}
  CheckpointedFn fn;
  RandomState random;
};

// Leaves of a graph of their own.
variable_list leaves(const variable_list& inputs) {
  variable_list out;
  for (const at::Tensor& input : inputs) out.push_back(input.detach().requires_grad_(input.requires_grad()));
  return out;
}

struct Checkpoint : torch::autograd::Function<Checkpoint> {
  static variable_list forward(torch::autograd::AutogradContext* context, const c10::intrusive_ptr<Recipe>& recipe,
                               at::TensorList inputs) {
    context->saved_data["recipe"] = c10::IValue::make_capsule(recipe);
    context->save_for_backward(inputs.vec());
    return recipe->fn(variable_list(inputs.begin(), inputs.end() - 1));
  }

  static variable_list backward(torch::autograd::AutogradContext* context, variable_list gradients) {
    const auto recipe = c10::static_intrusive_pointer_cast<Recipe>(context->saved_data["recipe"].toCapsule());
    variable_list inputs = leaves(context->get_saved_variables());
    variable_list results;
    {
      RandomState now(inputs.back().device());
      recipe->random.put_back();
      const at::AutoGradMode record(true);
      variable_list again = recipe->fn({inputs.begin(), inputs.end() - 1});
      now.put_back();
      variable_list outputs, given;
      for (std::size_t i = 0; i < again.size(); ++i)
        if (gradients[i].defined() && again[i].requires_grad()) {
          outputs.push_back(again[i]);
          given.push_back(gradients[i]);
        }
      if (!outputs.empty()) torch::autograd::backward(outputs, given);
    }
    results.emplace_back();  // of the recipe
    for (const at::Tensor& input : inputs) results.push_back(input.grad());
    return results;
  }
};

}  // namespace

std::vector<at::Tensor> checkpointed(CheckpointedFn fn, const std::vector<at::Tensor>& inputs) {
  if (!at::GradMode::is_enabled()) return fn(inputs);
  // Makes the outputs part of the graph where only parameters of fn want gradients.
  variable_list all = inputs;
  all.push_back(at::empty({0}, inputs.at(0).options().dtype(at::kFloat)).requires_grad_());
  return Checkpoint::apply(c10::make_intrusive<Recipe>(std::move(fn), inputs.at(0).device()), at::TensorList(all));
}

}  // namespace c2c
