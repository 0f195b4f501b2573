// What happens to a text before it is split: NFC, NFD, NFKC, NFKD, Lowercase, Prepend, Replace, Strip, StripAccents,
// ByteLevel, Sequence. Each keeps track of where its characters come from.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "c2c/text/tokenizers/aligned_text.h"
#include "c2c/text/tokenizers/config_json.h"

namespace c2c::tok {

class Normalizer {
 public:
  virtual ~Normalizer() = default;
  virtual void apply(AlignedText& text) const = 0;
  // True when `text` is certainly left as it is (false: maybe not); cheap.
  virtual bool keeps(std::string_view text) const = 0;
  // Where every character becomes exactly one: appends the result to `out`, no origins needed. False: it does not.
  virtual bool map_characters(std::string_view, std::string&) const { return false; }
};

// Throws kInput for types that are not in the list above.
std::shared_ptr<const Normalizer> make_normalizer(const ConfigPart& part);
// Normalizes every piece of `doc` that is not a token.
void normalize_pieces(const Normalizer& normalizer, Document& doc);
std::string normalized(const Normalizer* normalizer, std::string_view text);

}  // namespace c2c::tok
