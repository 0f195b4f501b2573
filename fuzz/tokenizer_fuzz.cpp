// Hostile vocabularies and hostile texts. The first byte picks the format, the next two say how long the file is; the
// rest is the text. Format 0: tokenizer.json (its own tokenizer_config.json may follow a NUL byte); 1: GGUF.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/io/formats/gguf.h"
#include "c2c/text/tokenizers/tokenizer.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

std::shared_ptr<const c2c::Tokenizer> load(bool gguf, std::string_view file) {
  if (!gguf) {
    const std::size_t split = std::min(file.find('\0'), file.size());
    return c2c::tokenizer_from_json("x", file.substr(0, split), file.substr(std::min(split + 1, file.size())));
  }
  const auto* bytes = reinterpret_cast<const std::byte*>(file.data());
  const auto source = c2c::memory_source("x", std::vector<std::byte>(bytes, bytes + file.size()));
  return c2c::tokenizer_from_gguf("x", c2c::GgufFile::open(source));
}

// Properties that hold for every tokenizer and every text.
void exercise(const std::shared_ptr<const c2c::Tokenizer>& tokenizer, const std::string& text) {
  const auto encoding = tokenizer->encode(text, {.offsets = true});
  require(encoding.offsets.size() == encoding.ids.size());
  const auto length = static_cast<std::int64_t>(c2c::count_code_points(text));
  for (const auto& span : encoding.offsets) require(0 <= span.begin && span.begin <= span.end && span.end <= length);
  require(tokenizer->encode_ids(text) == encoding.ids);
  for (const auto id : encoding.ids) require(0 <= id && id < tokenizer->vocab_size());
  for (const bool skip : {false, true}) {
    c2c::StreamDecoder stream(tokenizer, skip);
    std::string out;
    for (const auto id : encoding.ids) {
      const std::string part = stream.push(id);
      require(c2c::is_valid_utf8(part));
      out += part;
    }
    require(out + stream.flush() == tokenizer->decode(encoding.ids, skip));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 3, size - 3);
  const std::size_t file_size = std::min<std::size_t>(data[1] + 256u * data[2], rest.size());
  const std::string text(rest.substr(file_size));
  try {
    const auto tokenizer = load(data[0] % 2 == 1, rest.substr(0, file_size));
    exercise(tokenizer, c2c::sanitize_utf8(text));
    tokenizer->encode_ids(text);  // throws where it is not UTF-8
  } catch (const c2c::Error& error) {
    if (error.kind() == c2c::ErrorKind::kInternal) throw;
  }
  return 0;
}
