// Tokens added on top of the model's vocabulary: found in the text before anything else happens to it
// (tokenizers/src/tokenizer/added_vocabulary.rs).
#pragma once
#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "c2c/text/tokenizers/document.h"

namespace c2c::tok {

struct AddedToken {
  std::string content;
  TokenId id = kNoToken;
  bool single_word = false, lstrip = false, rstrip = false;
  bool normalized = true;  // looked for in the normalized text
  bool special = false;
};

// Finds, from left to right, the longest of its patterns.
class TokenTrie {
 public:
  // Throws kInput when a pattern is longer than 4096 bytes (which bounds the work per byte of text).
  void add(std::string_view pattern, std::size_t value);
  bool empty() const { return nodes_.size() == 1; }
  // First position from `from` on where a pattern starts; its length and value. nullopt: none to the end.
  struct Found {
    std::size_t begin, end, value;
  };
  std::optional<Found> find(std::string_view text, std::size_t from) const;

 private:
  struct Node {
    std::vector<std::pair<unsigned char, std::uint32_t>> children;  // sorted by byte
    std::ptrdiff_t value = -1;
  };
  std::uint32_t child(std::uint32_t node, unsigned char byte) const;  // 0 when there is none
  std::vector<Node> nodes_ = std::vector<Node>(1);
  std::array<std::uint32_t, 256> first_{};  // children of the root
};

class AddedTokens {
 public:
  using Normalize = std::function<std::string(std::string_view)>;
  // `normalize` gives the pattern of a normalized token.
  AddedTokens(std::vector<AddedToken> tokens, const Normalize& normalize);

  const std::vector<AddedToken>& tokens() const { return tokens_; }
  const AddedToken* find(std::string_view content) const;
  const AddedToken* find(TokenId id) const;

  // Cuts the pieces of `doc` that are not tokens at the tokens that are (or are not) to be found after normalization.
  void split(Document& doc, bool normalized) const;

 private:
  void split_piece(const TokenTrie& trie, std::string_view text, std::uint32_t base, std::vector<Piece>& out) const;
  std::vector<AddedToken> tokens_;
  std::vector<std::uint32_t> by_content_, by_id_;  // indices into tokens_, sorted
  TokenTrie raw_, normalized_;
};

}  // namespace c2c::tok
