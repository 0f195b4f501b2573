// What a folder of results belongs to: run_key.json, compared with the run that wants to go on there.
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace c2c::results {

// Places the key when the folder has none (of several processes one wins), then compares. Throws kUsage naming what
// differs, kInput for a file that is not a key.
void claim_folder(const std::filesystem::path& folder, const nlohmann::json& fingerprint);
nlohmann::json read_run_key(const std::filesystem::path& folder);
std::filesystem::path run_key_path(const std::filesystem::path& folder);
// Ties a file of samples to its folder.
std::string fingerprint_hash(const nlohmann::json& fingerprint);

}  // namespace c2c::results
