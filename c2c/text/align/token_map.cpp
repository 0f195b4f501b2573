#include "c2c/text/align/token_map.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "c2c/base/utf8.h"

namespace c2c {
namespace {

constexpr std::array<std::pair<std::string_view, AlignStrategy>, 4> kStrategies{{
    {"off", AlignStrategy::kOff},
    {"first", AlignStrategy::kFirst},
    {"longest", AlignStrategy::kLongest},
    {"span", AlignStrategy::kSpan},
}};

}  // namespace

AlignStrategy parse_align_strategy(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  for (const auto& [name, strategy] : kStrategies)
    if (lower == name) return strategy;
  fail_usage({.where = "alignment", .found = std::string(text), .expected = "off, first, longest or span"});
}

std::string_view to_string(AlignStrategy strategy) {
  for (const auto& [name, known] : kStrategies)
    if (known == strategy) return name;
  return {};
}

std::optional<TokenId> padding_id(const Tokenizer& tokenizer) {
  const SpecialTokens& special = tokenizer.special_tokens();
  return special.pad ? special.pad : special.eos;
}

TokenMap::TokenMap(std::shared_ptr<const Tokenizer> receiver, std::shared_ptr<const Tokenizer> sharer,
                   AlignStrategy strategy)
    : receiver_(std::move(receiver)), sharer_(std::move(sharer)), strategy_(strategy) {
  C2C_CHECK(strategy == AlignStrategy::kFirst || strategy == AlignStrategy::kLongest, "a token map picks one token");
}

TokenId TokenMap::map_special(TokenId id, const std::string& text) const {
  const SpecialTokens &mine = receiver_->special_tokens(), &theirs = sharer_->special_tokens();
  // By role. Where two roles share an id the later one counts, as in the reference's dict.
  std::optional<TokenId> target;
  const auto role = [&](std::optional<TokenId> from, std::optional<TokenId> to) {
    if (from == id) target = to;
  };
  role(padding_id(*receiver_), padding_id(*sharer_));
  role(mine.eos, theirs.eos);
  role(mine.bos, theirs.bos);
  role(mine.unk, theirs.unk);
  if (target) return *target;
  const auto named = sharer_->token_to_id(text);
  return named ? *named : theirs.unk.value_or(0);
}

std::vector<TokenId> TokenMap::candidates(TokenId receiver_id) const {
  const std::string text = receiver_->decode({receiver_id});
  const std::vector<TokenId>& special = receiver_->special_tokens().named;
  if (std::binary_search(special.begin(), special.end(), receiver_id)) return {map_special(receiver_id, text)};
  std::vector<TokenId> ids = sharer_->encode_ids(text, false);
  if (ids.empty()) ids.push_back(sharer_->special_tokens().unk.value_or(0));
  return ids;
}

TokenId TokenMap::choose(const std::vector<TokenId>& candidates) const {
  TokenId best = candidates.front();
  if (strategy_ == AlignStrategy::kFirst || candidates.size() == 1) return best;
  std::size_t longest = 0;
  for (const TokenId id : candidates) {
    const std::size_t length = count_code_points(sharer_->decode({id}));
    if (length > longest) {
      longest = length;
      best = id;
    }
  }
  return best;
}

std::vector<TokenId> TokenMap::map(const std::vector<TokenId>& receiver_ids) const {
  std::vector<TokenId> ids;
  ids.reserve(receiver_ids.size());
  for (const TokenId id : receiver_ids) ids.push_back((*this)(id));
  return ids;
}

}  // namespace c2c
