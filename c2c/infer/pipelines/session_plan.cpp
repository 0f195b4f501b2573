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

SectionPlan Session::fused_plan(const Messages& messages, const std::optional<std::string>& raw, bool& fell_back) {
  const SharerMask mask = parse_mask(config_.mask, sharers_.size());
  const AlignModel receiver = align_model(receiver_text());
  std::vector<AlignSharer> sharers;
  for (std::size_t i = 0; i < sharers_.size(); ++i)
    sharers.push_back({align_model(sharer_text(i)), parse_align_strategy(alignment(i))});
  if (raw) {
    check_text("prompt", *raw);
    return plan_raw(receiver, sharers, *raw, mask);
  }
  check_messages(messages);
  const AlignOptions options{.enable_thinking = config_.thinking};
  const Messages all = with_system(messages);
  try {
    return plan_chat(receiver, sharers, all, options, mask);
  } catch (const AlignmentError& error) {
    ++unaligned_prompts_;
    fell_back = true;
    log_warning(std::string("not aligned, the sharers read the receiver's tokens instead (prompt ") +
                std::to_string(unaligned_prompts_) + " of this session): " + error.what());
    return plan_chat(receiver, unaligned(sharers), all, options, mask);
  }
}

SectionPlan Session::control_plan(const SectionPlan& mine, const Request& request) {
  Messages other = request.control;
  if (other.empty() && !config_.control_prompt.empty()) other = {{"user", config_.control_prompt}};
  if (other.empty())
    fail_usage({.where = "mode control",
                .found = "no other question",
                .expected = "the question whose sharer cache is fused",
                .hint = "--control-prompt TEXT"});
  bool fell_back = false;
  const std::optional<std::string> raw = request.raw ? std::optional(other.back().content) : std::nullopt;
  return with_foreign_sharer(mine, fused_plan(other, raw, fell_back));
}

std::string Session::rendered(const Request& request, bool add_generation_prompt) {
  if (request.raw) return *request.raw;
  const TextSide& text = request.mode == "sharer" ? sharer_text(0) : receiver_text();
  return text.chat->render(with_system(request.messages),
                           {.add_generation_prompt = add_generation_prompt, .enable_thinking = config_.thinking});
}

SectionPlan Session::plan(const Request& request) {
  if (request.mode == "receiver" || request.mode == "sharer") {
    const TextSide& text = request.mode == "sharer" ? sharer_text(0) : receiver_text();
    return request.raw ? raw_plan(text, *request.raw)
                       : single_plan(text, with_system(request.messages), config_.thinking);
  }
  bool fell_back = false;
  const SectionPlan mine = fused_plan(request.messages, request.raw, fell_back);
  const std::string& mode = request.mode.empty() ? config_.mode : request.mode;
  return mode == "control" ? control_plan(mine, request) : mine;
}

}  // namespace c2c
