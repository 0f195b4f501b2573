// The tokens of a model: text <-> id, both in flat arrays (a 262 k vocabulary is one string and two tables).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "c2c/text/tokenizers/tokenizer.h"

namespace c2c::tok {

inline constexpr TokenId kNoToken = -1;

class Vocabulary {
 public:
  void reserve(std::size_t tokens, std::size_t bytes);
  // A token given twice is found under the later id; an id given twice shows the later text.
  // Precondition: 0 <= id < limit that the reader of the file has checked.
  void add(std::string_view token, TokenId id);

  TokenId find(std::string_view token) const;  // kNoToken when absent
  bool contains(TokenId id) const {
    return id >= 0 && static_cast<std::size_t>(id) < by_id_.size() && by_id_[static_cast<std::size_t>(id)] >= 0;
  }
  std::string_view text(TokenId id) const;  // empty for holes
  std::size_t count() const { return entries_.size(); }
  TokenId end() const { return static_cast<TokenId>(by_id_.size()); }  // largest id + 1

 private:
  struct Entry {
    std::size_t offset;
    std::uint32_t length;
    TokenId id;
  };
  struct Slot {
    std::uint32_t tag = 0;
    std::int32_t entry = -1;
  };
  std::string_view text_of(const Entry& entry) const { return {bytes_.data() + entry.offset, entry.length}; }
  std::size_t probe(std::string_view token, std::uint64_t hash) const;
  void rehash(std::size_t size);

  std::string bytes_;
  std::vector<Entry> entries_;
  std::vector<std::int32_t> by_id_;
  std::vector<Slot> slots_ = std::vector<Slot>(16);
};

}  // namespace c2c::tok
