// Chinese text cut into words as PyPI jieba 0.42.1 cuts it (accurate mode with its hidden Markov model): LongBench
// counts words of its Chinese tasks this way. The tables are jieba's own files and not part of c2c.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace c2c::grading {

class ChineseWords {
 public:
  // Contents of jieba/dict.txt ("word frequency tag" lines) and of jieba/finalseg/prob_emit.py (empty: words that the
  // dictionary lacks are cut into characters). Throws kInput naming the line of a malformed entry.
  ChineseWords(std::string_view dictionary, std::string_view emissions);

  std::vector<std::u32string> cut(std::u32string_view text) const;

 private:
  using Words = std::vector<std::u32string>;
  void read_dictionary(std::string_view text);
  void read_emissions(std::string_view text);
  void cut_block(std::u32string_view block, Words& out) const;
  void cut_unknown(std::u32string_view run, Words& out) const;
  void cut_by_states(std::u32string_view run, Words& out) const;
  // For each position the end of the best word that starts there.
  std::vector<std::size_t> best_route(std::u32string_view block) const;
  double emission(std::size_t state, char32_t c) const;

  std::unordered_map<std::u32string, std::int64_t> frequency_;  // 0: only the beginning of a word
  double log_total_ = 0;
  std::array<std::unordered_map<char32_t, double>, 4> emissions_;  // states B, M, E, S
};

// Without jieba's tables: each character of its script a word, runs of Latin letters and digits a word, white space and
// other characters one by one.
std::vector<std::u32string> cut_characters(std::u32string_view text);

}  // namespace c2c::grading
