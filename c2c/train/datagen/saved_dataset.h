// A folder as `save_to_disk` of Hugging Face datasets writes it, which `load_from_disk` and LLMGeneratedChatDataset
// read: data-00000-of-00001.arrow, dataset_info.json, state.json.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "c2c/base/content_hash.h"
#include "c2c/io/formats/atomic_file.h"
#include "c2c/io/tables/arrow_stream.h"

namespace c2c {

class SavedDataset {
 public:
  SavedDataset(std::filesystem::path folder, std::vector<ArrowStreamWriter::Column> columns);
  void add(const std::vector<std::string_view>& texts, const std::vector<bool>& booleans) {
    rows_.add(texts, booleans);
  }
  // The files get their names; state.json, by which the folder is known, last.
  void commit();

 private:
  std::filesystem::path folder_;
  std::vector<ArrowStreamWriter::Column> columns_;
  AtomicFile file_;
  ContentHash hash_;  // of the file's bytes
  ArrowStreamWriter rows_;
};

}  // namespace c2c
