#include "c2c/train/data/dataset_source.h"

#include <algorithm>
#include <set>

#include "c2c/base/error.h"
#include "c2c/io/formats/source.h"
#include "c2c/io/hub/hub_cache.h"
#include "c2c/io/tables/data_files.h"
#include "c2c/train/data/dataset_card.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

std::vector<CardSplit> card_of(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_regular_file(folder / "README.md", error)) return {};
  return dataset_card_splits(read_text_file(folder / "README.md"));
}

// What the card says about this split; empty where it says nothing.
Names files_of_card(const std::vector<CardSplit>& card, const Names& files, const DatasetPlace& place) {
  Names kept;
  for (const CardSplit& entry : card) {
    const bool wanted = entry.config == place.config || (place.config.empty() && entry.config == "default");
    if (!wanted || entry.split != place.split) continue;
    for (const std::string& file : files)
      if (std::any_of(entry.patterns.begin(), entry.patterns.end(),
                      [&](const std::string& pattern) { return matches_pattern(pattern, file); }))
        kept.push_back(file);
  }
  return keep_one_format(kept);
}

bool card_knows(const std::vector<CardSplit>& card, const std::string& config) {
  return std::any_of(card.begin(), card.end(), [&](const CardSplit& entry) { return entry.config == config; });
}

// A few of the names, for a message.
std::string some_of(const Names& names) {
  constexpr std::size_t kMost = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kMost); ++i) text += (i > 0 ? ", " : "") + names[i];
  return names.size() > kMost ? text + ", ... (" + std::to_string(names.size()) + ")" : text;
}

std::string wanted_text(const DatasetPlace& place) {
  return "split " + place.split + (place.config.empty() ? "" : " of configuration " + place.config);
}

[[noreturn]] void fail_missing(const DatasetPlace& place, const ModelLocation& location, const Names& files) {
  std::error_code error;
  std::string found = files.empty() ? "no data file" : "no file of it; there are " + some_of(files);
  std::string hint;
  if (fs::exists(location.path / "data.zip", error)) hint = "unpack data.zip and name the folder as data_path";
  if (location.from_hub) hint += (hint.empty() ? "" : "; or ") + ("get it with: " + download_command(location.hub, {}));
  fail_input(
      {.where = location.from_hub ? location.hub.text() + " (" + location.path.string() + ")" : location.path.string(),
       .key = wanted_text(place),
       .found = found,
       .hint = hint});
}

}  // namespace

std::vector<fs::path> dataset_files(const DatasetPlace& place) {
  const ModelLocation location = locate_dataset(place.name);
  if (!fs::is_directory(location.path)) return {location.path};
  if (is_saved_dataset(location.path)) return saved_dataset_files(location.path);
  if (is_saved_dataset(location.path / place.split)) return saved_dataset_files(location.path / place.split);
  const Names files = list_table_files(location.path);
  const std::vector<CardSplit> card = card_of(location.path);
  Names chosen = files_of_card(card, files, place);
  // A card that names this configuration is the authority on its splits.
  if (chosen.empty() && !(card_knows(card, place.config) && !place.config.empty()))
    chosen = choose_split_files(files, {place.config, place.split, place.config_required});
  if (chosen.empty()) fail_missing(place, location, files);
  std::vector<fs::path> paths;
  for (const std::string& file : chosen) paths.push_back(location.path / file);
  return paths;
}

}  // namespace c2c
