// Tokenizers with their chat templates, by the names that the golden rows use.
#pragma once
#include <map>
#include <optional>
#include <string>

#include "c2c/text/align/content_spans.h"
#include "c2c/text/chat/template_files.h"
#include "tests/text/tokenizers/golden_tokenizers.h"

namespace c2c::testing {

inline fs::path chat_folder(const std::string& name) {
  for (const fs::path& folder : {golden_dir() / "models" / name, golden_dir() / "tokenizer/files" / name})
    if (fs::exists(folder)) return folder;
  return deps_dir() / "tokenizers" / name / "models";
}

// Loaded once; nothing when the download is not there.
inline const std::optional<AlignModel>& align_model(const std::string& name) {
  static std::map<std::string, std::optional<AlignModel>> models;
  const auto [entry, added] = models.try_emplace(name);
  if (!added) return entry->second;
  if (auto tokenizer = golden_tokenizer(name))
    entry->second = AlignModel{name, std::move(tokenizer),
                               std::make_shared<const ChatTemplate>(load_chat_template(chat_folder(name), name))};
  return entry->second;
}

}  // namespace c2c::testing
