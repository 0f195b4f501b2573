// The text on its way to tokens: what normalizers and pre-tokenizers made of the input so far, cut into pieces.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "c2c/text/tokenizers/vocabulary.h"

namespace c2c::tok {

// Part of Document::text in bytes. With a token: an added token that was found there, not to be split further.
struct Piece {
  std::uint32_t begin, end;
  TokenId token = kNoToken;
};

// Half-open range of the input in code points (32 bits: inputs are shorter than 2^31 bytes).
struct CharSpan {
  std::int32_t begin, end;
};

struct Document {
  std::string_view text;      // valid UTF-8; the input itself as long as nothing was rewritten
  std::string storage;        // what `text` points into after a rewrite
  std::vector<Piece> pieces;  // ascending, without overlap; text between them was removed
  // The input's code points that each code point of `text` comes from. Empty: the i-th comes from the i-th.
  std::vector<CharSpan> spans;

  std::string_view piece_text(const Piece& piece) const { return text.substr(piece.begin, piece.end - piece.begin); }
};

// Byte positions of a text, asked for in roughly ascending order, as code points.
class CharCounter {
 public:
  explicit CharCounter(std::string_view text) : text_(text) {}
  // Number of characters that start before `position`.
  std::int32_t starts_before(std::size_t position) {
    if (position < at_) at_ = 0, count_ = 0;
    for (; at_ < position; ++at_) count_ += (static_cast<unsigned char>(text_[at_]) & 0xC0) != 0x80;
    return count_;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::int32_t count_ = 0;
};

}  // namespace c2c::tok
