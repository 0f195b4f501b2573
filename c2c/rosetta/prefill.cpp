#include "c2c/rosetta/prefill.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "c2c/base/error.h"
#include "c2c/rosetta/fused_pass.h"

namespace c2c {
namespace {

std::int64_t size_of(const auto& list) {
  return static_cast<std::int64_t>(list.size());
}

// First tokens that are alike: the same id, position and padding.
std::int64_t common_tokens(const auto& a, const auto& b) {
  const auto position = [](const auto& side, std::size_t i) {
    return side.positions.empty() ? static_cast<std::int64_t>(i) : side.positions[i];
  };
  const auto padded = [](const auto& side, std::size_t i) { return !side.padding.empty() && side.padding[i]; };
  const std::size_t most = std::min(a.ids.size(), b.ids.size());
  std::size_t i = 0;
  while (i < most && a.ids[i] == b.ids[i] && position(a, i) == position(b, i) && padded(a, i) == padded(b, i)) ++i;
  return static_cast<std::int64_t>(i);
}

std::int64_t source_of(const SharerPlan& sharer, std::int64_t token) {
  return sharer.source.empty() ? token : sharer.source[static_cast<std::size_t>(token)];
}

// First tokens of [begin, end) whose sharer tokens are alike in both plans.
std::int64_t hear_alike(const SectionPlan& a, const SectionPlan& b, SharerMask mask,
                        const std::vector<std::int64_t>& sharers, std::int64_t begin, std::int64_t end) {
  for (std::int64_t token = begin; token < end; ++token)
    for (std::size_t s = 0; s < a.sharers.size(); ++s) {
      if ((mask >> s & 1) == 0) continue;
      const std::int64_t from = source_of(a.sharers[s], token);
      if (from != source_of(b.sharers[s], token) || from >= sharers[s]) return token;
    }
  return end;
}

}  // namespace

std::int64_t ReusedPrompt::bytes() const {
  std::int64_t total = clean.bytes() + fused.bytes();
  for (const KvCache& sharer : sharers) total += sharer.bytes();
  return total;
}

PrefixMatch match_prefix(const SectionPlan& wanted, const SectionPlan& held) {
  PrefixMatch match;
  if (wanted.sharers.size() != held.sharers.size()) return {0, std::vector<std::int64_t>(wanted.sharers.size(), 0)};
  for (std::size_t s = 0; s < wanted.sharers.size(); ++s)
    match.sharers.push_back(common_tokens(wanted.sharers[s], held.sharers[s]));
  // The last token is always read: its logits are what prefill is for.
  const std::int64_t alike = std::min(common_tokens(wanted, held), size_of(wanted.ids) - 1);
  std::int64_t begin = 0;
  for (std::size_t k = 0; k < std::min(wanted.sections.size(), held.sections.size()); ++k) {
    const Section &mine = wanted.sections[k], &theirs = held.sections[k];
    if (mine.mask != theirs.mask) break;
    const std::int64_t end = std::min(alike, begin + std::min(mine.length, theirs.length));
    match.receiver = hear_alike(wanted, held, mine.mask, match.sharers, begin, std::max(begin, end));
    if (match.receiver < begin + mine.length || mine.length != theirs.length) break;
    begin += mine.length;
  }
  return match;
}

struct Prefill::Impl {
  Impl(const Rosetta& owner, SectionPlan wanted, PrefillOptions wishes)
      : rosetta(owner), plan(std::move(wanted)), options(std::move(wishes)) {
    const at::NoGradGuard no_grad;
    if (options.scored < 0 || options.scored >= size_of(plan.ids))
      fail_usage({.where = "prompt",
                  .found = std::to_string(plan.ids.size()) + " tokens, " + std::to_string(options.scored) + " to score",
                  .expected = "at least one token before those that are scored"});
    PassOptions pass_options{
        .forward = {.reserve = options.reserve, .whole_last_section = false, .tail = options.scored},
        .chunk = options.chunk,
        .keep = options.keep};
    match.sharers.assign(plan.sharers.size(), 0);
    if (options.reuse != nullptr && !rosetta.options().include_response) {
      match = match_prefix(plan, options.reuse->plan);
      limit_to_caches();
      match.receiver = std::min(match.receiver, size_of(plan.ids) - 1 - options.scored);
      pass_options.reuse = options.reuse.get();
      pass_options.match = match;
    }
    pass = std::make_unique<FusedPass>(rosetta, std::vector<SectionPlan>{plan}, state, std::move(pass_options));
  }

  // A sharer reads no further than somebody hears it; nobody takes over what was never read.
  void limit_to_caches() {
    for (std::size_t s = 0; s < match.sharers.size(); ++s)
      match.sharers[s] =
          std::min(match.sharers[s], s < options.reuse->sharers.size() ? options.reuse->sharers[s].length() : 0);
    match.receiver = std::min(match.receiver, options.reuse->fused.length());
    if (match.receiver == 0) std::fill(match.sharers.begin(), match.sharers.end(), 0);
  }

  void read_output() {
    const at::Tensor hidden_BNC = pass->output().hidden_BNC;
    logits = rosetta.receiver().logits(hidden_BNC.select(1, -1));
    if (options.scored == 0) return;
    const std::int64_t columns = hidden_BNC.size(1);
    const at::Tensor before_KC = hidden_BNC[0].slice(0, columns - 1 - options.scored, columns - 1);
    const at::Tensor logprobs_KV = rosetta.receiver().logits(before_KC).log_softmax(-1).cpu();
    const at::Tensor best_K = logprobs_KV.argmax(-1);
    for (std::int64_t k = 0; k < options.scored; ++k) {
      const auto id =
          static_cast<std::int64_t>(plan.ids[plan.ids.size() - static_cast<std::size_t>(options.scored - k)]);
      scores.push_back({logprobs_KV[k][id].item<double>(), best_K[k].item<std::int64_t>() == id});
    }
    if (options.scored_top > 0) add_alternatives(logprobs_KV);
  }

  void add_alternatives(const at::Tensor& logprobs_KV) {
    const auto [values, ids] = logprobs_KV.topk(std::min(options.scored_top, logprobs_KV.size(1)));
    for (std::size_t k = 0; k < scores.size(); ++k)
      for (std::int64_t i = 0; i < values.size(1); ++i) {
        const auto row = static_cast<std::int64_t>(k);
        scores[k].top.emplace_back(ids[row][i].item<std::int64_t>(), values[row][i].item<double>());
      }
  }

  const Rosetta& rosetta;
  SectionPlan plan;
  PrefillOptions options;
  PrefixMatch match;
  RosettaState state;
  std::unique_ptr<FusedPass> pass;
  at::Tensor logits;
  std::vector<TokenScore> scores;
};

Prefill::Prefill(const Rosetta& rosetta, SectionPlan plan, PrefillOptions options)
    : impl_(std::make_unique<Impl>(rosetta, std::move(plan), std::move(options))) {}
Prefill::~Prefill() = default;
Prefill::Prefill(Prefill&&) noexcept = default;
Prefill& Prefill::operator=(Prefill&&) noexcept = default;

bool Prefill::advance() {
  if (impl_->logits.defined()) return true;
  const at::NoGradGuard no_grad;
  if (!impl_->pass->advance()) return false;
  impl_->read_output();
  if (const auto kept = impl_->pass->kept()) kept->plan = impl_->plan;
  return true;
}

const at::Tensor& Prefill::logits() const {
  C2C_CHECK(impl_->logits.defined(), "Prefill: there are no logits before it is done");
  return impl_->logits;
}

const std::vector<TokenScore>& Prefill::scores() const {
  C2C_CHECK(impl_->logits.defined(), "Prefill: there are no scores before it is done");
  return impl_->scores;
}

RosettaState& Prefill::state() {
  C2C_CHECK(impl_->logits.defined(), "Prefill: there is no state before it is done");
  return impl_->state;
}

std::shared_ptr<ReusedPrompt> Prefill::kept() const {
  return impl_->pass->kept();
}

const PrefixMatch& Prefill::reused() const {
  return impl_->match;
}

}  // namespace c2c
