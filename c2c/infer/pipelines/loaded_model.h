// One model ready to talk: weights, tokenizer, chat template, what ends its answers.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "c2c/base/log.h"
#include "c2c/infer/pipelines/run_config.h"
#include "c2c/model/families/causal_lm.h"
#include "c2c/text/chat/chat_template.h"
#include "c2c/text/tokenizers/tokenizer.h"

namespace c2c {

// What strings need of a model; no weights.
struct TextSide {
  std::string name;            // as the run file says it
  std::filesystem::path path;  // folder or file that it resolved to
  std::string commit;          // of the Hugging Face cache's snapshot; empty: a local model
  std::shared_ptr<const Tokenizer> tokenizer;
  std::shared_ptr<const ChatTemplate> chat;
};

struct LoadedModel {
  TextSide text;
  std::shared_ptr<const CausalLm> lm;
  // The model's EOS ids, the tokenizer's, and the end-of-turn tokens of known chat formats that its vocabulary has.
  std::vector<std::int64_t> stop_ids;
};

// Folder or file as it is, else org/name[@revision] in the Hugging Face cache. Throws kInput naming what is missing and
// the command that gets it.
std::filesystem::path resolve_model_path(const std::string& text, const std::string& what);

// The same for a fuser: folder, fuser.safetensors, or org/name[/subfolder] in the cache.
std::filesystem::path resolve_fuser_path(const std::string& text, const std::string& subfolder);

// `what` names the entry in messages ("receiver", "sharer 1").
TextSide load_text_side(const ModelEntry& entry, const std::string& what);
LoadedModel load_weights_of(TextSide text, at::ScalarType dtype, const ProgressFn& progress);

at::ScalarType parse_dtype(const std::string& dtype);  // "bf16", "f32"

}  // namespace c2c
