// The reference's checkpoint folder: projector_<i>.json + .pt, projector_config.json, recipe one folder up.
#pragma once
#include <filesystem>
#include <memory>
#include <vector>

#include "c2c/fuser/fuser.h"

namespace c2c {

bool is_reference_checkpoint(const std::filesystem::path& folder);
std::vector<std::shared_ptr<Fuser>> load_reference_checkpoint(const std::filesystem::path& folder,
                                                              const FuserLoadOptions& options);

}  // namespace c2c
