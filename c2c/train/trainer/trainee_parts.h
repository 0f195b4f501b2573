// Pieces of a trainee: checks, names, and weights in and out.
#pragma once
#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "c2c/fuser/fuser.h"
#include "c2c/model/families/causal_lm.h"
#include "c2c/text/side/text_side.h"
#include "c2c/train/trainer/adamw.h"
#include "c2c/train/trainer/recipe.h"

namespace c2c {

at::ScalarType recipe_dtype(const std::string& name);   // "f32", "bf16"
at::ScalarType fuser_dtype(const TrainRecipe& recipe);  // of the projectors
// training.device; throws kUsage where this machine or LibTorch has no such device.
at::Device recipe_device(const TrainRecipe& recipe);
// Throws kUsage for a name in training.freeze that is none.
void check_freeze(const TrainRecipe& recipe);
// Changes when the texts of the same messages may be other tokens: path, size and time of the files, and the template.
std::string text_key(const TextSide& side);

// Throws kUsage where the model is no folder in the Hugging Face layout, which is what a trained model is written as.
void check_can_save_model(const std::filesystem::path& model);
// model.safetensors, and beside it the source's config, tokenizer and template files.
void save_model(CausalLm& model, const std::filesystem::path& source, const std::filesystem::path& folder);

// Values of equally named and shaped tensors, converted. Throw kInput naming what does not fit.
void copy_projectors(const Fuser& from, const std::vector<std::shared_ptr<Projector>>& to, const std::string& where);
void copy_parameters(const std::filesystem::path& file, const std::vector<NamedParameter>& to);

}  // namespace c2c
