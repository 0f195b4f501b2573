// Oniguruma, the engine of Hugging Face's tokenizers, behind limits: a hostile pattern ends in an error, not in a hang.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace c2c::tok {

void initialize_oniguruma();  // once per process, thread-safe

struct Match {
  std::size_t begin, end;  // bytes
};

class Regex {
 public:
  // Throws kInput naming `where` when the pattern does not compile or is longer than 16 KiB.
  Regex(std::string where, std::string_view pattern);

  // Matches (`out` is cleared) from left to right without overlap; no empty match right after the last one (as the onig
  // crate does). Throws kInput when a search exceeds the retry or stack limit.
  void find_all(std::string_view text, std::vector<Match>& out) const;

 private:
  std::string where_;
  std::shared_ptr<void> regex_;
};

}  // namespace c2c::tok
