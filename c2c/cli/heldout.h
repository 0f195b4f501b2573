// The words a fuser was not trained on, and what was measured on them: heldout.json beside the fuser.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace c2c::cli {

// Token cross-entropies in nats: receiver alone, fused, fused with another sample's sharer cache.
struct HeldOutLoss {
  double receiver = 0, fused = 0, shuffled = 0;
};

struct HeldOut {
  std::vector<std::pair<std::string, std::string>> pairs;  // word, gloss
  std::optional<HeldOutLoss> loss;                         // of the finished training
};

// Throws kInput naming the file and key.
HeldOut read_heldout(const std::filesystem::path& path);

// What the fusers of the demo were trained on.
std::string question_about(const std::string& word);

// "Held out: ... The control has 91 % of the gain: ...". What of the gain is format and what the sharer said.
std::string describe(const HeldOutLoss& loss);

}  // namespace c2c::cli
