// The training recipe beside a checkpoint (reference: SFT_train.py's config; JSON, or YAML that is named .json).
#pragma once
#include <string>
#include <string_view>

#include "c2c/fuser/fuser.h"

namespace c2c {

// Reads the `model` section: base_model, teacher_model, is_do_alignment, alignment_strategy, multi_source_fusion_mode,
// include_response. `where` names the file in errors (kInput).
FuserRecipe parse_recipe(std::string_view text, const std::string& where);

}  // namespace c2c
