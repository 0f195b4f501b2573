#include "c2c/text/tokenizers/cut_table.h"

#include <array>

#include "c2c/text/tokenizers/hashing.h"
#include "c2c/text/tokenizers/utf8_walk.h"

namespace c2c::tok {
namespace {

constexpr std::size_t kBits = std::size_t{1} << 21;

bool is_single_char(std::string_view text) {
  return !text.empty() && text.size() == char_size(text[0]);
}

}  // namespace

CharTokens::CharTokens(const Vocabulary& vocabulary) {
  std::vector<std::pair<char32_t, TokenId>> singles;
  for (TokenId id = 0; id < vocabulary.end(); ++id) {
    const auto text = vocabulary.text(id);
    if (!is_single_char(text) || vocabulary.find(text) != id) continue;
    const char32_t c = char_at(text, 0);
    if (c < 128)
      ascii_[c] = id;
    else
      singles.push_back({c, id});
  }
  slots_.resize(table_size(singles.size()));
  for (const auto& [c, id] : singles) {
    std::size_t at = mix(c) & (slots_.size() - 1);
    while (slots_[at].c != 0) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = {c, id};
  }
}

std::size_t CutTable::bit_of(TokenId left, TokenId right) {
  const auto wide =
      static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 | static_cast<std::uint32_t>(right);
  return wide * 0x9E3779B97F4A7C15ull >> 43;
}

void CutTable::mark(TokenId left, TokenId right) {
  if (left == kNoToken || right == kNoToken) return;
  const std::size_t bit = bit_of(left, right);
  bits_[bit / 64] |= std::uint64_t{1} << (bit % 64);
}

void CutTable::build(const Vocabulary& vocabulary, const CharTokens& chars,
                     const std::vector<std::pair<TokenId, TokenId>>& merges, const std::vector<bool>& atoms) {
  bits_.assign(kBits / 64, 0);
  const auto atom = [&](TokenId id) { return atoms[static_cast<std::size_t>(id)] ? id : kNoToken; };
  for (const auto& [left, right] : merges) {
    const auto left_text = vocabulary.text(left), right_text = vocabulary.text(right);
    if (left_text.empty() || right_text.empty()) continue;
    const std::array lasts{chars.find(char_at(left_text, previous_char(left_text, left_text.size()))), atom(left)};
    const std::array firsts{chars.find(char_at(right_text, 0)), atom(right)};
    for (const TokenId last : lasts)
      for (const TokenId first : firsts) mark(last, first);
  }
  ascii_.assign(128 * 128, 0);
  for (char32_t a = 0; a < 128; ++a)
    for (char32_t b = 0; b < 128; ++b) {
      const TokenId left = chars.find(a), right = chars.find(b);
      ascii_[a * 128 + b] = left != kNoToken && right != kNoToken && !joined(left, right);
    }
}

std::size_t CutTable::next_cut(std::string_view text, std::size_t begin, const CharTokens& chars) const {
  const char* p = text.data() + begin;
  const char* const end = text.data() + text.size();
  char32_t previous = next_char(p);
  TokenId left = chars.find(previous);
  while (p < end) {
    const char* const here = p;
    const char32_t c = next_char(p);
    if ((c | previous) < 128) {
      if (ascii_[previous * 128 + c] != 0) return static_cast<std::size_t>(here - text.data());
      left = kNoToken;  // looked up when it is needed
    } else {
      if (left == kNoToken) left = chars.find(previous);
      const TokenId right = chars.find(c);
      if (left != kNoToken && right != kNoToken && !joined(left, right))
        return static_cast<std::size_t>(here - text.data());
      left = right;
    }
    previous = c;
  }
  return text.size();
}

}  // namespace c2c::tok
