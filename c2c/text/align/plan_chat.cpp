#include "c2c/text/align/plan_chat.h"

#include <algorithm>

#include "c2c/base/log.h"

namespace c2c {
namespace {

bool is_column_strategy(AlignStrategy strategy) {
  return strategy == AlignStrategy::kFirst || strategy == AlignStrategy::kLongest;
}

// Flags of the message columns, without those of a message that ends the prompt.
std::vector<std::int64_t> message_flags(const AlignedChat& chat, SharerMask mask) {
  std::vector<std::int64_t> flags(chat.message_mask.size(), -1);
  for (std::size_t i = 0; i < flags.size(); ++i)
    if (chat.message_mask[i] && mask != 0) flags[i] = static_cast<std::int64_t>(mask);
  for (std::size_t i = flags.size(); i > 0 && chat.message_mask[i - 1]; --i) flags[i - 1] = -1;
  return flags;
}

// Empty where nothing is padded.
std::vector<bool> without_empty(std::vector<bool> padding) {
  if (std::find(padding.begin(), padding.end(), true) == padding.end()) padding.clear();
  return padding;
}

// The reference's form: both sides padded to one length.
SectionPlan padded_plan(AlignedChat chat, SharerMask mask) {
  while (!chat.receiver_padding.empty() && chat.receiver_padding.back()) {
    for (auto* ids : {&chat.receiver_ids, &chat.sharer_ids}) ids->pop_back();
    for (auto* bits : {&chat.receiver_padding, &chat.sharer_padding, &chat.message_mask}) bits->pop_back();
  }
  SectionPlan plan;
  plan.sections = sections_from_index(message_flags(chat, mask), true);
  plan.ids = std::move(chat.receiver_ids);
  plan.padding = without_empty(std::move(chat.receiver_padding));
  plan.sharers.resize(1);
  plan.sharers[0].ids = std::move(chat.sharer_ids);
  plan.sharers[0].padding = without_empty(std::move(chat.sharer_padding));
  return plan;
}

// The same alignment without pads: `source` says which sharer token stands in a receiver token's column.
SharerPlan unpadded_sharer(const AlignedChat& chat) {
  SharerPlan plan;
  const std::vector<std::int64_t> flags = message_flags(chat, 1);
  for (std::size_t i = 0; i < chat.sharer_ids.size(); ++i) {
    if (!chat.receiver_padding[i])
      plan.source.push_back(flags[i] > 0 ? static_cast<std::int64_t>(plan.ids.size()) : -1);
    if (!chat.sharer_padding[i]) plan.ids.push_back(chat.sharer_ids[i]);
  }
  return plan;
}

SharerPlan shared_ids(const AlignModel& receiver, const AlignModel& sharer, const std::vector<TokenId>& ids) {
  SharerPlan plan;
  plan.ids = ids;
  bool differs = false;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] >= sharer.tokenizer->vocab_size())
      fail_usage({.where = "prompt of " + sharer.name,
                  .key = "token " + std::to_string(i),
                  .found = "id " + std::to_string(ids[i]) + " of " + receiver.name,
                  .expected = "an id below " + std::to_string(sharer.tokenizer->vocab_size()),
                  .hint = "the vocabularies differ: choose an alignment (first, longest or span)"});
    differs |= receiver.tokenizer->id_to_token(ids[i]) != sharer.tokenizer->id_to_token(ids[i]);
    plan.source.push_back(i + 1 < ids.size() ? static_cast<std::int64_t>(i) : -1);
  }
  if (differs)
    log_warning(sharer.name + " reads the token ids of " + receiver.name +
                ", but its vocabulary differs: choose an alignment (first, longest or span)");
  return plan;
}

struct PlacedContents {
  std::vector<std::optional<ContentPlace>> places;
  std::vector<std::pair<std::size_t, std::size_t>> ranges;  // tokens of each message's content; empty: no place
};

PlacedContents placed(const AlignModel& model, const RenderedChat& chat, const Messages& messages,
                      const AlignOptions& options) {
  PlacedContents out;
  out.places = place_contents(model, messages, options, chat.text);
  for (const auto& place : out.places) {
    const auto range = place ? token_ranges(chat.encoding.offsets, {place->in_text}).front() : std::pair{0UL, 0UL};
    out.ranges.emplace_back(range);
  }
  return out;
}

SharerPlan span_sharer(const AlignModel& receiver, const RenderedChat& mine, const AlignModel& sharer,
                       const Messages& messages, const AlignOptions& options) {
  const RenderedChat theirs = render_chat(sharer, messages, options);
  const PlacedContents me = placed(receiver, mine, messages, options), they = placed(sharer, theirs, messages, options);
  SharerPlan plan;
  plan.ids = theirs.encoding.ids;
  plan.source.assign(mine.encoding.ids.size(), -1);
  for (std::size_t m = 0; m < messages.size(); ++m) {
    if (!me.places[m] || !they.places[m]) continue;
    if (me.ranges[m].second == mine.encoding.ids.size()) continue;  // it ends the prompt: the last section
    const ContentPlace &my_place = *me.places[m], &their_place = *they.places[m];
    std::size_t next = they.ranges[m].first;
    for (std::size_t t = me.ranges[m].first; t < me.ranges[m].second; ++t) {
      // Both in code points of the content.
      const std::int64_t end = std::min(mine.encoding.offsets[t].end, my_place.in_text.end) - my_place.in_text.begin +
                               my_place.content_begin;
      const auto begins_before = [&](std::size_t s) {
        const std::int64_t begin = std::max(theirs.encoding.offsets[s].begin, their_place.in_text.begin);
        return begin - their_place.in_text.begin + their_place.content_begin < end;
      };
      while (next < they.ranges[m].second && begins_before(next)) ++next;
      if (next > they.ranges[m].first) plan.source[t] = static_cast<std::int64_t>(next) - 1;
    }
  }
  return plan;
}

// Sections where the same sharers are heard.
std::vector<Section> sections_of(const SectionPlan& plan, SharerMask mask) {
  std::vector<std::int64_t> flags(plan.ids.size(), -1);
  for (std::size_t s = 0; s < plan.sharers.size(); ++s) {
    const SharerMask bit = SharerMask{1} << s;
    if ((mask & bit) == 0) continue;
    for (std::size_t i = 0; i < flags.size(); ++i)
      if (plan.sharers[s].source[i] >= 0)
        flags[i] = std::max<std::int64_t>(flags[i], 0) | static_cast<std::int64_t>(bit);
  }
  return sections_from_index(flags, true);
}

}  // namespace

SectionPlan plan_chat(const AlignModel& receiver, const std::vector<AlignSharer>& sharers, const Messages& messages,
                      const AlignOptions& options, SharerMask mask) {
  if (sharers.size() > 62)
    fail_usage({.where = "sharers", .found = std::to_string(sharers.size()), .expected = "at most 62"});
  mask &= mask_of_all(sharers.size());
  if (sharers.size() == 1 && is_column_strategy(sharers[0].strategy))
    return padded_plan(Aligner(receiver, sharers[0].model, sharers[0].strategy).align_chat(messages, options), mask);
  const RenderedChat mine = render_chat(receiver, messages, options);
  SectionPlan plan;
  plan.ids = mine.encoding.ids;
  for (const AlignSharer& sharer : sharers) {
    if (sharer.strategy == AlignStrategy::kOff)
      plan.sharers.push_back(shared_ids(receiver, sharer.model, plan.ids));
    else if (sharer.strategy == AlignStrategy::kSpan)
      plan.sharers.push_back(span_sharer(receiver, mine, sharer.model, messages, options));
    else
      plan.sharers.push_back(
          unpadded_sharer(Aligner(receiver, sharer.model, sharer.strategy).align_chat(messages, options)));
    if (plan.sharers.back().source.size() != plan.ids.size())  // contents found out of order: tokens taken twice
      throw AlignmentError(ErrorKind::kInput, {.where = "alignment of " + receiver.name + " and " + sharer.model.name,
                                               .key = "contents of messages overlap in the rendered text"});
  }
  plan.sections = sections_of(plan, mask);
  for (std::size_t s = 0; s < sharers.size(); ++s)  // the identity is said by an empty list
    if (sharers[s].strategy == AlignStrategy::kOff) plan.sharers[s].source.clear();
  return plan;
}

}  // namespace c2c
