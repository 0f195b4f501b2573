#include "c2c/text/tokenizers/vocabulary.h"

#include "c2c/text/tokenizers/hashing.h"

namespace c2c::tok {

void Vocabulary::reserve(std::size_t tokens, std::size_t bytes) {
  bytes_.reserve(bytes);
  entries_.reserve(tokens);
  by_id_.reserve(tokens);
  if (table_size(tokens) > slots_.size()) rehash(table_size(tokens));
}

// The slot of `token`, or the empty slot where it belongs.
std::size_t Vocabulary::probe(std::string_view token, std::uint64_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  for (; slots_[at].entry >= 0; at = (at + 1) & mask)
    if (slots_[at].tag == tag && text_of(entries_[static_cast<std::size_t>(slots_[at].entry)]) == token) break;
  return at;
}

void Vocabulary::rehash(std::size_t size) {
  slots_.assign(size, Slot{});
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const std::uint64_t hash = hash_bytes(text_of(entries_[i]));
    std::size_t at = hash & (size - 1);
    while (slots_[at].entry >= 0) at = (at + 1) & (size - 1);
    slots_[at] = {static_cast<std::uint32_t>(hash >> 32), static_cast<std::int32_t>(i)};
  }
}

void Vocabulary::add(std::string_view token, TokenId id) {
  if (static_cast<std::size_t>(id) >= by_id_.size()) by_id_.resize(static_cast<std::size_t>(id) + 1, -1);
  const std::uint64_t hash = hash_bytes(token);
  const std::size_t at = probe(token, hash);
  std::int32_t entry = slots_[at].entry;
  if (entry >= 0) {
    entries_[static_cast<std::size_t>(entry)].id = id;
  } else {
    entry = static_cast<std::int32_t>(entries_.size());
    entries_.push_back({bytes_.size(), static_cast<std::uint32_t>(token.size()), id});
    bytes_.append(token);
    slots_[at] = {static_cast<std::uint32_t>(hash >> 32), entry};
    if (table_size(entries_.size()) > slots_.size()) rehash(slots_.size() * 2);
  }
  by_id_[static_cast<std::size_t>(id)] = entry;
}

TokenId Vocabulary::find(std::string_view token) const {
  const auto entry = slots_[probe(token, hash_bytes(token))].entry;
  return entry < 0 ? kNoToken : entries_[static_cast<std::size_t>(entry)].id;
}

std::string_view Vocabulary::text(TokenId id) const {
  if (!contains(id)) return {};
  return text_of(entries_[static_cast<std::size_t>(by_id_[static_cast<std::size_t>(id)])]);
}

}  // namespace c2c::tok
