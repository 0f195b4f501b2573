// How a session's prompts are fused: alignment, fall-back, control.
#include "c2c/base/error.h"
#include "c2c/base/log.h"
#include "c2c/infer/pipelines/fused_plan.h"
#include "c2c/infer/pipelines/mask.h"
#include "c2c/infer/pipelines/session.h"
#include "c2c/infer/pipelines/single_plan.h"
#include "c2c/infer/pipelines/torch_errors.h"

namespace c2c {
namespace {

std::vector<AlignSharer> unaligned(std::vector<AlignSharer> sharers) {
  for (AlignSharer& sharer : sharers) sharer.strategy = AlignStrategy::kOff;
  return sharers;
}

}  // namespace

// The sharer's own setting, the run's, the fuser's recipe, else what the vocabularies need.
std::string Session::alignment(std::size_t index) {
  const std::lock_guard lock(loading_);
  Sharer& sharer = sharer_entry(index);
  if (!sharer.alignment.empty()) return sharer.alignment;
  const std::string& own = config_.sharers[index].align;
  const std::string& asked = own.empty() ? config_.align : own;
  if (!asked.empty()) return sharer.alignment = asked;
  const FuserRecipe& recipe = fuser(index)->recipe;
  if (recipe.align) return sharer.alignment = *recipe.align ? recipe.alignment_strategy.value_or("first") : "off";
  const bool same = same_vocabulary(*receiver_text().tokenizer, *sharer_text(index).tokenizer);
  if (!same)
    log_warning("nothing says how sharer " + std::to_string(index + 1) +
                " is aligned and its vocabulary differs: aligning first (--align chooses)");
  return sharer.alignment = same ? "off" : "first";
}

SectionPlan Session::alone_plan(const TextSide& text, const Asked& asked) const {
  const Request& request = asked.request;
  if (!request.ids.empty()) return ids_plan(text, request.ids);
  if (request.raw) return raw_plan(text, *request.raw);
  return single_plan(text, with_system(request.messages, asked.run.system), asked.run.thinking);
}

SectionPlan Session::fused_plan(const Asked& asked, const Request& prompt, bool& fell_back) {
  const SharerMask mask = parse_mask(asked.run.mask, sharers_.size());
  const AlignModel receiver = align_model(receiver_text());
  std::vector<AlignSharer> sharers;
  for (std::size_t i = 0; i < sharers_.size(); ++i)
    sharers.push_back({align_model(sharer_text(i)), parse_align_strategy(alignment(i))});
  if (!prompt.ids.empty()) return plan_ids(receiver, sharers, prompt.ids, mask);
  if (prompt.raw) {
    check_text("prompt", *prompt.raw);
    return plan_raw(receiver, sharers, *prompt.raw, mask);
  }
  check_messages(prompt.messages);
  const AlignOptions options{.enable_thinking = asked.run.thinking};
  const Messages all = with_system(prompt.messages, asked.run.system);
  try {
    return plan_chat(receiver, sharers, all, options, mask);
  } catch (const AlignmentError& error) {
    const std::int64_t count = ++unaligned_prompts_;
    fell_back = true;
    log_warning(std::string("not aligned, the sharers read the receiver's tokens instead (prompt ") +
                std::to_string(count) + " of this session): " + error.what());
    return plan_chat(receiver, unaligned(sharers), all, options, mask);
  }
}

SectionPlan Session::control_plan(const SectionPlan& mine, const Asked& asked) {
  const Request& request = asked.request;
  Request other;
  other.messages = request.control;
  if (other.messages.empty() && !asked.run.control_prompt.empty())
    other.messages = {{"user", asked.run.control_prompt}};
  if (other.messages.empty())
    fail_usage({.where = "mode control",
                .found = "no other question",
                .expected = "the question whose sharer cache is fused",
                .hint = "--control-prompt TEXT"});
  bool fell_back = false;
  if (request.raw || !request.ids.empty()) other.raw = other.messages.back().content;
  return with_foreign_sharer(mine, fused_plan(asked, other, fell_back));
}

std::string Session::rendered(const Request& request, bool add_generation_prompt) {
  if (request.raw) return *request.raw;
  const Asked asked = ask(request);
  const TextSide& text = asked.mode == "sharer" ? sharer_text(request.sharer) : receiver_text();
  return text.chat->render(with_system(request.messages, asked.run.system),
                           {.add_generation_prompt = add_generation_prompt, .enable_thinking = asked.run.thinking});
}

SectionPlan Session::plan(const Request& request) {
  const Asked asked = ask(request);
  if (request.mode == "receiver" || request.mode == "sharer")
    return alone_plan(request.mode == "sharer" ? sharer_text(request.sharer) : receiver_text(), asked);
  bool fell_back = false;
  const SectionPlan mine = fused_plan(asked, request, fell_back);
  return asked.mode == "control" ? control_plan(mine, asked) : mine;
}

}  // namespace c2c
