// Characters with the input's characters they come from, and the rewriting operations of Hugging Face's
// NormalizedString (tokenizers/src/tokenizer/normalizer.rs): the same characters get the same origins.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "c2c/text/tokenizers/document.h"

namespace c2c::tok {

class AlignedText {
 public:
  AlignedText() = default;
  // `text` (valid UTF-8) whose i-th character comes from spans[i].
  AlignedText(std::string_view text, const CharSpan* spans);
  // `text` standing for itself, from character `first` of the input on.
  AlignedText(std::string_view text, std::int32_t first);

  const std::u32string& chars() const { return chars_; }
  const std::vector<CharSpan>& spans() const { return spans_; }
  bool empty() const { return chars_.empty(); }
  std::string utf8() const;

  // How a new character relates to the old ones: 0 replaces the next one, 1 is inserted, -n replaces the next one and
  // removes n more.
  struct Change {
    char32_t c;
    int change;
  };
  // Old characters are consumed from `skipped` on.
  void transform(const std::vector<Change>& changes, std::size_t skipped = 0);
  void keep_if(const std::function<bool(char32_t)>& keep);
  void prepend(std::u32string_view text);
  // Every range [first, second) of characters becomes `content`. Ascending, without overlap.
  void replace(const std::vector<std::pair<std::size_t, std::size_t>>& ranges, std::u32string_view content);
  void strip(bool left, bool right);
  void lowercase();
  void to_byte_alphabet();

  // A rewrite may not grow a text beyond this many characters: a hostile normalizer ends in an error.
  void set_limit(std::size_t limit) { limit_ = limit; }

 private:
  void check_size(std::size_t size) const;
  std::u32string chars_;
  std::vector<CharSpan> spans_;
  std::size_t limit_ = std::size_t{1} << 31;
};

// Rewrites the pieces that are not tokens with `rewrite` and lays the results side by side in doc.storage. Pieces that
// become empty vanish.
void rewrite_pieces(Document& doc, const std::function<void(AlignedText&)>& rewrite);

}  // namespace c2c::tok
