// The tiny golden models and the fusers that join them. Which pairs there are comes from the folder names
// (fusers/qwen3+qwen2+llama/sharer1: receiver tiny-qwen3, sharer 1 tiny-qwen2).
#pragma once
#include <algorithm>
#include <string>
#include <vector>

#include "tests/e2e/process.h"

namespace c2c::testing {

struct TinyPair {
  fs::path receiver;
  std::vector<fs::path> sharers, fusers;

  // Flags that name the models and fusers.
  std::vector<std::string> flags(std::vector<std::string> more = {}) const {
    std::vector<std::string> all = {"--receiver", receiver.string()};
    for (const fs::path& sharer : sharers) all.insert(all.end(), {"--sharer", sharer.string()});
    for (const fs::path& fuser : fusers) all.insert(all.end(), {"--fuser", fuser.string()});
    all.insert(all.end(), {"--dtype", "f32", "-n", "8"});
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
};

inline std::vector<TinyPair> tiny_pairs() {
  std::vector<TinyPair> pairs;
  for (const auto& entry : fs::directory_iterator(golden_dir() / "fusers")) {
    std::vector<std::string> names(1);
    for (const char c : entry.path().filename().string())
      if (c == '+')
        names.emplace_back();
      else
        names.back() += c;
    if (names.size() < 2) continue;  // training cases
    TinyPair pair;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const fs::path model = golden_dir() / "models" / ("tiny-" + names[i]);
      (i == 0 ? pair.receiver : pair.sharers.emplace_back()) = model;
      if (i > 0) pair.fusers.push_back(entry.path() / ("sharer" + std::to_string(i)));
    }
    pairs.push_back(pair);
  }
  std::sort(pairs.begin(), pairs.end(), [](const TinyPair& a, const TinyPair& b) {
    return std::pair(a.sharers.size(), a.fusers[0]) < std::pair(b.sharers.size(), b.fusers[0]);
  });
  if (pairs.empty()) throw std::runtime_error("no pairs in " + (golden_dir() / "fusers").string());
  return pairs;
}

inline const TinyPair& one_sharer() {
  static const TinyPair pair = tiny_pairs().front();
  return pair;
}
inline const TinyPair& several_sharers() {
  static const TinyPair pair = tiny_pairs().back();
  return pair;
}

inline std::vector<std::string> generate(const std::vector<std::string>& flags) {
  std::vector<std::string> all = {"generate"};
  all.insert(all.end(), flags.begin(), flags.end());
  return all;
}

}  // namespace c2c::testing
