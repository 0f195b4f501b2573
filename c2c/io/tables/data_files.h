// Which files of a dataset's folder belong to a split of a configuration, by the layouts of the Hugging Face Hub.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace c2c {

// Table files below a folder as paths relative to it, sorted; hidden ones and what only describes the data
// (dataset_info.json, state.json) left out. Throws kInput past 100,000 files.
std::vector<std::string> list_table_files(const std::filesystem::path& folder);

struct SplitChoice {
  std::string config;  // empty: any
  std::string split;
  bool config_required = false;  // else, where no file names the config, all are looked at
};

// Of `files`, in this order of trust:
//   config: files in the folder CONFIG or named CONFIG.ext or CONFIG-*;
//   split:  SPLIT.ext, SPLIT-00000-of-00001.ext, or in a folder SPLIT; else the words of a name ("my_train.csv", also
//           "valid", "dev", "testing"), unless other files carry shard numbers;
//   files that name no split at all are `train`; a file CONFIG.ext is every split.
// Of several formats one is kept: Parquet, then Arrow, JSON Lines, JSON, CSV. Empty: there is none.
std::vector<std::string> choose_split_files(const std::vector<std::string>& files, const SplitChoice& choice);
// Only the last rule.
std::vector<std::string> keep_one_format(const std::vector<std::string>& files);

// Shell patterns over relative paths: * and ? within a folder, ** across folders, [abc].
bool matches_pattern(std::string_view pattern, std::string_view path);

}  // namespace c2c
