#include "c2c/text/tokenizers/pre_tokenizers.h"

#include <map>

#include "c2c/base/utf8.h"
#include "c2c/text/tokenizers/aligned_text.h"
#include "c2c/text/tokenizers/char_classes.h"
#include "c2c/text/tokenizers/split_pattern.h"
#include "c2c/text/tokenizers/utf8_walk.h"

namespace c2c::tok {
namespace {

using Steps = std::vector<std::shared_ptr<const PreTokenizer>>;

class SplitStep final : public PreTokenizer {
 public:
  SplitStep(SplitPattern pattern, SplitBehavior behavior, bool invert = false)
      : pattern_(std::move(pattern)), behavior_(behavior), invert_(invert) {}

  void apply(Document& doc) const override {
    std::vector<Piece> pieces;
    pieces.reserve(doc.pieces.size() + doc.text.size() / 4);
    std::vector<Stretch> stretches;
    const bool tiles = pattern_.known() && behavior_ == SplitBehavior::kIsolated;
    for (const Piece& piece : doc.pieces) {
      if (piece.token != kNoToken)
        pieces.push_back(piece);
      else if (tiles)
        tile(doc, piece, pieces);
      else
        split(doc, piece, stretches, pieces);
    }
    doc.pieces = std::move(pieces);
  }

 private:
  void tile(const Document& doc, const Piece& piece, std::vector<Piece>& out) const {
    const auto text = doc.piece_text(piece);
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = match_end(*pattern_.known(), text, at);
      out.push_back({piece.begin + static_cast<std::uint32_t>(at), piece.begin + static_cast<std::uint32_t>(end)});
      at = end;
    }
  }
  void split(const Document& doc, const Piece& piece, std::vector<Stretch>& stretches, std::vector<Piece>& out) const {
    pattern_.find(doc.piece_text(piece), stretches);
    if (invert_)
      for (auto& stretch : stretches) stretch.is_match = !stretch.is_match;
    apply_behavior(behavior_, stretches);
    for (const auto& [begin, end, removed] : stretches)
      if (!removed && begin < end)
        out.push_back({piece.begin + static_cast<std::uint32_t>(begin), piece.begin + static_cast<std::uint32_t>(end)});
  }
  SplitPattern pattern_;
  SplitBehavior behavior_;
  bool invert_;
};

// Puts `text` before every piece that does not start with it.
class PrefixStep final : public PreTokenizer {
 public:
  explicit PrefixStep(char32_t c) : c_(c) {}
  void apply(Document& doc) const override {
    rewrite_pieces(doc, [this](AlignedText& text) {
      if (!text.empty() && text.chars()[0] != c_) text.prepend(std::u32string_view(&c_, 1));
    });
  }

 private:
  char32_t c_;
};

class ByteAlphabetStep final : public PreTokenizer {
 public:
  void apply(Document& doc) const override {
    rewrite_pieces(doc, [](AlignedText& text) { text.to_byte_alphabet(); });
  }
  bool only_byte_alphabet() const override { return true; }
};

enum class PrependScheme { kAlways, kFirst, kNever };

class MetaspaceStep final : public PreTokenizer {
 public:
  MetaspaceStep(char32_t replacement, PrependScheme scheme) : c_(replacement), scheme_(scheme) {}
  void apply(Document& doc) const override {
    rewrite_pieces(doc, [this](AlignedText& text) {
      std::vector<std::pair<std::size_t, std::size_t>> spaces;
      for (std::size_t i = 0; i < text.chars().size(); ++i)
        if (text.chars()[i] == U' ') spaces.push_back({i, i + 1});
      text.replace(spaces, std::u32string_view(&c_, 1));
      const bool wanted = scheme_ == PrependScheme::kAlways ||
                          (scheme_ == PrependScheme::kFirst && !text.empty() && text.spans()[0].begin == 0);
      if (wanted && !text.empty() && text.chars()[0] != c_) text.prepend(std::u32string_view(&c_, 1));
    });
  }

 private:
  char32_t c_;
  PrependScheme scheme_;
};

class FixedLengthStep final : public PreTokenizer {
 public:
  explicit FixedLengthStep(std::size_t length) : length_(length) {}
  void apply(Document& doc) const override {
    std::vector<Piece> pieces;
    for (const Piece& piece : doc.pieces) {
      if (piece.token != kNoToken) {
        pieces.push_back(piece);
        continue;
      }
      for (std::uint32_t at = piece.begin; at < piece.end;) {
        const std::uint32_t begin = at;
        for (std::size_t i = 0; i < length_ && at < piece.end; ++i)
          at += static_cast<std::uint32_t>(char_size(doc.text[at]));
        pieces.push_back({begin, at});
      }
    }
    doc.pieces = std::move(pieces);
  }

 private:
  std::size_t length_;
};

SplitBehavior behavior_of(const ConfigPart& part, const std::string& fallback = {}) {
  static const std::map<std::string, SplitBehavior, std::less<>> names = {
      {"Removed", SplitBehavior::kRemoved},
      {"Isolated", SplitBehavior::kIsolated},
      {"MergedWithPrevious", SplitBehavior::kMergedWithPrevious},
      {"MergedWithNext", SplitBehavior::kMergedWithNext},
      {"Contiguous", SplitBehavior::kContiguous}};
  const std::string name = fallback.empty() ? part.text("behavior") : part.text_or("behavior", fallback);
  const auto at = names.find(name);
  if (at == names.end())
    part.fail("behavior", name, "Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous");
  return at->second;
}

template <class... Arguments>
std::shared_ptr<const PreTokenizer> split_step(Arguments&&... arguments) {
  return std::make_shared<SplitStep>(std::forward<Arguments>(arguments)...);
}

Steps make_split(const ConfigPart& part) {
  const ConfigPart pattern = part.child("pattern");
  const auto behavior = behavior_of(part);
  const bool invert = part.flag("invert", false);
  if (pattern.find("String") != nullptr)
    return {split_step(SplitPattern::literal(pattern.text("String")), behavior, invert)};
  if (pattern.find("Regex") != nullptr)
    return {split_step(SplitPattern::regex(part.where + ": " + part.key, pattern.text("Regex")), behavior, invert)};
  pattern.fail("", show(pattern.json), "{\"String\": ...} or {\"Regex\": ...}");
}

Steps make_byte_level(const ConfigPart& part) {
  Steps steps;
  if (part.flag("add_prefix_space", true)) steps.push_back(std::make_shared<PrefixStep>(U' '));
  if (part.flag("use_regex", true))
    steps.push_back(
        split_step(SplitPattern::regex(part.where, regex_of(KnownPattern::kGpt2)), SplitBehavior::kIsolated));
  steps.push_back(std::make_shared<ByteAlphabetStep>());
  return steps;
}

Steps make_metaspace(const ConfigPart& part) {
  static const std::map<std::string, PrependScheme, std::less<>> schemes = {
      {"always", PrependScheme::kAlways}, {"first", PrependScheme::kFirst}, {"never", PrependScheme::kNever}};
  const char32_t replacement = part.character("replacement");
  const std::string name = part.text_or("prepend_scheme", part.flag("add_prefix_space", true) ? "always" : "never");
  const auto scheme = schemes.find(name);
  if (scheme == schemes.end()) part.fail("prepend_scheme", name, "always, first or never");
  if (!part.flag("add_prefix_space", true) && scheme->second != PrependScheme::kNever)
    part.fail("add_prefix_space", "false", "what prepend_scheme says: " + name);
  Steps steps = {std::make_shared<MetaspaceStep>(replacement, scheme->second)};
  if (part.flag("split", true)) {
    std::string text;
    append_utf8(text, replacement);
    steps.push_back(split_step(SplitPattern::literal(text), SplitBehavior::kMergedWithNext));
  }
  return steps;
}

Steps make_fixed_length(const ConfigPart& part) {
  const std::size_t length = part.find("length") == nullptr ? 5 : part.number("length");
  if (length == 0) part.fail("length", "0", "at least 1");
  return {std::make_shared<FixedLengthStep>(length)};
}

Steps make_delimiter(const ConfigPart& part) {
  std::string delimiter;
  append_utf8(delimiter, part.character("delimiter"));
  return {split_step(SplitPattern::literal(delimiter), SplitBehavior::kRemoved)};
}

Steps make_sequence(const ConfigPart& part) {
  Steps steps;
  for (const ConfigPart& element : part.list("pretokenizers"))
    for (auto& step : make_pre_tokenizers(element)) steps.push_back(std::move(step));
  return steps;
}

}  // namespace

Steps make_pre_tokenizers(const ConfigPart& part) {
  const std::string type = part.type();
  if (type == "Sequence") return make_sequence(part);
  if (type == "Split") return make_split(part);
  if (type == "ByteLevel") return make_byte_level(part);
  if (type == "Metaspace") return make_metaspace(part);
  if (type == "FixedLength") return make_fixed_length(part);
  if (type == "CharDelimiterSplit" || type == "Delimiter") return make_delimiter(part);
  if (type == "Whitespace") return {split_step(SplitPattern::words(), SplitBehavior::kRemoved, true)};
  if (type == "WhitespaceSplit") return {split_step(SplitPattern::characters(kSpace), SplitBehavior::kRemoved)};
  if (type == "Punctuation") return {split_step(SplitPattern::characters(kPunctuation), behavior_of(part, "Isolated"))};
  if (type == "Digits")
    return {split_step(SplitPattern::characters(kNumber),
                       part.flag("individual_digits", false) ? SplitBehavior::kIsolated : SplitBehavior::kContiguous)};
  if (type == "BertPreTokenizer")
    return {split_step(SplitPattern::characters(kSpace), SplitBehavior::kRemoved),
            split_step(SplitPattern::characters(kPunctuation), SplitBehavior::kIsolated)};
  part.fail("type", type,
            "Split, ByteLevel, Digits, Whitespace, WhitespaceSplit, Punctuation, Metaspace, CharDelimiterSplit, "
            "BertPreTokenizer, FixedLength or Sequence");
}

}  // namespace c2c::tok
