// Messages to prompt text through a Jinja template (the subset that real chat templates use), bounded in time and size.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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
  std::optional<bool> enable_thinking = {};  // unset: the variable is undefined in the template
  std::string extra_json = {};               // more variables (chat_template_kwargs), a JSON object; empty: none
  std::optional<std::int64_t> now = {};      // seconds since 1970 for strftime_now; unset: the clock
};

// Special token texts a template may print (`bos_token`, `eos_token`, ...); absent ones are undefined.
struct TemplateTokens {
  std::optional<std::string> bos, eos, pad, unk;
  std::vector<std::pair<std::string, std::string>> others = {};  // variable (`image_token`), text
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
  // The same for messages with more than text: a JSON array whose objects reach the template as they are (tool_calls,
  // lists of content parts, reasoning_content).
  std::string render_json(std::string_view messages_json, const RenderOptions& options) const;
  const std::string& source() const;
  const TemplateTokens& tokens() const;
  bool is_default() const;  // one of the reference's default templates

 private:
  friend ChatTemplate default_chat_template(std::string_view model_name, TemplateTokens tokens);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The reference's template for tokenizers without one (spec/evaluation.md 5); logs a warning.
ChatTemplate default_chat_template(std::string_view model_name, TemplateTokens tokens = {});

// Messages from JSON: [{"role": ..., "content": ...}, ...]; errors name the index and the key. A content that is a list
// of text parts is their texts, joined by newlines; calls of tools are refused.
Messages messages_from_json(std::string_view json_text);

}  // namespace c2c
