#include "c2c/infer/pipelines/stop_ids.h"

#include <algorithm>

namespace c2c {

std::vector<std::int64_t> stop_ids_of(const ModelConfig& config, const Tokenizer& tokenizer) {
  std::vector<std::int64_t> ids = config.eos_ids;
  if (tokenizer.special_tokens().eos) ids.push_back(*tokenizer.special_tokens().eos);
  for (const char* token :
       {"<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>", "<eos>"})
    if (const auto id = tokenizer.token_to_id(token); id && tokenizer.is_special(*id)) ids.push_back(*id);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

}  // namespace c2c
