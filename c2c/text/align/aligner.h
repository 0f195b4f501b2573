// The reference's TokenAligner for one receiver and one sharer (rosetta/model/aligner.py): texts and conversations in
// tokens of both models, the same number of them. Throws AlignmentError where the reference raises.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "c2c/text/align/content_spans.h"
#include "c2c/text/align/token_map.h"

namespace c2c {

// align_sequence: the receiver's tokens of a text and what stands for each.
struct AlignedText {
  std::vector<TokenId> receiver_ids, sharer_ids;
  std::vector<std::vector<TokenId>> candidates;  // per receiver token
  std::vector<TokenId> sharer_own_ids;           // the sharer's own tokens of the text
  double one_to_one_rate = 0;                    // share of tokens with one candidate
};

struct AlignedSection {
  bool is_message = false;  // else template text
  std::size_t begin = 0, end = 0;
};

// align_chat_messages. All vectors have one entry per column; a column is padded on at most one side.
struct AlignedChat {
  std::vector<TokenId> receiver_ids, sharer_ids;
  std::vector<bool> message_mask;                      // inside a message's content
  std::vector<bool> receiver_padding, sharer_padding;  // true: a pad was put in
  std::vector<AlignedSection> sections;
  std::string receiver_text, sharer_text;
};

class Aligner {
 public:
  // strategy: kFirst or kLongest; throws kUsage for another.
  Aligner(AlignModel receiver, AlignModel sharer, AlignStrategy strategy);

  AlignedText align_text(const std::string& text, bool add_special_tokens = true) const;
  AlignedChat align_chat(const Messages& messages, const AlignOptions& options) const;
  const TokenMap& token_map() const { return map_; }

 private:
  AlignModel receiver_, sharer_;
  TokenMap map_;
};

}  // namespace c2c
