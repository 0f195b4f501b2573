// tokenizer.json, read in one pass: the vocabulary and the merges (a million strings for Gemma) go into flat arrays,
// the rest into a small JSON document.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "c2c/text/tokenizers/config_json.h"
#include "c2c/text/tokenizers/vocabulary.h"

namespace c2c::tok {

struct TokenizerFile {
  Json rest;  // the whole document without model.vocab and model.merges
  Vocabulary vocabulary;
  std::vector<std::pair<TokenId, TokenId>> merges;  // in order of rank
};

// Throws kInput naming `name` and the place: no JSON, nested deeper than 64, longer than 256 MiB, no BPE model, a merge
// of tokens that are not there, an id far beyond the vocabulary.
TokenizerFile read_tokenizer_json(const std::string& name, std::string_view text);

}  // namespace c2c::tok
