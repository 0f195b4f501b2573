// Our own checkpoint form: fuser.safetensors (tensors projector_<i>.<parameter>), manifest.json (what they mean) and
// SHA256SUMS (in sha256sum's format).
#pragma once
#include <filesystem>
#include <memory>

#include "c2c/fuser/fuser.h"

namespace c2c {

bool is_safetensors_checkpoint(const std::filesystem::path& folder);
std::shared_ptr<Fuser> load_safetensors_checkpoint(const std::filesystem::path& folder,
                                                   const FuserLoadOptions& options);

}  // namespace c2c
