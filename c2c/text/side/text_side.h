// The string side of one model: where its files are, its tokenizer, its chat template. No weights.
#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "c2c/io/config/field.h"
#include "c2c/text/chat/chat_template.h"
#include "c2c/text/tokenizers/tokenizer.h"

namespace c2c {

// How a run file or recipe names a model.
struct ModelEntry {
  std::string model;          // folder (a model's, or a LoRA adapter's), GGUF file, or org/name[@revision] in the cache
  std::string tokenizer;      // folder or tokenizer.json; empty: the model's own
  std::string chat_template;  // Jinja file; empty: the model's own, else the reference's default with a warning
  void visit_fields(const FieldVisitor& visit);
};
// The same fields with a flag of another name for `model` (empty: none); `who` begins its help.
void visit_model_entry(ModelEntry& entry, const FieldVisitor& visit, const std::string& flag, const std::string& who);

struct TextSide {
  std::string name;            // as the run file says it
  std::filesystem::path path;  // folder or file that it resolved to
  // A folder of PEFT's (adapter_config.json) was named: this is it, and `path` is the model that it adapts. Empty:
  // none.
  std::filesystem::path adapter;
  std::string commit;  // of the Hugging Face cache's snapshot; empty: a local model
  std::shared_ptr<const Tokenizer> tokenizer;
  std::shared_ptr<const ChatTemplate> chat;
};

// Folder or file as it is, else org/name[@revision] in the Hugging Face cache. Throws kInput naming what is missing and
// the command that gets it.
std::filesystem::path resolve_model_path(const std::string& text, const std::string& what);

// The same for a fuser: folder, fuser.safetensors, or org/name[/subfolder] in the cache.
std::filesystem::path resolve_fuser_path(const std::string& text, const std::string& subfolder);

// `what` names the entry in messages ("receiver", "sharer 1"). An adapter's tokenizer and chat template are the model's
// unless its folder has its own.
TextSide load_text_side(const ModelEntry& entry, const std::string& what);

}  // namespace c2c
