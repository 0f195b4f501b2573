// What is added around the tokens of a text (<bos> and friends), and offsets without the spaces of a token:
// TemplateProcessing, ByteLevel, BertProcessing, RobertaProcessing, Sequence.
#pragma once
#include <memory>
#include <string_view>
#include <vector>

#include "c2c/text/tokenizers/config_json.h"
#include "c2c/text/tokenizers/tokenizer.h"

namespace c2c::tok {

// An encoding on its way out. `spaces` is filled where some step trims offsets.
struct Draft {
  Encoding encoding;
  bool offsets = false;  // asked for
  struct Spaces {
    std::int64_t leading = 0, trailing = 0;
  };
  std::vector<Spaces> spaces;
};

Draft::Spaces spaces_around(std::string_view token);  // white space and the byte alphabet's space

class PostProcessor {
 public:
  virtual ~PostProcessor() = default;
  virtual void apply(Draft& draft, bool add_special_tokens) const = 0;
  virtual bool trims_offsets() const { return false; }
};

// The steps of a post-processor, sequences unrolled. Throws kInput for types that are not in the list above.
std::vector<std::shared_ptr<const PostProcessor>> make_post_processors(const ConfigPart& part);

}  // namespace c2c::tok
