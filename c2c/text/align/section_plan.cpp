#include "c2c/text/align/section_plan.h"

#include <algorithm>

#include "c2c/base/error.h"

namespace c2c {
namespace {

constexpr std::size_t kMaxSharers = 64;  // bits of a SharerMask

[[noreturn]] void fail_plan(std::string key, std::string found, std::string expected, std::string hint = {}) {
  fail_usage({.where = "section plan",
              .key = std::move(key),
              .found = std::move(found),
              .expected = std::move(expected),
              .hint = std::move(hint)});
}

std::string count_of(std::size_t count, const char* what) {
  return std::to_string(count) + " " + what;
}

// Ids, positions and padding of one model.
void validate_tokens(const std::string& who, const std::vector<std::int32_t>& ids,
                     const std::vector<std::int64_t>& positions, const std::vector<bool>& padding) {
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (ids[i] < 0) fail_plan(who + " ids[" + std::to_string(i) + "]", std::to_string(ids[i]), "a token id >= 0");
  const std::string tokens = count_of(ids.size(), "(one per token), or none");
  if (!positions.empty() && positions.size() != ids.size())
    fail_plan(who + " positions", count_of(positions.size(), "entries"), tokens);
  for (std::size_t i = 0; i < positions.size(); ++i)
    if (positions[i] < 0)
      fail_plan(who + " positions[" + std::to_string(i) + "]", std::to_string(positions[i]), "a position >= 0");
  if (!padding.empty() && padding.size() != ids.size())
    fail_plan(who + " padding", count_of(padding.size(), "entries"), tokens);
}

void validate_source(const std::string& who, const SharerPlan& sharer, std::size_t receiver_tokens) {
  if (sharer.source.size() != receiver_tokens)
    fail_plan(who + " source", count_of(sharer.source.size(), "entries"),
              count_of(receiver_tokens, "(one per receiver token), or none"));
  const auto limit = static_cast<std::int64_t>(sharer.ids.size());
  for (std::size_t i = 0; i < receiver_tokens; ++i)
    if (sharer.source[i] < -1 || sharer.source[i] >= limit)
      fail_plan(who + " source[" + std::to_string(i) + "]", std::to_string(sharer.source[i]),
                "-1 or an index below " + std::to_string(limit));
}

// Returns the union of all masks.
SharerMask validate_sections(const SectionPlan& plan, bool include_response) {
  const auto tokens = static_cast<std::int64_t>(plan.ids.size());
  const SharerMask known = mask_of_all(plan.sharers.size());
  std::int64_t total = 0;
  SharerMask used = 0;
  for (std::size_t i = 0; i < plan.sections.size(); ++i) {
    const Section& section = plan.sections[i];
    const std::string key = "section " + std::to_string(i);
    if (section.length <= 0) fail_plan(key, "length " + std::to_string(section.length), "at least one token");
    if (section.length > tokens - total)
      fail_plan("sections", "more tokens than the prompt", count_of(plan.ids.size(), "receiver tokens in all"));
    total += section.length;
    if ((section.mask & ~known) != 0)
      fail_plan(key, "mask of " + describe_mask(section.mask),
                plan.sharers.empty() ? "no projection: there is no sharer" : "a mask within " + describe_mask(known),
                "the mask names a sharer that is not there");
    used |= section.mask;
  }
  if (total != tokens)
    fail_plan("sections", count_of(static_cast<std::size_t>(total), "tokens"),
              count_of(plan.ids.size(), "receiver tokens"));
  if (!include_response && plan.sections.back().mask != 0)
    fail_plan("last section", describe_mask(plan.sections.back().mask), "no projection",
              "the last section starts decoding and is fused only with include_response");
  return used;
}

}  // namespace

SectionPlan plan_shared_ids(std::vector<std::int32_t> ids, std::size_t sharer_count, SharerMask mask) {
  SectionPlan plan;
  const auto tokens = static_cast<std::int64_t>(ids.size());
  if (tokens > 1) plan.sections.push_back({tokens - 1, mask});
  if (tokens > 0) plan.sections.push_back({1, 0});
  plan.sharers.resize(sharer_count);
  for (SharerPlan& sharer : plan.sharers) sharer.ids = ids;
  plan.ids = std::move(ids);
  return plan;
}

std::vector<Section> sections_from_index(const std::vector<std::int64_t>& flags, bool split_last) {
  std::vector<Section> sections;
  for (std::size_t i = 0; i < flags.size(); ++i) {
    if (flags[i] < -1)
      fail_plan("kv_cache_index[" + std::to_string(i) + "]", std::to_string(flags[i]),
                "-1 (no projection), 0 or a mask of sharers");
    if (i > 0 && flags[i] == flags[i - 1])
      ++sections.back().length;
    else
      sections.push_back({1, flags[i] > 0 ? static_cast<SharerMask>(flags[i]) : 0});
  }
  if (split_last && !sections.empty() && sections.back().mask != 0) {
    if (--sections.back().length == 0) sections.pop_back();
    sections.push_back({1, 0});
  }
  return sections;
}

std::vector<std::int64_t> index_from_sections(const std::vector<Section>& sections) {
  std::vector<std::int64_t> flags;
  for (const Section& section : sections)
    flags.insert(flags.end(), static_cast<std::size_t>(std::max<std::int64_t>(section.length, 0)),
                 section.mask == 0 ? -1 : static_cast<std::int64_t>(section.mask));
  return flags;
}

void validate(const SectionPlan& plan, bool include_response) {
  if (plan.ids.empty()) fail_plan("prompt", "no tokens", "at least one token", "an empty prompt cannot be continued");
  if (plan.sharers.size() > kMaxSharers)
    fail_plan("sharers", std::to_string(plan.sharers.size()), "at most " + std::to_string(kMaxSharers));
  validate_tokens("receiver", plan.ids, plan.positions, plan.padding);
  const SharerMask used = validate_sections(plan, include_response);
  for (std::size_t i = 0; i < plan.sharers.size(); ++i) {
    const SharerPlan& sharer = plan.sharers[i];
    const std::string who = "sharer " + std::to_string(i + 1);
    validate_tokens(who, sharer.ids, sharer.positions, sharer.padding);
    if (!sharer.source.empty())
      validate_source(who, sharer, plan.ids.size());
    else if ((used >> i & 1) != 0 && sharer.ids.size() != plan.ids.size())
      fail_plan(who + " ids", count_of(sharer.ids.size(), "tokens"),
                count_of(plan.ids.size(), "as the receiver has (or a source list)"));
  }
}

std::string describe_mask(SharerMask mask) {
  if (mask == 0) return "no projection";
  std::string text;
  for (int sharer = 1; mask != 0; ++sharer, mask >>= 1)
    if ((mask & 1) != 0) text += (text.empty() ? "" : ", ") + std::to_string(sharer);
  return "sharers [" + text + "]";
}

SharerMask mask_of_all(std::size_t sharer_count) {
  if (sharer_count >= kMaxSharers) return ~SharerMask{0};
  return (SharerMask{1} << sharer_count) - 1;
}

}  // namespace c2c
