// The merges of a BPE model: pair of tokens -> (rank, merged token). Open addressing, 16 bytes a slot.
#pragma once
#include <cstdint>
#include <limits>
#include <vector>

#include "c2c/text/tokenizers/hashing.h"
#include "c2c/text/tokenizers/tokenizer.h"

namespace c2c::tok {

struct Merge {
  static constexpr std::uint32_t kNever = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t rank = kNever;
  TokenId id = -1;
};

class MergeTable {
 public:
  void reserve(std::size_t count) { slots_.assign(table_size(count), Slot{}); }
  // Precondition: at most as many pairs as reserved. A pair given twice takes the later rank.
  void set(TokenId left, TokenId right, Merge merge) { slots_[probe(key(left, right))] = {key(left, right), merge}; }
  Merge find(TokenId left, TokenId right) const { return slots_[probe(key(left, right))].merge; }

 private:
  static constexpr std::uint64_t kEmpty = std::numeric_limits<std::uint64_t>::max();
  struct Slot {
    std::uint64_t key = kEmpty;
    Merge merge;
  };
  static std::uint64_t key(TokenId left, TokenId right) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 | static_cast<std::uint32_t>(right);
  }
  std::size_t probe(std::uint64_t wanted) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = (wanted * 0x9E3779B97F4A7C15ull ^ wanted * 0xD6E8FEB86659FD93ull >> 32) >> 20 & mask;
    while (slots_[at].key != wanted && slots_[at].key != kEmpty) at = (at + 1) & mask;
    return at;
  }
  std::vector<Slot> slots_ = std::vector<Slot>(16);
};

}  // namespace c2c::tok
