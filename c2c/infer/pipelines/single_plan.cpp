#include "c2c/infer/pipelines/single_plan.h"

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"

namespace c2c {
namespace {

SectionPlan plan_of(std::vector<std::int32_t> ids) {
  SectionPlan plan;
  plan.ids = std::move(ids);
  if (plan.ids.empty())
    fail_usage(
        {.where = "prompt", .found = "no tokens", .expected = "a text", .hint = "give one with -p or --messages"});
  plan.sections = {{.length = static_cast<std::int64_t>(plan.ids.size()), .mask = 0}};
  return plan;
}

}  // namespace

void check_ids(const Tokenizer& tokenizer, const std::vector<TokenId>& ids) {
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (ids[i] < 0 || ids[i] >= tokenizer.vocab_size())
      fail_usage({.where = "prompt",
                  .key = "token " + std::to_string(i),
                  .found = "id " + std::to_string(ids[i]),
                  .expected = "an id below " + std::to_string(tokenizer.vocab_size())});
}

void check_text(const std::string& where, const std::string& text) {
  const std::size_t bad = find_invalid_utf8(text);
  if (bad != std::string::npos)
    fail_usage({.where = where,
                .key = "byte " + std::to_string(bad),
                .found = "invalid UTF-8",
                .expected = "UTF-8 text",
                .hint = "convert it, for example with iconv -t utf-8"});
}

void check_messages(const Messages& messages) {
  bool any = false;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    check_text("message " + std::to_string(i), messages[i].content);
    check_text("message " + std::to_string(i) + " role", messages[i].role);
    if (messages[i].role != "system" && !messages[i].content.empty()) any = true;
  }
  if (!any)
    fail_usage(
        {.where = "prompt", .found = "no text", .expected = "a question", .hint = "give one with -p or --messages"});
}

Messages with_system(const Messages& messages, const std::string& system) {
  if (system.empty() || (!messages.empty() && messages.front().role == "system")) return messages;
  Messages all = {{"system", system}};
  all.insert(all.end(), messages.begin(), messages.end());
  return all;
}

SectionPlan ids_plan(const TextSide& text, std::vector<TokenId> ids) {
  check_ids(*text.tokenizer, ids);
  return plan_of(std::move(ids));
}

SectionPlan single_plan(const TextSide& text, const Messages& messages, bool thinking) {
  check_messages(messages);
  const std::string rendered =
      text.chat->render(messages, {.add_generation_prompt = true, .enable_thinking = thinking});
  return plan_of(text.tokenizer->encode_ids(rendered, false));
}

SectionPlan raw_plan(const TextSide& text, const std::string& prompt) {
  check_text("prompt", prompt);
  if (prompt.empty())
    fail_usage({.where = "prompt", .found = "no text", .expected = "a text", .hint = "give one with -p"});
  return plan_of(text.tokenizer->encode_ids(prompt, true));
}

}  // namespace c2c
