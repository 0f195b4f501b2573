#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "c2c/base/error.h"
#include "c2c/io/hub/hub_cache.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

// File names an index mentions. A broken index is the weight reader's to report: here it names nothing.
std::set<std::string> shards_of(const fs::path& index_json) {
  constexpr std::uintmax_t kMaxIndex = std::uintmax_t{100} << 20;
  std::set<std::string> shards;
  std::error_code error;
  if (fs::file_size(index_json, error) > kMaxIndex || error) return shards;
  std::ifstream file(index_json);
  // At depth 2 and below weight_map's values everything is skipped, so hostile nesting builds nothing.
  const auto shallow = [](int depth, nlohmann::json::parse_event_t, const nlohmann::json&) { return depth <= 3; };
  const auto index = nlohmann::json::parse(file, shallow, false);
  if (!index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object()) return shards;
  for (const auto& [tensor, shard] : index["weight_map"].items())
    if (shard.is_string()) shards.insert(shard.get<std::string>());
  return shards;
}

}  // namespace

void require_model_files(const ModelLocation& location) {
  const fs::path& folder = location.path;
  std::vector<std::string> files = {"config.json", "tokenizer.json"};
  const auto add_weights = [&](const std::string& whole) {
    if (is_there(folder / whole)) return true;
    if (!is_there(folder / (whole + ".index.json"))) return false;
    for (const std::string& shard : shards_of(folder / (whole + ".index.json"))) files.push_back(shard);
    return true;
  };
  if (!add_weights("model.safetensors") && !add_weights("pytorch_model.bin")) files.push_back("model.safetensors");
  require_files(location, files);
}

}  // namespace c2c
