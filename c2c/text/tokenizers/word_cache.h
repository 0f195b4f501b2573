// Words that were merged before and the tokens they became. Bounded: when full it starts afresh. Not thread-safe; every
// running encode() has one to itself.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "c2c/text/tokenizers/tokenizer.h"

namespace c2c::tok {

// A token and the bytes of the word it stands for.
struct SubToken {
  TokenId id;
  std::uint32_t length;
};

class WordCache {
 public:
  static constexpr std::size_t kLongestWord = 128;  // bytes; longer words are not kept

  // The tokens of `word`, or nullptr data() when it is not here. Valid until the next insert().
  std::span<const SubToken> find(std::string_view word, std::uint64_t hash) const;
  // Precondition: 0 < word.size() <= kLongestWord, and find() failed.
  void insert(std::string_view word, std::uint64_t hash, std::span<const SubToken> tokens);

 private:
  static constexpr std::size_t kMostWords = std::size_t{1} << 16;
  struct Slot {
    std::uint32_t tag = 0, key = 0, value = 0;
    std::uint16_t key_size = 0, count = 0;  // key_size 0: empty
  };
  std::size_t probe(std::string_view word, std::uint64_t hash) const;
  void grow();
  std::vector<Slot> slots_ = std::vector<Slot>(1024);
  std::size_t words_ = 0;
  std::string keys_;
  std::vector<SubToken> values_ = {SubToken{}};  // never empty, so that data() of a hit is never null
};

}  // namespace c2c::tok
