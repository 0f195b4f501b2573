#include "c2c/text/tokenizers/word_cache.h"

#include <algorithm>
#include <cstring>

#include "c2c/text/tokenizers/hashing.h"

namespace c2c::tok {

std::size_t WordCache::probe(std::string_view word, std::uint64_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  std::size_t at = hash & mask;
  for (; slots_[at].key_size != 0; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.tag == tag && slot.key_size == word.size() &&
        std::memcmp(keys_.data() + slot.key, word.data(), word.size()) == 0)
      break;
  }
  return at;
}

std::span<const SubToken> WordCache::find(std::string_view word, std::uint64_t hash) const {
  const Slot& slot = slots_[probe(word, hash)];
  if (slot.key_size == 0) return {};
  return {values_.data() + slot.value, slot.count};
}

void WordCache::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.key_size == 0) continue;
    // The tag is only half of the hash, so it is computed again.
    const std::string_view word(keys_.data() + slot.key, slot.key_size);
    slots_[probe(word, hash_bytes(word))] = slot;
  }
}

void WordCache::insert(std::string_view word, std::uint64_t hash, std::span<const SubToken> tokens) {
  if (words_ == kMostWords) {
    std::fill(slots_.begin(), slots_.end(), Slot{});
    keys_.clear();
    values_.resize(1);
    words_ = 0;
  } else if (words_ * 2 >= slots_.size()) {
    grow();
  }
  slots_[probe(word, hash)] = {static_cast<std::uint32_t>(hash >> 32), static_cast<std::uint32_t>(keys_.size()),
                               static_cast<std::uint32_t>(values_.size()), static_cast<std::uint16_t>(word.size()),
                               static_cast<std::uint16_t>(tokens.size())};
  keys_.append(word);
  values_.insert(values_.end(), tokens.begin(), tokens.end());
  ++words_;
}

}  // namespace c2c::tok
