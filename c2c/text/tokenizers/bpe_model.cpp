#include "c2c/text/tokenizers/bpe_model.h"

#include <algorithm>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/text/tokenizers/byte_alphabet.h"
#include "c2c/text/tokenizers/utf8_walk.h"

namespace c2c::tok {
namespace {

std::string fallback_name(unsigned byte) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  return {'<', '0', 'x', kDigits[byte / 16], kDigits[byte % 16], '>'};
}

TokenId merged_token(const Vocabulary& vocabulary, std::pair<TokenId, TokenId> merge, std::size_t prefix) {
  std::string text(vocabulary.text(merge.first));
  const auto right = vocabulary.text(merge.second);
  text += right.substr(std::min(prefix, right.size()));
  return vocabulary.find(text);
}

}  // namespace

BpeModel::BpeModel(Vocabulary vocabulary, const std::vector<std::pair<TokenId, TokenId>>& merges, BpeConfig config,
                   const std::string& where)
    : vocabulary_(std::move(vocabulary)), config_(std::move(config)), chars_(vocabulary_) {
  merges_.reserve(merges.size());
  for (std::size_t rank = 0; rank < merges.size(); ++rank) {
    const TokenId id = merged_token(vocabulary_, merges[rank], config_.prefix.size());
    if (id == kNoToken)
      fail_input({.where = where,
                  .key = "model.merges[" + std::to_string(rank) + "]",
                  .found = "'" + std::string(vocabulary_.text(merges[rank].first)) + "' + '" +
                           std::string(vocabulary_.text(merges[rank].second)) +
                           "', which joined is not in the vocabulary"});
    merges_.set(merges[rank].first, merges[rank].second, {static_cast<std::uint32_t>(rank), id});
  }
  std::vector<bool> atoms(static_cast<std::size_t>(vocabulary_.end()), false);
  for (unsigned byte = 0; byte < 256; ++byte) {
    fallback_[byte] = vocabulary_.find(fallback_name(byte));
    std::string symbol;
    append_utf8(symbol, byte_alphabet()[byte]);
    bytes_[byte] = vocabulary_.find(symbol);
    if (fallback_[byte] != kNoToken) atoms[static_cast<std::size_t>(fallback_[byte])] = true;
  }
  // 0xC0, 0xC1 and what follows 0xF4 are in no UTF-8.
  all_bytes_ = true;
  for (unsigned byte = 0; byte < 0xF5; ++byte)
    if (bytes_[byte] == kNoToken && byte != 0xC0 && byte != 0xC1) all_bytes_ = false;
  if (!config_.unk_token.empty()) unk_ = vocabulary_.find(config_.unk_token);
  if (unk_ != kNoToken) atoms[static_cast<std::size_t>(unk_)] = true;
  if (config_.prefix.empty() && config_.suffix.empty() && !config_.ignore_merges)
    cuts_.build(vocabulary_, chars_, merges, atoms);
}

bool BpeModel::takes_bytes(std::string_view text) const {
  if (!config_.prefix.empty() || !config_.suffix.empty()) return false;
  return all_bytes_ || std::all_of(text.begin(), text.end(),
                                   [this](char byte) { return bytes_[static_cast<unsigned char>(byte)] != kNoToken; });
}

TokenId BpeModel::whole_word(std::string_view word, Input input, BpeScratch& scratch) const {
  if (input == Input::kText) return vocabulary_.find(word);
  scratch.text.clear();
  append_in_byte_alphabet(word, scratch.text);
  return vocabulary_.find(scratch.text);
}

void BpeModel::encode(std::string_view piece, Input input, BpeScratch& scratch, std::vector<SubToken>& out) const {
  if (input == Input::kBytes || !cuts_.ready()) return encode_word(piece, input, scratch, out);
  for (std::size_t begin = 0; begin < piece.size();) {
    const std::size_t end = cuts_.next_cut(piece, begin, chars_);
    encode_word(piece.substr(begin, end - begin), input, scratch, out);
    begin = end;
  }
}

void BpeModel::encode_word(std::string_view word, Input input, BpeScratch& scratch, std::vector<SubToken>& out) const {
  const bool cached = word.size() <= WordCache::kLongestWord && !word.empty();
  const std::uint64_t hash = cached ? hash_bytes(word) : 0;
  WordCache& cache = scratch.caches[static_cast<std::size_t>(input)];
  if (cached)
    if (const auto hit = cache.find(word, hash); hit.data() != nullptr) {
      out.insert(out.end(), hit.begin(), hit.end());
      return;
    }
  const std::size_t first = out.size();
  const TokenId whole = config_.ignore_merges ? whole_word(word, input, scratch) : kNoToken;
  if (whole != kNoToken) {
    out.push_back({whole, static_cast<std::uint32_t>(word.size())});
  } else {
    if (input == Input::kBytes)
      start_bytes(word, scratch);
    else
      start_symbols(word, scratch);
    constexpr std::size_t kShort = 48;
    if (scratch.ids.size() <= kShort)
      merge_short(scratch);
    else
      merge_long(scratch);
    for (std::size_t i = 0; i < scratch.ids.size(); ++i) out.push_back({scratch.ids[i], scratch.lengths[i]});
  }
  if (cached) cache.insert(word, hash, {out.data() + first, out.size() - first});
}

void BpeModel::start_bytes(std::string_view word, BpeScratch& scratch) const {
  scratch.ids.clear();
  for (const char byte : word) scratch.ids.push_back(bytes_[static_cast<unsigned char>(byte)]);
  scratch.lengths.assign(word.size(), 1);
}

bool BpeModel::append_fallback(std::string_view symbol, BpeScratch& scratch) const {
  for (const char byte : symbol)
    if (fallback_[static_cast<unsigned char>(byte)] == kNoToken) return false;
  for (const char byte : symbol) {
    scratch.ids.push_back(fallback_[static_cast<unsigned char>(byte)]);
    scratch.lengths.push_back(1);
  }
  return true;
}

// The characters of a word as tokens (merge_word in model.rs). An unknown token waits until a known character comes:
// byte fallback goes before it, which is what the original does.
void BpeModel::start_symbols(std::string_view word, BpeScratch& scratch) const {
  auto& ids = scratch.ids;
  auto& lengths = scratch.lengths;
  ids.clear();
  lengths.clear();
  const auto add = [&](TokenId id, std::size_t length) {
    ids.push_back(id);
    lengths.push_back(static_cast<std::uint32_t>(length));
  };
  std::size_t unknown = 0;  // bytes of the unknown token that waits
  const bool affixes = !config_.prefix.empty() || !config_.suffix.empty();
  for (std::size_t at = 0, size; at < word.size(); at += size) {
    size = char_size(word[at]);
    std::string_view symbol = word.substr(at, size);
    TokenId id;
    if (affixes) {
      scratch.text =
          (at > 0 ? config_.prefix : "") + std::string(symbol) + (at + size == word.size() ? config_.suffix : "");
      symbol = scratch.text;
      id = vocabulary_.find(symbol);
    } else {
      id = chars_.find(char_at(word, at));
    }
    if (id != kNoToken) {
      if (unknown > 0) add(unk_, unknown);
      unknown = 0;
      add(id, size);
      continue;
    }
    if (config_.byte_fallback && append_fallback(symbol, scratch)) continue;
    if (config_.unk_token.empty()) continue;
    if (unk_ == kNoToken)
      fail_input({.where = "tokenizer",
                  .key = "model.unk_token",
                  .found = "'" + config_.unk_token + "', which is not in the vocabulary"});
    if (unknown > 0 && !config_.fuse_unk) {
      add(unk_, unknown);
      unknown = 0;
    }
    unknown += size;
  }
  if (unknown > 0) add(unk_, unknown);
}

void BpeModel::merge_short(BpeScratch& s) const {
  std::size_t count = s.ids.size();
  if (count < 2) return;
  s.ranks.assign(count, Merge::kNever);
  s.merged.resize(count);
  const auto look_up = [&](std::size_t i) {
    const Merge merge = merges_.find(s.ids[i], s.ids[i + 1]);
    s.ranks[i] = merge.rank;
    s.merged[i] = merge.id;
  };
  for (std::size_t i = 0; i + 1 < count; ++i) look_up(i);
  for (; count > 1; --count) {
    std::size_t best = 0;
    for (std::size_t i = 1; i + 1 < count; ++i)
      if (s.ranks[i] < s.ranks[best]) best = i;
    if (s.ranks[best] == Merge::kNever) break;
    s.ids[best] = s.merged[best];
    s.lengths[best] += s.lengths[best + 1];
    const auto erase = [&](auto& values, std::size_t at) {
      std::copy(values.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                values.begin() + static_cast<std::ptrdiff_t>(count), values.begin() + static_cast<std::ptrdiff_t>(at));
    };
    erase(s.ids, best + 1), erase(s.lengths, best + 1), erase(s.ranks, best + 1), erase(s.merged, best + 1);
    if (best + 2 < count)
      look_up(best);
    else
      s.ranks[best] = Merge::kNever;
    if (best > 0) look_up(best - 1);
  }
  s.ids.resize(count);
  s.lengths.resize(count);
}

// A heap of (rank, position); entries whose pair has changed since are dropped when they come up.
void BpeModel::merge_long(BpeScratch& s) const {
  const auto count = static_cast<std::int32_t>(s.ids.size());
  const auto at = [](std::int32_t i) { return static_cast<std::size_t>(i); };
  s.previous.resize(at(count));
  s.next.resize(at(count));
  s.heap.clear();
  const auto entry = [&](std::int32_t i) {
    const Merge merge = merges_.find(s.ids[at(i)], s.ids[at(s.next[at(i)])]);
    return merge.rank == Merge::kNever ? ~std::uint64_t{0}
                                       : std::uint64_t{merge.rank} << 32 | static_cast<std::uint32_t>(i);
  };
  const auto push = [&](std::int32_t i) {
    const std::uint64_t e = entry(i);
    if (e == ~std::uint64_t{0}) return;
    s.heap.push_back(e);
    std::push_heap(s.heap.begin(), s.heap.end(), std::greater<>());
  };
  for (std::int32_t i = 0; i < count; ++i) {
    s.previous[at(i)] = i - 1;
    s.next[at(i)] = i + 1 < count ? i + 1 : -1;
    if (i + 1 < count)
      if (const std::uint64_t e = entry(i); e != ~std::uint64_t{0}) s.heap.push_back(e);
  }
  std::make_heap(s.heap.begin(), s.heap.end(), std::greater<>());
  while (!s.heap.empty()) {
    const std::uint64_t top = s.heap.front();
    std::pop_heap(s.heap.begin(), s.heap.end(), std::greater<>());
    s.heap.pop_back();
    const auto left = static_cast<std::int32_t>(top & 0xFFFFFFFFu);
    if (s.lengths[at(left)] == 0 || s.next[at(left)] < 0 || entry(left) != top) continue;
    const std::int32_t right = s.next[at(left)], after = s.next[at(right)];
    s.ids[at(left)] = merges_.find(s.ids[at(left)], s.ids[at(right)]).id;
    s.lengths[at(left)] += s.lengths[at(right)];
    s.lengths[at(right)] = 0;
    s.next[at(left)] = after;
    if (after >= 0) s.previous[at(after)] = left;
    if (s.previous[at(left)] >= 0) push(s.previous[at(left)]);
    if (after >= 0) push(left);
  }
  std::size_t kept = 0;
  for (std::int32_t i = 0; i < count; ++i)
    if (s.lengths[at(i)] != 0) s.ids[kept] = s.ids[at(i)], s.lengths[kept++] = s.lengths[at(i)];
  s.ids.resize(kept);
  s.lengths.resize(kept);
}

}  // namespace c2c::tok
