// The engine behind every Tokenizer here: added tokens, normalizer, pre-tokenizers, BPE, post-processors, decoders.
#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "c2c/text/tokenizers/added_tokens.h"
#include "c2c/text/tokenizers/bpe_model.h"
#include "c2c/text/tokenizers/decoders.h"
#include "c2c/text/tokenizers/normalizers.h"
#include "c2c/text/tokenizers/post_processors.h"
#include "c2c/text/tokenizers/pre_tokenizers.h"
#include "c2c/text/tokenizers/special_names.h"
#include "c2c/text/tokenizers/tokenizer.h"

namespace c2c::tok {

// What a tokenizer is made of, wherever it was read from. `config` has the keys of tokenizer.json: normalizer,
// pre_tokenizer, post_processor, decoder; absent or null ones are left out.
struct TokenizerParts {
  std::string name;
  Json config;
  Vocabulary vocabulary;
  std::vector<std::pair<TokenId, TokenId>> merges;
  BpeConfig bpe;
  std::vector<AddedToken> added;  // in order; ids are a wish, the vocabulary's own id counts
  SpecialNames names;
};

class BpeTokenizer final : public Tokenizer {
 public:
  explicit BpeTokenizer(TokenizerParts parts);

  Encoding encode(std::string_view text, const EncodeOptions& options) const override;
  std::string decode(const std::vector<TokenId>& ids, bool skip_special_tokens) const override;
  std::optional<TokenId> token_to_id(std::string_view token) const override;
  std::string id_to_token(TokenId id) const override;
  TokenId vocab_size() const override { return vocab_size_; }
  const SpecialTokens& special_tokens() const override { return special_; }
  std::unique_ptr<TokenStream> stream(bool skip_special_tokens) const override;

 private:
  class Stream;
  class Lease;
  struct Scratch {
    BpeScratch bpe;
    std::vector<SubToken> word;
  };

  std::string_view text_of(TokenId id) const;  // of an added token or of the vocabulary; throws for unknown ids
  BpeModel::Input split(std::string_view text, Document& doc) const;
  void tokenize(const Document& doc, BpeModel::Input input, Draft& draft) const;

  std::string name_;
  std::shared_ptr<const Normalizer> normalizer_;  // may be null
  std::vector<std::shared_ptr<const PreTokenizer>> pre_tokenizers_;
  std::shared_ptr<const PreTokenizer>
      byte_alphabet_;  // the last one if it writes bytes out; mostly the model can read them
  std::vector<std::shared_ptr<const PostProcessor>> post_processors_;
  Decoders decoders_;
  AddedTokens added_;
  BpeModel model_;  // takes the vocabulary, after the added tokens were looked up in it
  SpecialTokens special_;
  TokenId vocab_size_ = 0;
  bool trims_offsets_ = false;
  // Working memory of encode() calls that are not running now; each brings its cache of words.
  mutable std::mutex idle_mutex_;
  mutable std::vector<std::unique_ptr<Scratch>> idle_;
};

}  // namespace c2c::tok
