// The text side of a GGUF file: its tokenizer and the chat template that came with it.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "c2c/text/tokenizers/tokenizer.h"

namespace c2c {

struct GgufText {
  std::shared_ptr<const Tokenizer> tokenizer;
  std::optional<std::string> chat_template;  // Jinja source, metadata key tokenizer.chat_template
};

GgufText load_gguf_text(const std::filesystem::path& path);

}  // namespace c2c
