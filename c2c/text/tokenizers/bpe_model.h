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
  std::array<WordCache, 2> caches;  // by BpeModel::Input
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
  // What a piece is made of: characters of the vocabulary, or plain UTF-8 whose bytes stand for characters of the byte
  // alphabet (which is then never written out).
  enum class Input { kText, kBytes };

  // `merges` in order of rank.
  BpeModel(Vocabulary vocabulary, const std::vector<std::pair<TokenId, TokenId>>& merges, BpeConfig config,
           const std::string& where);

  // May `text` be encoded as kBytes? Only where each of its bytes has a token.
  bool takes_bytes(std::string_view text) const;
  // Appends the tokens of `piece` (valid UTF-8). Their lengths are bytes of the piece, from its start on; without an
  // unknown token they may end before it does, as in Hugging Face's.
  void encode(std::string_view piece, Input input, BpeScratch& scratch, std::vector<SubToken>& out) const;
  const Vocabulary& vocabulary() const { return vocabulary_; }

 private:
  void encode_word(std::string_view word, Input input, BpeScratch& scratch, std::vector<SubToken>& out) const;
  void start_bytes(std::string_view word, BpeScratch& scratch) const;
  void start_symbols(std::string_view word, BpeScratch& scratch) const;
  bool append_fallback(std::string_view symbol, BpeScratch& scratch) const;
  void merge_short(BpeScratch& scratch) const;
  void merge_long(BpeScratch& scratch) const;
  TokenId whole_word(std::string_view word, Input input, BpeScratch& scratch) const;

  Vocabulary vocabulary_;
  MergeTable merges_;
  BpeConfig config_;
  CharTokens chars_;
  CutTable cuts_;
  TokenId unk_ = kNoToken;
  std::array<TokenId, 256> fallback_{};  // <0x00> to <0xFF>
  std::array<TokenId, 256> bytes_{};     // of the byte alphabet
  bool all_bytes_ = false;               // every byte that UTF-8 can hold has a token
};

}  // namespace c2c::tok
