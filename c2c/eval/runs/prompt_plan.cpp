#include "c2c/eval/runs/prompt_plan.h"

#include <algorithm>
#include <cctype>

#include "c2c/base/error.h"

namespace c2c {
namespace {

// Mode control is made here: what is cut off is cut off both prompts.
Request request_of(const Prompt& prompt, const std::string& mode) {
  Request request;
  request.mode = mode == "control" ? "c2c" : mode;
  request.messages = prompt.messages;
  if (prompt.plain_text) request.raw = prompt.messages.back().content;
  return request;
}

void restrict_to(const FusedPart& part, bool by_place, SectionPlan& plan) {
  std::vector<std::int64_t> flags = index_from_sections(plan.sections);
  const std::size_t size = flags.size();
  const bool takes_last = part.whole && by_place && size > 1;
  if (takes_last) flags.back() = flags[size - 2];
  const std::size_t instruction = takes_last ? size : size - 1;
  const auto heard = static_cast<std::size_t>(part.proportion * static_cast<double>(instruction));
  for (std::size_t i = 0; i < instruction; ++i) {
    const bool is_heard = part.from_back ? i >= instruction - heard : i < heard;
    if (!is_heard) flags[i] = -1;
  }
  plan.sections = sections_from_index(flags, false);
}

SectionPlan fused_plan(Session& session, const Prompt& prompt, const FusedPart& part) {
  SectionPlan plan = session.plan(request_of(prompt, "c2c"));
  bool by_place = true;
  for (std::size_t s = 0; s < session.config().sharers.size(); ++s) by_place &= session.alignment(s) == "off";
  restrict_to(part, by_place, plan);
  return plan;
}

// The last tokens of a prompt are taken back where the reply changes them (it begins in the middle of a token).
void drop_tail(SectionPlan& plan, std::size_t tokens) {
  for (std::size_t i = 0; i < tokens; ++i) {
    plan.ids.pop_back();
    if (!plan.positions.empty()) plan.positions.pop_back();
    if (!plan.padding.empty()) plan.padding.pop_back();
    for (SharerPlan& sharer : plan.sharers)
      if (!sharer.source.empty()) sharer.source.pop_back();
    if (--plan.sections.back().length == 0) plan.sections.pop_back();
  }
}

void append(SectionPlan& plan, std::span<const TokenId> ids) {
  if (ids.empty()) return;
  for (const TokenId id : ids) {
    plan.ids.push_back(id);
    if (!plan.positions.empty()) plan.positions.push_back(plan.positions.back() + 1);
    if (!plan.padding.empty()) plan.padding.push_back(false);
    for (SharerPlan& sharer : plan.sharers)
      if (!sharer.source.empty()) sharer.source.push_back(-1);
  }
  // Paired by place: as many sharer tokens as receiver tokens. Nobody hears the new ones.
  for (SharerPlan& sharer : plan.sharers) {
    if (!sharer.source.empty()) continue;
    while (sharer.ids.size() < plan.ids.size()) {
      sharer.ids.push_back(sharer.ids.back());
      if (!sharer.positions.empty()) sharer.positions.push_back(sharer.positions.back() + 1);
      if (!sharer.padding.empty()) sharer.padding.push_back(false);
    }
  }
  const auto count = static_cast<std::int64_t>(ids.size());
  if (!plan.sections.empty() && plan.sections.back().mask == 0)
    plan.sections.back().length += count;
  else
    plan.sections.push_back({count, 0});
}

SectionPlan continued(const PlannedPrompt& prompt, const std::vector<TokenId>& whole) {
  std::size_t same = 0;
  while (same < prompt.ids.size() && same < whole.size() && prompt.ids[same] == whole[same]) ++same;
  SectionPlan plan = prompt.plan;
  const std::size_t changed = prompt.ids.size() - same;
  if (changed >= plan.ids.size())
    fail_usage({.where = "prompt", .found = "no token that the reply leaves as it is", .expected = "a prompt"});
  drop_tail(plan, changed);
  append(plan, std::span(whole).subspan(same));
  return plan;
}

}  // namespace

PlannedPrompt plan_prompt(Session& session, const std::string& mode, const Prompt& prompt, const Prompt* other,
                          const FusedPart& part) {
  PlannedPrompt planned;
  const bool is_alone = mode == "receiver" || mode == "sharer";
  if (is_alone)
    planned.plan = session.plan(request_of(prompt, mode));
  else
    planned.plan = fused_plan(session, prompt, part);
  if (mode == "control") {
    C2C_CHECK(other != nullptr, "plan_prompt: the control has no other prompt");
    planned.plan = with_foreign_sharer(planned.plan, fused_plan(session, *other, part));
  }
  const TextSide& side = mode == "sharer" ? session.sharer_text(0) : session.receiver_text();
  planned.text = session.rendered(request_of(prompt, mode));
  planned.tokenizer = side.tokenizer;
  planned.special_tokens = prompt.plain_text;
  planned.ids = planned.tokenizer->encode_ids(planned.text, planned.special_tokens);
  return planned;
}

// Offsets count code points.
std::pair<std::int64_t, std::int64_t> PlannedPrompt::tokens_of(const std::string& part) const {
  const std::size_t at = part.empty() ? text.npos : text.find(part);
  if (at == text.npos) return {0, 0};
  const auto points = [](std::string_view bytes) {
    return std::count_if(bytes.begin(), bytes.end(), [](char c) { return (c & 0xC0) != 0x80; });
  };
  const std::int64_t begin = points(std::string_view(text).substr(0, at)), end = begin + points(part);
  const Encoding encoded = tokenizer->encode(text, {.add_special_tokens = special_tokens, .offsets = true});
  std::int64_t first = -1, last = 0;
  for (std::size_t i = 0; i < encoded.offsets.size(); ++i) {
    if (encoded.offsets[i].begin < begin || encoded.offsets[i].end > end) continue;
    if (first < 0) first = static_cast<std::int64_t>(i);
    last = static_cast<std::int64_t>(i) + 1;
  }
  return {std::max<std::int64_t>(0, first), last};
}

PlannedReply with_reply(const PlannedPrompt& prompt, const std::string& lead, const std::string& reply,
                        bool takes_space) {
  if (reply.empty()) fail_usage({.where = "reply", .found = "no text", .expected = "a text to score"});
  const std::string context = prompt.text + lead;
  std::string bare = context;
  while (takes_space && !bare.empty() && std::isspace(static_cast<unsigned char>(bare.back())) != 0) bare.pop_back();
  const bool is_prompt = bare.size() == prompt.text.size();
  const auto before = is_prompt ? prompt.ids : prompt.tokenizer->encode_ids(bare, prompt.special_tokens);
  const auto whole = prompt.tokenizer->encode_ids(context + reply, prompt.special_tokens);
  if (whole.size() <= before.size())
    fail_usage({.where = "reply", .found = "\"" + reply + "\" adds no token", .expected = "a text that does"});
  return {continued(prompt, whole), static_cast<std::int64_t>(whole.size() - before.size())};
}

SectionPlan with_lead(const PlannedPrompt& prompt, const std::string& lead) {
  if (lead.empty()) return prompt.plan;
  return continued(prompt, prompt.tokenizer->encode_ids(prompt.text + lead, prompt.special_tokens));
}

}  // namespace c2c
