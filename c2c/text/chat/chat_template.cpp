#include "c2c/text/chat/chat_template.h"

#include <algorithm>
#include <cctype>

#include "c2c/base/error.h"
#include "c2c/base/log.h"
#include "c2c/base/utf8.h"
#include "c2c/text/chat/jinja_interpreter.h"
#include "c2c/text/chat/jinja_lexer.h"
#include "c2c/text/chat/jinja_parser.h"

namespace c2c {
namespace {

using jinja::Value;
using Variables = std::vector<std::pair<std::string, Value>>;

// The reference's (rosetta/utils/evaluate.py, set_default_chat_template).
constexpr std::string_view kHumanAssistant =
    "{% for message in messages %}{% if message['role'] == 'user' %}### Human: {{ message['content'] }}"
    "{% elif message['role'] == 'assistant' %}### Assistant: {{ message['content'] }}{% endif %}"
    "{% if not loop.last %}\n    {% endif %}{% endfor %}{% if add_generation_prompt %}\n    ### Assistant:{% endif %}";
constexpr std::string_view kUlizaLlama3 =
    "{%- for message in messages %}"
    "{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' }}"
    "{{- message['content'] }}{{- '<|eot_id|>' }}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{%- endif %}";

void set(Variables& variables, std::string_view name, Value value) {
  for (auto& [key, known] : variables)
    if (key == name) {
      known = std::move(value);
      return;
    }
  variables.emplace_back(std::string(name), std::move(value));
}

void set_extra(Variables& variables, const std::string& extra_json) {
  if (extra_json.empty()) return;
  const Value extra = jinja::from_json(extra_json, "chat template variables");
  if (!extra.is_dict())
    fail_usage({.where = "chat template variables", .found = extra.type_name(), .expected = "a JSON object"});
  if (extra.dict().size() > 1000)
    fail_usage({.where = "chat template variables",
                .found = std::to_string(extra.dict().size()) + " of them",
                .expected = "at most 1000"});
  for (const auto& [key, value] : extra.dict().entries()) {
    if (key.string() == "messages")
      fail_usage({.where = "chat template variables", .key = "messages", .expected = "any other name"});
    set(variables, key.string(), value);
  }
}

}  // namespace

struct ChatTemplate::Impl {
  std::string name, source, normalized;
  TemplateTokens tokens;
  jinja::Body body;
  bool is_default = false;

  Variables variables(Value messages, const RenderOptions& options) const;
  std::string render(Value messages, std::size_t bytes, const RenderOptions& options) const;
};

Variables ChatTemplate::Impl::variables(Value messages, const RenderOptions& options) const {
  Variables made;
  const auto token = [&](const char* key, const std::optional<std::string>& text) {
    if (text) made.emplace_back(key, Value(*text));
  };
  token("bos_token", tokens.bos);
  token("eos_token", tokens.eos);
  token("pad_token", tokens.pad);
  token("unk_token", tokens.unk);
  for (const auto& [key, text] : tokens.others) set(made, key, Value(text));
  set(made, "messages", std::move(messages));
  set(made, "tools", Value::none());  // transformers passes both, always
  set(made, "documents", Value::none());
  set(made, "add_generation_prompt", Value(options.add_generation_prompt));
  if (options.enable_thinking) set(made, "enable_thinking", Value(*options.enable_thinking));
  set_extra(made, options.extra_json);
  return made;
}

std::string ChatTemplate::Impl::render(Value messages, std::size_t bytes, const RenderOptions& options) const {
  Variables made = variables(std::move(messages), options);
  jinja::Budget budget(jinja::Limits{}, bytes + options.extra_json.size());
  jinja::Interpreter interpreter(budget, options.now);
  try {
    return interpreter.render(body, std::move(made));
  } catch (const jinja::RenderError& error) {
    const std::size_t line = jinja::line_of(normalized, interpreter.offset());
    fail_input({.where = name + ", line " + std::to_string(line), .key = error.what()});
  }
}

ChatTemplate::ChatTemplate(std::string name, std::string_view source, TemplateTokens tokens)
    : impl_(std::make_unique<Impl>()) {
  impl_->normalized = jinja::normalize_source(name, source);
  impl_->body = jinja::parse_template(name, impl_->normalized);
  impl_->name = std::move(name);
  impl_->source = std::string(source);
  impl_->tokens = std::move(tokens);
}

ChatTemplate::~ChatTemplate() = default;
ChatTemplate::ChatTemplate(ChatTemplate&&) noexcept = default;
ChatTemplate& ChatTemplate::operator=(ChatTemplate&&) noexcept = default;

std::string ChatTemplate::render(const Messages& messages, const RenderOptions& options) const {
  jinja::Budget building({.work = ~std::uint64_t{0} >> 8}, 0);
  jinja::Items items;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const auto text = [&](const char* key, const std::string& value) {
      if (const std::size_t bad = find_invalid_utf8(value); bad != std::string::npos)
        fail_input({.where = "message " + std::to_string(i),
                    .key = key,
                    .found = "invalid UTF-8 at byte " + std::to_string(bad),
                    .expected = "UTF-8"});
      bytes += value.size() + 32;
      return Value(value);
    };
    jinja::Dict message;
    message.set(Value("role"), text("role", messages[i].role), building);
    message.set(Value("content"), text("content", messages[i].content), building);
    items.push_back(Value::dict(std::move(message)));
  }
  return impl_->render(Value::list(std::move(items)), bytes, options);
}

std::string ChatTemplate::render_json(std::string_view messages_json, const RenderOptions& options) const {
  Value messages = jinja::from_json(messages_json, "messages");
  if (messages.kind() != jinja::Kind::kList)
    fail_input({.where = "messages", .found = messages.type_name(), .expected = "a JSON array"});
  return impl_->render(std::move(messages), messages_json.size(), options);
}

const std::string& ChatTemplate::source() const {
  return impl_->source;
}
const TemplateTokens& ChatTemplate::tokens() const {
  return impl_->tokens;
}
bool ChatTemplate::is_default() const {
  return impl_->is_default;
}

ChatTemplate default_chat_template(std::string_view model_name, TemplateTokens tokens) {
  std::string lower(model_name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  const bool uliza = lower.find("ulizallama3") != std::string::npos;
  log_warning("model " + std::string(model_name) + " has no chat template: the default one (" +
              (uliza ? "Llama 3 headers" : "### Human / ### Assistant") + ") is used");
  ChatTemplate made("default chat template", uliza ? kUlizaLlama3 : kHumanAssistant, std::move(tokens));
  made.impl_->is_default = true;
  return made;
}

}  // namespace c2c
