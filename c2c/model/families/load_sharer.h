// A model that is only heard: no logits are ever asked of it.
#pragma once
#include <filesystem>
#include <memory>

#include "c2c/model/families/causal_lm.h"

namespace c2c {

// As load_model(), without the vocabulary head, and with the table of embeddings left in the file: its rows are read
// as prompts need them. The file must stay as it is. logits() of such a model is a defect of the caller.
std::unique_ptr<CausalLm> load_sharer(const std::filesystem::path& path, const LoadOptions& options);

}  // namespace c2c
