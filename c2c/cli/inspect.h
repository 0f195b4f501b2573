// What `c2c inspect` shows, one function per kind of thing. Each reads the whole of it and throws for what is wrong.
#pragma once
#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "c2c/infer/pipelines/session.h"

namespace c2c::cli {

// Every tensor read (name, type, shape, range, NaNs), then loaded as the model's own names and shapes want it.
nlohmann::ordered_json inspect_model(const std::filesystem::path& path, const std::string& dtype,
                                     const ProgressFn& progress);
// Vocabulary, special tokens, chat template; `text` (may be empty) as tokens with offsets.
nlohmann::ordered_json inspect_tokenizer(const std::filesystem::path& path, const std::string& text);
// Layers, gates per layer, every parameter read.
nlohmann::ordered_json inspect_fuser(const std::filesystem::path& path, const std::string& subfolder);
// What fusing this prompt changed: relative norm of the change of K and V, per receiver layer and head.
nlohmann::ordered_json inspect_fusion(Session& session, const Request& request);
// Who reads what: per receiver token its section's mask and, per sharer, the sharer token it hears.
nlohmann::ordered_json inspect_alignment(Session& session, const Request& request);

}  // namespace c2c::cli
