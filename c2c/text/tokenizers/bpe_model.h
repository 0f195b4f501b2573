// Byte pair encoding as Hugging Face's BPE model does it (tokenizers/src/models/bpe): lowest rank first, leftmost of
// equal ranks. Words are merged in a flat array, long ones with a heap, so that a line of a megabyte stays n log n.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "c2c/text/tokenizers/cut_table.h"
#include "c2c/text/tokenizers/merge_table.h"
#include "c2c/text/tokenizers/vocabulary.h"
#include "c2c/text/tokenizers/word_cache.h"

namespace c2c::tok {

struct BpeConfig {
  std::string unk_token;       // empty: unknown characters vanish
  std::string prefix, suffix;  // continuing_subword_prefix, end_of_word_suffix
  bool fuse_unk = false, byte_fallback = false, ignore_merges = false;
};

// Working memory of one running encode().
struct BpeScratch {
  WordCache cache;
  std::vector<TokenId> ids;
  std::vector<std::uint32_t> lengths, ranks;
  std::vector<TokenId> merged;
  std::vector<std::int32_t> previous, next;
  std::vector<std::uint64_t> heap;
  std::vector<SubToken> word;
  std::string text;
};

class BpeModel {
 public:
  // `merges` in order of rank. With `raw_bytes` words come as plain UTF-8 and the byte alphabet is applied in here;
  // only where every byte has its token (can_take_bytes).
  BpeModel(Vocabulary vocabulary, const std::vector<std::pair<TokenId, TokenId>>& merges, BpeConfig config,
           const std::string& where);

  bool can_take_bytes() const;
  void take_raw_bytes();

  // Appends the tokens of `piece` (valid UTF-8). Their lengths are bytes of the piece, from its start on; without an
  // unknown token they may end before it does, as in Hugging Face's.
  void encode(std::string_view piece, BpeScratch& scratch, std::vector<SubToken>& out) const;
  const Vocabulary& vocabulary() const { return vocabulary_; }

 private:
  void encode_word(std::string_view word, BpeScratch& scratch, std::vector<SubToken>& out) const;
  void start_symbols(std::string_view word, BpeScratch& scratch) const;
  bool append_fallback(std::string_view symbol, BpeScratch& scratch) const;
  void merge_short(BpeScratch& scratch) const;
  void merge_long(BpeScratch& scratch) const;
  TokenId whole_word(std::string_view word, BpeScratch& scratch) const;

  Vocabulary vocabulary_;
  MergeTable merges_;
  BpeConfig config_;
  CharTokens chars_;
  CutTable cuts_;
  TokenId unk_ = kNoToken;
  std::array<TokenId, 256> fallback_{};  // <0x00> to <0xFF>
  std::array<TokenId, 256> bytes_{};     // of the byte alphabet
  bool raw_bytes_ = false;
};

}  // namespace c2c::tok
