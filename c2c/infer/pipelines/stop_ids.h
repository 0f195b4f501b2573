// Which tokens end an answer.
#pragma once
#include <cstdint>
#include <vector>

#include "c2c/model/families/model_config.h"
#include "c2c/text/tokenizers/tokenizer.h"

namespace c2c {

// The config's EOS ids, the tokenizer's, and the end-of-turn tokens of known chat formats (a base model under a chat
// template would never stop otherwise; llama.cpp does the same). Ascending, no id twice.
std::vector<std::int64_t> stop_ids_of(const ModelConfig& config, const Tokenizer& tokenizer);

}  // namespace c2c
