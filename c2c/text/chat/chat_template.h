// Messages to prompt text through a Jinja template (the subset that real chat templates use), bounded in time and size.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace c2c {

struct Message {
  std::string role;     // system, user, assistant, tool
  std::string content;  // UTF-8
  bool operator==(const Message&) const = default;
};
using Messages = std::vector<Message>;

struct RenderOptions {
  bool add_generation_prompt = true;
  std::optional<bool> enable_thinking;  // unset: the variable is undefined in the template
  std::string extra_json;               // more variables (chat_template_kwargs), a JSON object; empty: none
};

// Special token texts a template may print (`bos_token`, `eos_token`, ...); absent ones are undefined.
struct TemplateTokens {
  std::optional<std::string> bos, eos, pad, unk;
};

class ChatTemplate {
 public:
  // Parses; throws kInput naming `name`, line and column on a syntax error. trim_blocks and lstrip_blocks are on, as in
  // transformers.
  ChatTemplate(std::string name, std::string_view source, TemplateTokens tokens = {});
  ~ChatTemplate();
  ChatTemplate(ChatTemplate&&) noexcept;
  ChatTemplate& operator=(ChatTemplate&&) noexcept;

  // Throws kInput with the template's own text where it calls raise_exception. Const and thread-safe.
  std::string render(const Messages& messages, const RenderOptions& options) const;
  const std::string& source() const;
  bool is_default() const;  // one of the reference's default templates

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The reference's template for tokenizers without one (spec/evaluation.md 5); logs a warning.
ChatTemplate default_chat_template(std::string_view model_name, TemplateTokens tokens = {});

// Messages from JSON: [{"role": ..., "content": ...}, ...]; errors name the index and the key.
Messages messages_from_json(std::string_view json_text);

}  // namespace c2c
