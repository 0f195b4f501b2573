// Gradient checkpointing (Chen et al. 2016, arXiv 1604.06174): what a function computes on its way is not kept for
// backward but computed again there.
#pragma once
#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

namespace c2c {

using CheckpointedFn = std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>& inputs)>;

// fn(inputs): the same numbers and the same gradients, of `inputs` and of leaves that fn itself refers to (parameters:
// they get theirs by torch's backward(), not by grad()). fn is called once now and once in backward, with the same
// random numbers; it must change nothing else, and what it refers to must live until then.
std::vector<at::Tensor> checkpointed(CheckpointedFn fn, const std::vector<at::Tensor>& inputs);

}  // namespace c2c
