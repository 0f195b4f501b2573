// The part of a dataset repository's README.md that says which files a configuration's splits are.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace c2c {

struct CardSplit {
  std::string config, split;
  std::vector<std::string> patterns;  // relative paths with wildcards
};

// The `configs` of the YAML between the first two lines "---". What cannot be read is as if it were not there: the
// layout of the files then decides.
std::vector<CardSplit> dataset_card_splits(std::string_view readme);

}  // namespace c2c
