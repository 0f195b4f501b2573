#include "c2c/io/tables/data_files.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "c2c/base/error.h"
#include "c2c/io/tables/row_source.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

constexpr std::size_t kMaxFiles = 100'000;

// What a file's path says, cut into its parts.
struct Parts {
  Names folders;
  std::string stem, extension;
};

Parts parts_of(const std::string& path) {
  Parts parts;
  const fs::path whole(path);
  for (const fs::path& folder : whole.parent_path()) parts.folders.push_back(folder.string());
  parts.stem = whole.stem().string();
  parts.extension = whole.extension().string();
  return parts;
}

// "train-00000-of-00002" -> "train"; "" where the stem is no shard.
std::string shard_base(const std::string& stem) {
  const std::size_t of = stem.rfind("-of-");
  if (of == stem.npos || of == 0) return {};
  const std::size_t dash = stem.rfind('-', of - 1);
  if (dash == stem.npos) return {};
  const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  const bool numbered = dash + 1 < of && std::all_of(stem.begin() + static_cast<std::ptrdiff_t>(dash) + 1,
                                                     stem.begin() + static_cast<std::ptrdiff_t>(of), is_digit);
  return numbered ? stem.substr(0, dash) : std::string();
}

// Words by which the hub recognises the three usual splits.
Names words_of(const std::string& split) {
  static const std::array<Names, 3> kWords = {Names{"train", "training"}, Names{"validation", "valid", "dev", "val"},
                                              Names{"test", "testing", "eval", "evaluation"}};
  for (const Names& words : kWords)
    if (std::find(words.begin(), words.end(), split) != words.end()) return words;
  return {split};
}

bool has_word(const std::string& text, const Names& words) {
  std::string word;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && std::isalpha(static_cast<unsigned char>(text[i]))) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(text[i])));
      continue;
    }
    if (std::find(words.begin(), words.end(), word) != words.end()) return true;
    word.clear();
  }
  return false;
}

bool says(const std::string& path, const Names& words) {
  const Parts parts = parts_of(path);
  return has_word(parts.stem, words) || std::any_of(parts.folders.begin(), parts.folders.end(),
                                                    [&](const std::string& folder) { return has_word(folder, words); });
}

bool says_any_split(const std::string& path) {
  for (const char* split : {"train", "validation", "test"})
    if (says(path, words_of(split))) return true;
  return false;
}

template <class Test>
Names where(const Names& files, Test test) {
  Names kept;
  std::copy_if(files.begin(), files.end(), std::back_inserter(kept), test);
  return kept;
}

bool in_folder(const Parts& parts, const std::string& folder) {
  return std::find(parts.folders.begin(), parts.folders.end(), folder) != parts.folders.end();
}

Names of_config(const Names& files, const std::string& config, bool required) {
  if (config.empty()) return files;
  Names kept = where(files, [&](const std::string& file) { return in_folder(parts_of(file), config); });
  if (kept.empty())
    kept = where(files, [&](const std::string& file) {
      const std::string stem = parts_of(file).stem;
      return stem == config || stem.starts_with(config + "-");
    });
  return kept.empty() && !required ? files : kept;
}

Names of_split(const Names& files, const std::string& config, const std::string& split) {
  Names kept = where(files, [&](const std::string& file) {
    const Parts parts = parts_of(file);
    return parts.stem == split || shard_base(parts.stem) == split || in_folder(parts, split);
  });
  if (!kept.empty()) return kept;
  const bool sharded = std::any_of(files.begin(), files.end(),
                                   [](const std::string& file) { return !shard_base(parts_of(file).stem).empty(); });
  if (!sharded) kept = where(files, [&](const std::string& file) { return says(file, words_of(split)); });
  if (!kept.empty()) return kept;
  kept = where(files, [&](const std::string& file) { return !config.empty() && parts_of(file).stem == config; });
  if (!kept.empty()) return kept;
  if (split == "train" && !sharded && std::none_of(files.begin(), files.end(), says_any_split)) return files;
  return {};
}

}  // namespace

Names list_table_files(const fs::path& folder) {
  static const std::set<std::string> kNotData = {"state.json", "dataset_info.json", "dataset_infos.json",
                                                 "dataset_dict.json"};
  Names files;
  std::error_code error;
  // A snapshot's files are links to blobs; folders are real, so links to folders need not be followed.
  fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied, error), end;
  for (; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    std::error_code gone;
    if (name.starts_with('.') || name.starts_with("__") || it.depth() > 16) {
      it.disable_recursion_pending();
      continue;
    }
    if (kNotData.contains(name) || !is_table_file(it->path()) || !it->is_regular_file(gone)) continue;
    if (files.size() == kMaxFiles)
      fail_input(
          {.where = folder.string(), .found = "more than 100000 data files", .expected = "the folder of a dataset"});
    files.push_back(it->path().lexically_relative(folder).string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Names keep_one_format(const Names& files) {
  static const std::vector<Names> kFormats = {
      {".parquet"}, {".arrow", ".feather"}, {".jsonl", ".ndjson"}, {".json"}, {".csv"}, {".tsv"}};
  for (const Names& format : kFormats) {
    Names kept = where(files, [&](const std::string& file) {
      return std::find(format.begin(), format.end(), parts_of(file).extension) != format.end();
    });
    if (!kept.empty()) return kept;
  }
  return files;
}

Names choose_split_files(const Names& files, const SplitChoice& choice) {
  const Names of_this_config = of_config(files, choice.config, choice.config_required);
  return keep_one_format(of_split(of_this_config, choice.config, choice.split));
}

bool matches_pattern(std::string_view pattern, std::string_view path) {
  // Backtracks to the last star only (and to the last double star), so it is quadratic at worst.
  std::size_t p = 0, t = 0, star = pattern.npos, star_text = 0, deep = pattern.npos, deep_text = 0;
  while (t < path.size()) {
    if (pattern.substr(p).starts_with("**")) {
      p += pattern.substr(p).starts_with("**/") ? 3 : 2;
      deep = p, deep_text = t, star = pattern.npos;
      continue;
    }
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p, star_text = t;
      continue;
    }
    bool fits = p < pattern.size() && (pattern[p] == path[t] || (pattern[p] == '?' && path[t] != '/'));
    std::size_t width = 1;
    if (p < pattern.size() && pattern[p] == '[')
      if (const std::size_t close = pattern.find(']', p + 2); close != pattern.npos) {
        fits = pattern.substr(p + 1, close - p - 1).find(path[t]) != pattern.npos;
        width = close - p + 1;
      }
    if (fits) {
      p += width, ++t;
    } else if (star != pattern.npos && path[star_text] != '/') {
      p = star, t = ++star_text;
    } else if (deep != pattern.npos) {
      p = deep, t = ++deep_text, star = pattern.npos;
    } else {
      return false;
    }
  }
  return pattern.substr(p).find_first_not_of('*') == pattern.npos;
}

}  // namespace c2c
