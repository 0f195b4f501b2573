// One receiver token to one sharer token (reference: rosetta/model/aligner.py, align_tokens).
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "c2c/base/error.h"
#include "c2c/text/tokenizers/tokenizer.h"

namespace c2c {

enum class AlignStrategy {
  kOff,      // the sharer reads the receiver's ids
  kFirst,    // a receiver token becomes the first of the sharer tokens of its text
  kLongest,  // ... the longest of them
  kSpan,     // the sharer reads its own rendering; tokens meet by the characters they cover
};
// off, first, longest, span (any case); throws kUsage.
AlignStrategy parse_align_strategy(std::string_view text);
std::string_view to_string(AlignStrategy strategy);

// The two renderings of a conversation cannot be aligned. Callers may go on unaligned.
class AlignmentError : public Error {
 public:
  using Error::Error;
};

class TokenMap {
 public:
  // strategy: kFirst or kLongest.
  TokenMap(std::shared_ptr<const Tokenizer> receiver, std::shared_ptr<const Tokenizer> sharer, AlignStrategy strategy);

  // All sharer tokens that stand for a receiver token, at least one.
  std::vector<TokenId> candidates(TokenId receiver_id) const;
  TokenId choose(const std::vector<TokenId>& candidates) const;
  TokenId operator()(TokenId receiver_id) const { return choose(candidates(receiver_id)); }
  std::vector<TokenId> map(const std::vector<TokenId>& receiver_ids) const;

 private:
  TokenId map_special(TokenId id, const std::string& text) const;

  std::shared_ptr<const Tokenizer> receiver_, sharer_;
  AlignStrategy strategy_;
};

// The id that pads: pad, else eos, else nothing.
std::optional<TokenId> padding_id(const Tokenizer& tokenizer);

}  // namespace c2c
