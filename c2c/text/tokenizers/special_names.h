// Which tokens have a role, from tokenizer_config.json and special_tokens_map.json (transformers' special tokens).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "c2c/text/tokenizers/added_tokens.h"
#include "c2c/text/tokenizers/config_json.h"

namespace c2c::tok {

struct SpecialNames {
  std::optional<std::string> bos, eos, pad, unk;
  std::vector<AddedToken> added;  // of added_tokens_decoder (their ids are what the file says)
  std::vector<AddedToken> named;  // every token with a name, the four above among them
};

// `config`: an object, or null when there is no file.
SpecialNames read_special_names(const std::string& where, const Json& config);

}  // namespace c2c::tok
