#include "c2c/text/tokenizers/added_tokens.h"

#include <algorithm>
#include <numeric>

#include "c2c/base/error.h"
#include "c2c/text/tokenizers/char_classes.h"
#include "c2c/text/tokenizers/utf8_walk.h"

namespace c2c::tok {
namespace {

constexpr std::size_t kLongestToken = 4096;

bool class_before(std::string_view text, std::size_t position, std::uint8_t classes) {
  return position > 0 && CharClasses::get().is(char_at(text, previous_char(text, position)), classes);
}
bool class_after(std::string_view text, std::size_t position, std::uint8_t classes) {
  return position < text.size() && CharClasses::get().is(char_at(text, position), classes);
}

}  // namespace

std::uint32_t TokenTrie::child(std::uint32_t node, unsigned char byte) const {
  const auto& children = nodes_[node].children;
  const auto at = std::lower_bound(children.begin(), children.end(), byte,
                                   [](const auto& entry, unsigned char b) { return entry.first < b; });
  return at != children.end() && at->first == byte ? at->second : 0;
}

void TokenTrie::add(std::string_view pattern, std::size_t value) {
  if (pattern.empty()) return;
  if (pattern.size() > kLongestToken)
    fail_input({.where = "tokenizer",
                .key = "added_tokens",
                .found = "a token of " + std::to_string(pattern.size()) + " bytes",
                .expected = "at most 4096"});
  std::uint32_t node = 0;
  for (const char c : pattern) {
    const auto byte = static_cast<unsigned char>(c);
    std::uint32_t next = child(node, byte);
    if (next == 0) {
      next = static_cast<std::uint32_t>(nodes_.size());
      nodes_.emplace_back();
      auto& children = nodes_[node].children;
      children.insert(std::upper_bound(children.begin(), children.end(), std::pair{byte, next}), {byte, next});
      if (node == 0) first_[byte] = next;
    }
    node = next;
  }
  if (nodes_[node].value < 0) nodes_[node].value = static_cast<std::ptrdiff_t>(value);
}

std::optional<TokenTrie::Found> TokenTrie::find(std::string_view text, std::size_t from) const {
  for (; from < text.size(); ++from) {
    std::uint32_t node = first_[static_cast<unsigned char>(text[from])];
    if (node == 0) continue;
    std::optional<Found> best;
    for (std::size_t i = from + 1;; ++i) {
      if (nodes_[node].value >= 0) best = Found{from, i, static_cast<std::size_t>(nodes_[node].value)};
      if (i >= text.size() || (node = child(node, static_cast<unsigned char>(text[i]))) == 0) break;
    }
    if (best) return best;
  }
  return std::nullopt;
}

AddedTokens::AddedTokens(std::vector<AddedToken> tokens, const Normalize& normalize) : tokens_(std::move(tokens)) {
  by_content_.resize(tokens_.size());
  std::iota(by_content_.begin(), by_content_.end(), 0u);
  by_id_ = by_content_;
  std::sort(by_content_.begin(), by_content_.end(),
            [this](auto a, auto b) { return tokens_[a].content < tokens_[b].content; });
  std::stable_sort(by_id_.begin(), by_id_.end(), [this](auto a, auto b) { return tokens_[a].id < tokens_[b].id; });
  // Special tokens first: of two equal patterns the first one counts.
  for (const bool special : {true, false})
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (tokens_[i].special != special) continue;
      if (tokens_[i].normalized)
        normalized_.add(normalize(tokens_[i].content), i);
      else
        raw_.add(tokens_[i].content, i);
    }
}

const AddedToken* AddedTokens::find(std::string_view content) const {
  const auto at = std::lower_bound(by_content_.begin(), by_content_.end(), content,
                                   [this](auto i, std::string_view wanted) { return tokens_[i].content < wanted; });
  return at != by_content_.end() && tokens_[*at].content == content ? &tokens_[*at] : nullptr;
}

const AddedToken* AddedTokens::find(TokenId id) const {
  const auto at = std::lower_bound(by_id_.begin(), by_id_.end(), id,
                                   [this](auto i, TokenId wanted) { return tokens_[i].id < wanted; });
  return at != by_id_.end() && tokens_[*at].id == id ? &tokens_[*at] : nullptr;
}

void AddedTokens::split_piece(const TokenTrie& trie, std::string_view text, std::uint32_t base,
                              std::vector<Piece>& out) const {
  const auto emit = [&](std::size_t begin, std::size_t end, TokenId token) {
    if (begin < end)
      out.push_back({base + static_cast<std::uint32_t>(begin), base + static_cast<std::uint32_t>(end), token});
  };
  std::size_t done = 0, from = 0;
  while (const auto found = trie.find(text, from)) {
    from = found->end;
    const AddedToken& token = tokens_[found->value];
    auto [begin, end] = std::pair{std::max(found->begin, done), found->end};
    if (token.single_word && (class_before(text, begin, kWord) || class_after(text, end, kWord))) continue;
    if (token.lstrip)
      while (begin > done && class_before(text, begin, kSpace)) begin = previous_char(text, begin);
    if (token.rstrip)
      while (class_after(text, end, kSpace)) end += char_size(text[end]);
    emit(done, begin, kNoToken);
    emit(begin, end, token.id);
    done = std::max(done, end);
  }
  emit(done, text.size(), kNoToken);
}

void AddedTokens::split(Document& doc, bool normalized) const {
  const TokenTrie& trie = normalized ? normalized_ : raw_;
  if (trie.empty()) return;
  std::vector<Piece> pieces;
  for (const Piece& piece : doc.pieces) {
    if (piece.token == kNoToken)
      split_piece(trie, doc.piece_text(piece), piece.begin, pieces);
    else
      pieces.push_back(piece);
  }
  doc.pieces = std::move(pieces);
}

}  // namespace c2c::tok
