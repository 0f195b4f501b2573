// How a text is cut into words: Split, ByteLevel, Digits, Whitespace, WhitespaceSplit, Punctuation, Metaspace,
// CharDelimiterSplit, BertPreTokenizer, FixedLength, Sequence.
#pragma once
#include <memory>
#include <vector>

#include "c2c/text/tokenizers/config_json.h"
#include "c2c/text/tokenizers/document.h"

namespace c2c::tok {

class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  virtual void apply(Document& doc) const = 0;
  // True for the step that turns bytes into the byte alphabet and does nothing else: it can be left to the model.
  virtual bool only_byte_alphabet() const { return false; }
};

// The steps of a pre-tokenizer, sequences unrolled. Throws kInput for types that are not in the list above.
std::vector<std::shared_ptr<const PreTokenizer>> make_pre_tokenizers(const ConfigPart& part);

}  // namespace c2c::tok
