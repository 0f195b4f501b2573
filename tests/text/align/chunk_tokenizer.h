// A tokenizer whose tokens can be counted by hand: ASCII text in chunks of one or two characters, <tags> as one token.
#pragma once
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "c2c/text/tokenizers/tokenizer.h"

namespace c2c::testing {

class ChunkTokenizer : public Tokenizer {
 public:
  static constexpr TokenId kFirstTag = 65536;
  static constexpr TokenId kPad = kFirstTag, kEos = kFirstTag + 1;

  // vocab: ids from there on do not exist.
  explicit ChunkTokenizer(std::size_t chunk, TokenId vocab = kFirstTag + 6) : chunk_(chunk), vocab_(vocab) {
    special_.pad = kPad;
    special_.eos = kEos;
    special_.all = special_.named = {kPad, kEos};
  }

  Encoding encode(std::string_view text, const EncodeOptions& options) const override {
    Encoding out;
    for (std::size_t at = 0; at < text.size();) {
      TokenId id = tag_at(text, at);
      std::size_t size = 0;
      if (id >= 0) {
        size = tags()[static_cast<std::size_t>(id - kFirstTag)].size();
      } else {
        while (size < chunk_ && at + size < text.size() && tag_at(text, at + size) < 0) ++size;
        id = text[at] * 256 + (size > 1 ? text[at + 1] : 0);
      }
      out.ids.push_back(id);
      if (options.offsets) out.offsets.push_back({static_cast<std::int64_t>(at), static_cast<std::int64_t>(at + size)});
      at += size;
    }
    return out;
  }
  std::string decode(const std::vector<TokenId>& ids, bool) const override {
    std::string text;
    for (const TokenId id : ids) text += id_to_token(id);
    return text;
  }
  std::optional<TokenId> token_to_id(std::string_view token) const override {
    const TokenId tag = tag_at(token, 0);
    return tag >= 0 ? std::optional(tag) : std::nullopt;
  }
  std::string id_to_token(TokenId id) const override {
    if (id >= kFirstTag) return tags().at(static_cast<std::size_t>(id - kFirstTag));
    std::string text(1, static_cast<char>(id / 256));
    if (id % 256 != 0) text += static_cast<char>(id % 256);
    return text;
  }
  TokenId vocab_size() const override { return vocab_; }
  const SpecialTokens& special_tokens() const override { return special_; }

 private:
  static const std::array<std::string, 6>& tags() {
    static const std::array<std::string, 6> kTags{"<pad>", "<eos>", "<s>", "<u>", "<a>", "<end>"};
    return kTags;
  }
  static TokenId tag_at(std::string_view text, std::size_t at) {
    for (std::size_t i = 0; i < tags().size(); ++i)
      if (text.substr(at).starts_with(tags()[i])) return kFirstTag + static_cast<TokenId>(i);
    return -1;
  }

  std::size_t chunk_;
  TokenId vocab_;
  SpecialTokens special_;
};

}  // namespace c2c::testing
