#include "c2c/train/data/dataset_card.h"

#include "c2c/base/error.h"
#include "c2c/io/config/parse_text.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of_key(const Json& map, const char* key, const std::string& otherwise) {
  const auto found = map.find(key);
  return found != map.end() && found->is_string() ? found->get<std::string>() : otherwise;
}

std::vector<std::string> patterns_of(const Json& value) {
  std::vector<std::string> patterns;
  if (value.is_string()) patterns.push_back(value.get<std::string>());
  if (value.is_array())
    for (const Json& item : value)
      if (item.is_string()) patterns.push_back(item.get<std::string>());
  return patterns;
}

// data_files: a pattern, a list of them, a map split -> patterns, or a list of {split, path}.
void add_splits(const std::string& config, const Json& files, std::vector<CardSplit>& splits) {
  if (files.is_object()) {
    for (const auto& [split, value] : files.items()) splits.push_back({config, split, patterns_of(value)});
  } else if (files.is_array() && !files.empty() && files.front().is_object()) {
    for (const Json& entry : files)
      if (entry.is_object() && entry.contains("path"))
        splits.push_back({config, text_of_key(entry, "split", "train"), patterns_of(entry["path"])});
  } else {
    splits.push_back({config, "train", patterns_of(files)});
  }
}

}  // namespace

std::vector<CardSplit> dataset_card_splits(std::string_view readme) {
  constexpr std::string_view kFence = "---";
  std::vector<CardSplit> splits;
  if (!readme.starts_with(kFence)) return splits;
  const std::size_t end = readme.find("\n---", kFence.size());
  if (end == readme.npos) return splits;
  Json card;
  try {
    card = parse_yaml_text("README.md", readme.substr(kFence.size(), end - kFence.size()));
  } catch (const Error&) {
    return splits;
  }
  const auto configs = card.is_object() ? card.find("configs") : card.end();
  if (!card.is_object() || configs == card.end() || !configs->is_array()) return splits;
  for (const Json& config : *configs)
    if (config.is_object() && config.contains("data_files"))
      add_splits(text_of_key(config, "config_name", "default"), config["data_files"], splits);
  return splits;
}

}  // namespace c2c
