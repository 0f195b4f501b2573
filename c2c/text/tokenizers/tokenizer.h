// Strings to ids and back, as Hugging Face's tokenizers does it. A Tokenizer is const after loading and may be used
// from many threads at once.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace c2c {

class GgufFile;
using TokenId = std::int32_t;

// Half-open range of the input text in Unicode code points (what Hugging Face calls offsets).
struct TextSpan {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  bool operator==(const TextSpan&) const = default;
};

struct Encoding {
  std::vector<TokenId> ids;
  std::vector<TextSpan> offsets;  // as long as ids when asked for, else empty
};

struct EncodeOptions {
  bool add_special_tokens = true;  // run the post-processor (<bos> and friends)
  bool offsets = false;
};

struct SpecialTokens {
  std::optional<TokenId> bos, eos, pad, unk;
  std::vector<TokenId> all;    // ids of every added token marked special, ascending
  std::vector<TokenId> named;  // those with a role in tokenizer_config.json (transformers' all_special_ids), ascending
};

// Text of a growing list of ids. What comes out never changes with later ids; all of it together is decode() of them.
class TokenStream {
 public:
  virtual ~TokenStream() = default;
  virtual void push(TokenId id, std::string& out) = 0;  // appends to `out`
  virtual void flush(std::string& out) = 0;
};

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // `text` is UTF-8; throws kInput naming the first byte that is not.
  virtual Encoding encode(std::string_view text, const EncodeOptions& options) const = 0;
  // skip_special_tokens as in Hugging Face; no clean-up of spaces. Unknown ids are an error that names the id.
  virtual std::string decode(const std::vector<TokenId>& ids, bool skip_special_tokens = false) const = 0;

  virtual std::optional<TokenId> token_to_id(std::string_view token) const = 0;
  virtual std::string id_to_token(TokenId id) const = 0;  // raw vocabulary text; empty for holes
  virtual TokenId vocab_size() const = 0;                 // largest id + 1, added tokens included
  virtual const SpecialTokens& special_tokens() const = 0;
  // A new stream, which must not outlive the tokenizer. The default gathers all ids and decodes them at the end.
  virtual std::unique_ptr<TokenStream> stream(bool skip_special_tokens) const;
  bool is_special(TokenId id) const;

  std::vector<TokenId> encode_ids(std::string_view text, bool add_special_tokens = true) const {
    return encode(text, {.add_special_tokens = add_special_tokens}).ids;
  }
};

// Folder with tokenizer.json (+ tokenizer_config.json for the names of special tokens), or the tokenizer.json itself.
std::shared_ptr<const Tokenizer> load_tokenizer(const std::filesystem::path& folder_or_json);
// From tokenizer.json text and, if not empty, tokenizer_config.json text. `name` is used in messages.
std::shared_ptr<const Tokenizer> tokenizer_from_json(const std::string& name, std::string_view tokenizer_json,
                                                     std::string_view tokenizer_config_json = {});
// From a GGUF vocabulary: `gpt2` (pre: smollm, qwen2, llama-bpe) and `llama` (SentencePiece BPE, Gemma).
std::shared_ptr<const Tokenizer> tokenizer_from_gguf(const std::string& name, const GgufFile& file);

// A TokenStream that keeps its tokenizer. Text comes out only in whole characters; flush() gives what is left
// (incomplete bytes as U+FFFD). The concatenation equals decode() of all ids.
class StreamDecoder {
 public:
  StreamDecoder(std::shared_ptr<const Tokenizer> tokenizer, bool skip_special_tokens = true);
  std::string push(TokenId id);
  std::string flush();

 private:
  std::shared_ptr<const Tokenizer> tokenizer_;
  std::unique_ptr<TokenStream> stream_;
};

}  // namespace c2c
