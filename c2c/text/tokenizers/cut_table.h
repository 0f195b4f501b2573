// Where a long piece can be cut without changing what BPE makes of it: between two characters that no merge ever
// joins. Gemma has no pre-tokenizer to speak of, so a whole page is one BPE word; cut, it becomes words that fit the
// cache. Exact, because merges on the two sides of such a border never touch.
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include "c2c/text/tokenizers/vocabulary.h"

namespace c2c::tok {

// Ids of the tokens that are single characters.
class CharTokens {
 public:
  explicit CharTokens(const Vocabulary& vocabulary);
  TokenId find(char32_t c) const {
    if (c < 128) return ascii_[c];
    std::size_t at = mix(c) & (slots_.size() - 1);
    while (slots_[at].c != 0 && slots_[at].c != c) at = (at + 1) & (slots_.size() - 1);
    return slots_[at].id;
  }

 private:
  struct Slot {
    char32_t c = 0;
    TokenId id = kNoToken;
  };
  static std::size_t mix(char32_t c) { return c * 0x9E3779B1u >> 7; }
  std::vector<TokenId> ascii_ = std::vector<TokenId>(128, kNoToken);
  std::vector<Slot> slots_;
};

class CutTable {
 public:
  // `atoms`: tokens that a word may start from although they are not single characters (byte fallback, unknown).
  void build(const Vocabulary& vocabulary, const CharTokens& chars,
             const std::vector<std::pair<TokenId, TokenId>>& merges, const std::vector<bool>& atoms);
  bool ready() const { return !bits_.empty(); }
  // End of the stretch that starts at `begin`: the next place where a cut is safe. `text` is valid UTF-8.
  std::size_t next_cut(std::string_view text, std::size_t begin, const CharTokens& chars) const;

 private:
  static std::size_t bit_of(TokenId left, TokenId right);
  // May some merge join a token that ends in `left` with one that starts in `right`? True by mistake once in a while.
  bool joined(TokenId left, TokenId right) const {
    const std::size_t bit = bit_of(left, right);
    return (bits_[bit / 64] >> (bit % 64) & 1) != 0;
  }
  void mark(TokenId left, TokenId right);
  std::vector<std::uint64_t> bits_;
  std::vector<std::uint8_t> ascii_;  // 128 x 128: may a cut stand between the two?
};

}  // namespace c2c::tok
