#include "c2c/text/tokenizers/gguf_text.h"

#include "c2c/io/formats/gguf.h"
#include "c2c/io/formats/source.h"

namespace c2c {

GgufText load_gguf_text(const std::filesystem::path& path) {
  const GgufFile file = GgufFile::open(map_file(path));
  GgufText text;
  text.tokenizer = tokenizer_from_gguf(path.string(), file);
  if (const std::string* source = file.find_string("tokenizer.chat_template")) text.chat_template = *source;
  return text;
}

}  // namespace c2c
