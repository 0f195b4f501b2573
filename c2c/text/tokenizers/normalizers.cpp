#include "c2c/text/tokenizers/normalizers.h"

#include <algorithm>
#include <map>

#include "c2c/base/utf8.h"
#include "c2c/text/tokenizers/char_classes.h"
#include "c2c/text/tokenizers/split_pattern.h"
#include "c2c/text/tokenizers/unicode_forms.h"
#include "c2c/text/tokenizers/utf8_walk.h"

namespace c2c::tok {
namespace {

class FormNormalizer final : public Normalizer {
 public:
  explicit FormNormalizer(UnicodeForm form) : form_(form) {}
  void apply(AlignedText& text) const override { to_form(form_, text); }
  bool keeps(std::string_view text) const override { return is_in_form(form_, text); }

 private:
  UnicodeForm form_;
};

class LowercaseNormalizer final : public Normalizer {
 public:
  void apply(AlignedText& text) const override { text.lowercase(); }
  bool keeps(std::string_view text) const override {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80 && (c < 'A' || c > 'Z'); });
  }
};

class PrependNormalizer final : public Normalizer {
 public:
  explicit PrependNormalizer(std::string_view text) : text_(to_utf32(text)) {}
  void apply(AlignedText& text) const override { text.prepend(text_); }
  bool keeps(std::string_view text) const override { return text.empty() || text_.empty(); }

 private:
  std::u32string text_;
};

class StripNormalizer final : public Normalizer {
 public:
  StripNormalizer(bool left, bool right) : left_(left), right_(right) {}
  void apply(AlignedText& text) const override { text.strip(left_, right_); }
  bool keeps(std::string_view text) const override { return text.empty(); }

 private:
  bool left_, right_;
};

class StripAccentsNormalizer final : public Normalizer {
 public:
  void apply(AlignedText& text) const override {
    text.keep_if([&classes = CharClasses::get()](char32_t c) { return !classes.is(c, kMark); });
  }
  bool keeps(std::string_view text) const override { return ascii_prefix(text) == text.size(); }
};

class ByteLevelNormalizer final : public Normalizer {
 public:
  void apply(AlignedText& text) const override { text.to_byte_alphabet(); }
  bool keeps(std::string_view text) const override { return text.empty(); }
};

class ReplaceNormalizer final : public Normalizer {
 public:
  ReplaceNormalizer(const std::string& where, const Json& pattern, std::string content)
      : literal_(pattern.contains("String") ? pattern["String"].get<std::string>() : ""),
        pattern_(pattern.contains("String") ? SplitPattern::literal(literal_)
                                            : SplitPattern::regex(where, pattern["Regex"].get<std::string>(), false)),
        content_(std::move(content)),
        chars_(to_utf32(content_)),
        one_to_one_(count_chars(literal_) == 1 && chars_.size() == 1) {}

  void apply(AlignedText& text) const override {
    const std::string bytes = text.utf8();
    std::vector<Stretch> stretches;
    pattern_.find(bytes, stretches);
    CharCounter counter(bytes);
    std::vector<std::pair<std::size_t, std::size_t>> ranges;
    for (const auto& stretch : stretches)
      if (stretch.is_match) {
        const auto begin = static_cast<std::size_t>(counter.starts_before(stretch.begin));
        ranges.push_back({begin, static_cast<std::size_t>(counter.starts_before(stretch.end))});
      }
    if (!ranges.empty() && !text.empty()) text.replace(ranges, chars_);
  }
  bool keeps(std::string_view text) const override { return !literal_.empty() && text.find(literal_) == text.npos; }
  bool map_characters(std::string_view text, std::string& out) const override {
    if (!one_to_one_) return false;
    for (std::size_t at = 0;;) {
      const std::size_t next = std::min(text.find(literal_, at), text.size());
      out.append(text, at, next - at);
      if (next == text.size()) return true;
      out += content_;
      at = next + literal_.size();
    }
  }

 private:
  std::string literal_;
  SplitPattern pattern_;
  std::string content_;
  std::u32string chars_;
  bool one_to_one_;
};

class SequenceNormalizer final : public Normalizer {
 public:
  explicit SequenceNormalizer(std::vector<std::shared_ptr<const Normalizer>> parts) : parts_(std::move(parts)) {}
  void apply(AlignedText& text) const override {
    for (const auto& part : parts_) part->apply(text);
  }
  bool keeps(std::string_view text) const override {
    return std::all_of(parts_.begin(), parts_.end(), [&](const auto& part) { return part->keeps(text); });
  }
  bool map_characters(std::string_view text, std::string& out) const override {
    return parts_.size() == 1 && parts_[0]->map_characters(text, out);
  }

 private:
  std::vector<std::shared_ptr<const Normalizer>> parts_;
};

std::shared_ptr<const Normalizer> make_replace(const ConfigPart& part) {
  const ConfigPart pattern = part.child("pattern");
  for (const char* kind : {"String", "Regex"})
    if (pattern.find(kind) != nullptr) {
      pattern.text(kind);
      return std::make_shared<ReplaceNormalizer>(part.where + ": " + part.key, pattern.json, part.text("content"));
    }
  pattern.fail("", show(pattern.json), "{\"String\": ...} or {\"Regex\": ...}");
}

}  // namespace

std::shared_ptr<const Normalizer> make_normalizer(const ConfigPart& part) {
  static const std::map<std::string, UnicodeForm, std::less<>> forms = {{"NFC", UnicodeForm::kNfc},
                                                                        {"NFD", UnicodeForm::kNfd},
                                                                        {"NFKC", UnicodeForm::kNfkc},
                                                                        {"NFKD", UnicodeForm::kNfkd}};
  const std::string type = part.type();
  if (const auto form = forms.find(type); form != forms.end()) return std::make_shared<FormNormalizer>(form->second);
  if (type == "Lowercase") return std::make_shared<LowercaseNormalizer>();
  if (type == "Prepend") return std::make_shared<PrependNormalizer>(part.text("prepend"));
  if (type == "Strip")
    return std::make_shared<StripNormalizer>(part.flag("strip_left", true), part.flag("strip_right", true));
  if (type == "StripAccents") return std::make_shared<StripAccentsNormalizer>();
  if (type == "ByteLevel") return std::make_shared<ByteLevelNormalizer>();
  if (type == "Replace") return make_replace(part);
  if (type == "Sequence") {
    std::vector<std::shared_ptr<const Normalizer>> parts;
    for (const ConfigPart& element : part.list("normalizers")) parts.push_back(make_normalizer(element));
    return std::make_shared<SequenceNormalizer>(std::move(parts));
  }
  part.fail("type", type,
            "NFC, NFD, NFKC, NFKD, Lowercase, Prepend, Replace, Strip, StripAccents, ByteLevel or Sequence");
}

void normalize_pieces(const Normalizer& normalizer, Document& doc) {
  const auto kept = [&](const Piece& piece) {
    return piece.token != kNoToken || normalizer.keeps(doc.piece_text(piece));
  };
  if (std::all_of(doc.pieces.begin(), doc.pieces.end(), kept)) return;
  // Pieces tile the input here, so a result made of one character for each still counts like the input.
  std::string storage;
  std::vector<Piece> pieces = doc.pieces;
  bool mapped = doc.spans.empty();
  for (Piece& piece : pieces) {
    const auto begin = static_cast<std::uint32_t>(storage.size());
    if (piece.token != kNoToken)
      storage += doc.piece_text(piece);
    else if (!(mapped = mapped && normalizer.map_characters(doc.piece_text(piece), storage)))
      break;
    piece = {begin, static_cast<std::uint32_t>(storage.size()), piece.token};
  }
  if (!mapped) return rewrite_pieces(doc, [&](AlignedText& text) { normalizer.apply(text); });
  doc.storage = std::move(storage);
  doc.text = doc.storage;
  doc.pieces = std::move(pieces);
}

std::string normalized(const Normalizer* normalizer, std::string_view text) {
  if (normalizer == nullptr) return std::string(text);
  AlignedText aligned(text, 0);
  aligned.set_limit(text.size() * 32 + 65536);
  normalizer->apply(aligned);
  return aligned.utf8();
}

}  // namespace c2c::tok
