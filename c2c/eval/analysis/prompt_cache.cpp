#include "c2c/eval/analysis/prompt_cache.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "c2c/base/error.h"

namespace c2c {
namespace {

at::Tensor positions_of(const SectionPlan& plan, std::int64_t begin) {
  const auto size = static_cast<std::int64_t>(plan.ids.size());
  if (plan.positions.empty()) return at::arange(begin, size, at::kLong).unsqueeze(0);
  return at::tensor(plan.positions, at::kLong).slice(0, begin).unsqueeze(0);
}

at::Tensor mask_of(const SectionPlan& plan) {
  if (plan.padding.empty()) return {};
  at::Tensor mask_T = at::ones({static_cast<std::int64_t>(plan.padding.size())}, at::kBool);
  for (std::size_t i = 0; i < plan.padding.size(); ++i)
    if (plan.padding[i]) mask_T[static_cast<std::int64_t>(i)].fill_(false);
  return mask_T.unsqueeze(0);
}

}  // namespace

std::int64_t shared_begin(const std::vector<SectionPlan>& plans) {
  const auto& first = plans.front().ids;
  std::int64_t shared = std::ssize(first) - 1;
  for (const SectionPlan& plan : plans) {
    const auto [mine, theirs] = std::mismatch(first.begin(), first.end(), plan.ids.begin(), plan.ids.end());
    shared = std::min({shared, static_cast<std::int64_t>(mine - first.begin()), std::ssize(plan.ids) - 1});
  }
  return shared;
}

std::int64_t last_fused_end(const SectionPlan& plan) {
  std::int64_t column = 0, last = 0;
  for (const Section& section : plan.sections) {
    column += section.length;
    if (section.mask != 0) last = column;
  }
  return last;
}

std::int64_t column_of_token(const SectionPlan& plan, std::int64_t count) {
  const auto size = static_cast<std::int64_t>(plan.ids.size());
  if (plan.padding.empty()) return std::min(count, size);
  std::int64_t column = 0;
  for (std::int64_t real = 0; column < size; ++column)
    if (!plan.padding[static_cast<std::size_t>(column)] && real++ == count) break;
  return column;
}

PromptCache::PromptCache(const Rosetta& rosetta, const SectionPlan& plan, std::int64_t kept)
    : rosetta_(rosetta), kept_(kept) {
  if (rosetta.options().include_response && !rosetta.sharers().empty())
    fail_usage({.where = "include_response", .found = "true", .expected = "a response that is not fused"});
  if (kept <= 0 || kept >= static_cast<std::int64_t>(plan.ids.size()) || last_fused_end(plan) > kept)
    fail_usage({.where = "prompt",
                .found = std::to_string(kept) + " of " + std::to_string(plan.ids.size()) + " tokens to keep",
                .expected = "all that are fused, and one more to read"});
  const at::NoGradGuard no_grad;
  // While somebody looks, columns are the plan's tokens.
  const FuseObserver nobody = [](const FuseEvent&) {};
  rosetta.forward({plan}, state_, {.whole_last_section = false, .observer = &nobody});
  C2C_CHECK(state_.receiver.length() == static_cast<std::int64_t>(plan.ids.size()), "PromptCache: a column a token");
  state_.receiver.crop(kept);
}

// Tokens behind those in the cache, up to `end`; they stay there.
at::Tensor PromptCache::read(const SectionPlan& plan, std::int64_t end) {
  const at::Device device = state_.receiver.options().device();
  const std::int64_t begin = state_.receiver.length();
  const at::Tensor mask_BT = mask_of(plan);
  const std::vector<std::int64_t> ids(plan.ids.begin() + begin, plan.ids.begin() + end);
  const at::Tensor hidden_BNC =
      rosetta_.receiver().forward({.ids_BN = at::tensor(ids, at::kLong).unsqueeze(0).to(device),
                                   .positions_BN = positions_of(plan, begin).slice(1, 0, end - begin).to(device),
                                   .mask_BT = mask_BT.defined() ? mask_BT.slice(1, 0, end).to(device) : mask_BT,
                                   .cache = &state_.receiver});
  return rosetta_.receiver().logits(hidden_BNC[0]);
}

std::vector<at::Tensor> PromptCache::answers(const std::vector<SectionPlan>& plans) {
  const at::NoGradGuard no_grad;
  const std::int64_t shared = shared_begin(plans);
  C2C_CHECK(shared >= kept_, "PromptCache: plans that begin with what is kept, and a token to read");
  at::Tensor begun_NV;
  if (shared > kept_) begun_NV = read(plans.front(), shared);
  std::vector<at::Tensor> answers;
  for (const SectionPlan& plan : plans) {
    const at::Tensor rest_NV = read(plan, static_cast<std::int64_t>(plan.ids.size()));
    answers.push_back(begun_NV.defined() ? at::cat({begun_NV, rest_NV}) : rest_NV);
    state_.receiver.crop(shared);
  }
  state_.receiver.crop(kept_);
  return answers;
}

KvPair PromptCache::copy(std::int64_t layer, std::int64_t begin, std::int64_t end) const {
  const KvPair now = state_.receiver.slice(layer, begin, end);
  return {now.key.clone(), now.value.clone()};
}

void PromptCache::replace(std::int64_t layer, std::int64_t begin, const KvPair& kv) {
  const at::NoGradGuard no_grad;
  state_.receiver.replace(layer, begin, kv.key, kv.value);
}

}  // namespace c2c
