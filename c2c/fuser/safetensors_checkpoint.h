// Our own checkpoint form: fuser.safetensors (tensors projector_<i>.<parameter>, the reference's state-dict names),
// SHA256SUMS of both files (sha256sum -c checks it) and manifest.json:
//   "format": "c2c-fuser", "version": 1
//   "receiver", "sharer": hub ids, may be empty; "dtype": element type of the tensors, for readers
//   "sha256": of fuser.safetensors
//   "layers": {receiver layer: [[sharer layer, projector], ...]}
//   "recipe": the training recipe: its map, or its text where it was YAML, or null
//   "projectors": [{"class": ..., "init_args": {...}}, ...], as in the reference's projector_<i>.json
#pragma once
#include <filesystem>
#include <memory>

#include "c2c/fuser/fuser.h"

namespace c2c {

bool is_safetensors_checkpoint(const std::filesystem::path& folder);
std::shared_ptr<Fuser> load_safetensors_checkpoint(const std::filesystem::path& folder,
                                                   const FuserLoadOptions& options);

}  // namespace c2c
