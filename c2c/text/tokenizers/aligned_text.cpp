#include "c2c/text/tokenizers/aligned_text.h"

#include <utf8proc.h>

#include <algorithm>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/text/tokenizers/byte_alphabet.h"
#include "c2c/text/tokenizers/char_classes.h"
#include "c2c/text/tokenizers/utf8_walk.h"

namespace c2c::tok {

AlignedText::AlignedText(std::string_view text, const CharSpan* spans) : chars_(to_utf32(text)) {
  spans_.assign(spans, spans + chars_.size());
}

AlignedText::AlignedText(std::string_view text, std::int32_t first) : chars_(to_utf32(text)) {
  spans_.resize(chars_.size());
  for (auto& span : spans_) span = {first, first + 1}, ++first;
}

std::string AlignedText::utf8() const {
  return to_utf8(chars_);
}

void AlignedText::check_size(std::size_t size) const {
  if (size > limit_)
    fail_input({.where = "tokenizer",
                .found = "a normalizer that makes " + std::to_string(size) + " characters",
                .expected = "at most " + std::to_string(limit_) + " for this text"});
}

void AlignedText::transform(const std::vector<Change>& changes, std::size_t skipped) {
  check_size(changes.size());
  std::u32string chars;
  std::vector<CharSpan> spans;
  chars.reserve(changes.size());
  spans.reserve(changes.size());
  const CharSpan origin = spans_.empty() ? CharSpan{0, 0} : CharSpan{spans_[0].begin, spans_[0].begin};
  std::size_t next = skipped;
  for (const auto& [c, change] : changes) {
    // An inserted character shares the origin of the one before it.
    const bool inserted = change > 0;
    const std::size_t from = inserted ? next - 1 : next;
    chars.push_back(c);
    spans.push_back(inserted && next == 0 ? origin : spans_[std::min(from, spans_.size() - 1)]);
    if (!inserted) next += 1 + static_cast<std::size_t>(-change);
  }
  chars_ = std::move(chars);
  spans_ = std::move(spans);
}

void AlignedText::keep_if(const std::function<bool(char32_t)>& keep) {
  std::vector<Change> changes;
  std::size_t skipped = 0;
  for (const char32_t c : chars_) {
    if (keep(c))
      changes.push_back({c, 0});
    else if (changes.empty())
      ++skipped;
    else
      --changes.back().change;
  }
  transform(changes, skipped);
}

void AlignedText::prepend(std::u32string_view text) {
  if (chars_.empty()) return;
  check_size(chars_.size() + text.size());
  chars_.insert(0, text);
  spans_.insert(spans_.begin(), text.size(), CharSpan(spans_[0]));
}

void AlignedText::replace(const std::vector<std::pair<std::size_t, std::size_t>>& ranges, std::u32string_view content) {
  std::u32string chars;
  std::vector<CharSpan> spans;
  std::size_t last = 0;
  const auto copy_until = [&](std::size_t end) {
    chars.append(chars_, last, end - last);
    spans.insert(spans.end(), spans_.begin() + static_cast<std::ptrdiff_t>(last),
                 spans_.begin() + static_cast<std::ptrdiff_t>(end));
  };
  for (const auto& [begin, end] : ranges) {
    copy_until(begin);
    check_size(chars.size() + content.size());
    const CharSpan origin = end > 0 ? spans_[end - 1] : CharSpan{spans_[0].begin, spans_[0].begin};
    chars.append(content);
    spans.insert(spans.end(), content.size(), origin);
    last = end;
  }
  copy_until(chars_.size());
  chars_ = std::move(chars);
  spans_ = std::move(spans);
}

void AlignedText::strip(bool left, bool right) {
  const auto& classes = CharClasses::get();
  std::size_t begin = 0, end = chars_.size();
  while (left && begin < end && classes.is(chars_[begin], kSpace)) ++begin;
  while (right && end > begin && classes.is(chars_[end - 1], kSpace)) --end;
  chars_ = chars_.substr(begin, end - begin);
  spans_ = std::vector<CharSpan>(spans_.begin() + static_cast<std::ptrdiff_t>(begin),
                                 spans_.begin() + static_cast<std::ptrdiff_t>(end));
}

// Character by character as Rust's char::to_lowercase: no context, so a final sigma stays a plain one; the capital I
// with dot above is the only character with two.
void AlignedText::lowercase() {
  std::vector<Change> changes;
  changes.reserve(chars_.size());
  for (const char32_t c : chars_) {
    if (c == 0x130) {
      changes.push_back({U'i', 0});
      changes.push_back({0x307, 1});
    } else {
      changes.push_back({static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))), 0});
    }
  }
  transform(changes);
}

void AlignedText::to_byte_alphabet() {
  std::vector<Change> changes;
  std::string bytes;
  for (const char32_t c : chars_) {
    bytes.clear();
    append_utf8(bytes, c);
    for (std::size_t i = 0; i < bytes.size(); ++i)
      changes.push_back({byte_alphabet()[static_cast<unsigned char>(bytes[i])], i > 0 ? 1 : 0});
  }
  transform(changes);
}

void rewrite_pieces(Document& doc, const std::function<void(AlignedText&)>& rewrite) {
  std::string storage;
  std::vector<CharSpan> spans;
  std::vector<Piece> pieces;
  CharCounter counter(doc.text);
  const std::size_t limit = doc.text.size() * 32 + 65536;
  for (const Piece& piece : doc.pieces) {
    const auto first = counter.starts_before(piece.begin);
    const auto text = doc.piece_text(piece);
    AlignedText aligned = doc.spans.empty() ? AlignedText(text, first) : AlignedText(text, doc.spans.data() + first);
    aligned.set_limit(limit);
    if (piece.token == kNoToken) rewrite(aligned);
    if (aligned.empty()) continue;
    const auto begin = static_cast<std::uint32_t>(storage.size());
    storage += aligned.utf8();
    if (storage.size() > limit * 4 || storage.size() > (std::size_t{1} << 31))
      fail_input({.where = "tokenizer", .found = "a pre-tokenizer that grows its text without bound"});
    spans.insert(spans.end(), aligned.spans().begin(), aligned.spans().end());
    pieces.push_back({begin, static_cast<std::uint32_t>(storage.size()), piece.token});
  }
  doc.storage = std::move(storage);
  doc.text = doc.storage;
  doc.spans = std::move(spans);
  doc.pieces = std::move(pieces);
}

}  // namespace c2c::tok
