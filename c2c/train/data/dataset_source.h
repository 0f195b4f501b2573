// The rows of one split of one configuration: from a local file or folder, or from the Hugging Face cache.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "c2c/io/tables/row_source.h"

namespace c2c {

struct DatasetPlace {
  std::string name;    // local file or folder, or org/name[@revision] in the Hugging Face cache
  std::string config;  // empty: any
  std::string split;
  bool config_required = false;  // the name of the config must be in the files' names
};

// Throws kInput naming what is missing (repository, configuration, split, with those that are there) and, for a
// repository, the command that gets it.
std::vector<std::filesystem::path> dataset_files(const DatasetPlace& place);

}  // namespace c2c
