// From a prompt in text to what the fused forward is told about it.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "c2c/infer/pipelines/loaded_model.h"
#include "c2c/text/align/plan_chat.h"

namespace c2c {

AlignModel align_model(const TextSide& side);

// Text as it is, no chat template: every receiver token but the last is fused. first, longest: each receiver token is
// mapped by itself; span: by the characters it covers. Throws kUsage for an empty text.
SectionPlan plan_raw(const AlignModel& receiver, const std::vector<AlignSharer>& sharers, const std::string& text,
                     SharerMask mask);

// The same for a prompt of the receiver's ids; span goes by the characters that each of them completes.
SectionPlan plan_ids(const AlignModel& receiver, const std::vector<AlignSharer>& sharers,
                     const std::vector<TokenId>& ids, SharerMask mask);

// Receiver tokens that hear at least one sharer.
std::int64_t count_fused(const SectionPlan& plan);
// Do both give the same ids? Probed with texts of several scripts and with a special token.
bool same_vocabulary(const Tokenizer& a, const Tokenizer& b);
// What a sharer reads for a token that the receiver generated; empty: the same id.
std::function<std::int64_t(std::int64_t)> response_ids(const TextSide& receiver, const TextSide& sharer,
                                                       AlignStrategy strategy);

}  // namespace c2c
