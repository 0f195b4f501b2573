#include "c2c/train/data/encode.h"

#include <algorithm>

#include "c2c/base/error.h"

namespace c2c {
namespace {

const AlignOptions kWhole{.add_generation_prompt = false, .enable_thinking = false};
const AlignOptions kPrompt{.add_generation_prompt = true, .enable_thinking = false};

std::size_t instruction_tokens(const AlignModel& receiver, const Messages& messages) {
  return render_chat(receiver, messages, kPrompt).encoding.ids.size();
}

// Token ranges of each message's content; empty where a content was not found.
std::vector<std::pair<std::size_t, std::size_t>> content_ranges(const AlignModel& receiver, const RenderedChat& chat,
                                                                const Messages& messages) {
  std::vector<std::pair<std::size_t, std::size_t>> ranges;
  for (const auto& place : place_contents(receiver, messages, kWhole, chat.text))
    ranges.push_back(place ? token_ranges(chat.encoding.offsets, {place->in_text}).front() : std::pair{0UL, 0UL});
  return ranges;
}

// Column of the `count`-th real token.
std::size_t column_of(const SectionPlan& plan, std::size_t count) {
  if (plan.padding.empty()) return std::min(count, plan.ids.size());
  std::size_t column = 0;
  for (std::size_t real = 0; column < plan.ids.size(); ++column)
    if (!plan.padding[column] && real++ == count) break;
  return column;
}

void label(Sample& sample, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < std::min(end, sample.plan.ids.size()); ++i)
    if (sample.plan.padding.empty() || !sample.plan.padding[i]) sample.labels[i] = sample.plan.ids[i];
}

// The tokens that close message `m`: what follows its content where the conversation ends there, as far as the whole
// conversation goes on alike.
std::size_t turn_end(const AlignModel& receiver, const Messages& messages, std::size_t m,
                     const std::vector<TokenId>& whole, std::size_t content_end) {
  const Messages until(messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(m) + 1);
  const RenderedChat chat = render_chat(receiver, until, kWhole);
  const auto& ids = chat.encoding.ids;
  const std::size_t begin = content_ranges(receiver, chat, until).back().second;
  std::size_t end = content_end;
  for (std::size_t i = begin; begin > 0 && i < ids.size() && end < whole.size() && ids[i] == whole[end]; ++i) ++end;
  return end;
}

}  // namespace

std::string_view to_string(Skipped reason) {
  switch (reason) {
    case Skipped::kNone:
      return "kept";
    case Skipped::kNoResponse:
      return "no assistant message at the end";
    case Skipped::kTooLong:
      return "nothing left to learn within max_length";
    case Skipped::kUnalignable:
      return "cannot be aligned";
    case Skipped::kUnreadable:
      return "unreadable";
  }
  return "";
}

SampleEncoder::SampleEncoder(AlignModel receiver, std::vector<AlignSharer> sharers, SampleOptions options)
    : receiver_(std::move(receiver)), sharers_(std::move(sharers)), options_(options) {}

EncodedSample SampleEncoder::encode(const Messages& messages) const {
  EncodedSample out;
  const auto skip = [&](Skipped reason, const std::string& detail = {}) {
    out.sample = {};
    out.skipped = reason;
    out.detail = detail;
    return out;
  };
  if (messages.size() < 2 || messages.back().role != "assistant" || messages.back().content.empty())
    return skip(Skipped::kNoResponse);
  try {
    out.sample = sharers_.empty() ? alone(messages) : with_sharers(messages, sharers_);
  } catch (const AlignmentError& failure) {
    std::vector<AlignSharer> unaligned = sharers_;
    for (AlignSharer& sharer : unaligned) sharer.strategy = AlignStrategy::kOff;
    try {
      out.sample = with_sharers(messages, unaligned);
      out.unaligned = true;
    } catch (const Error&) {
      return skip(Skipped::kUnalignable, failure.what());
    }
  } catch (const Error& failure) {
    return skip(Skipped::kUnreadable, failure.what());
  }
  if (out.sample.label_count() == 0) return skip(Skipped::kNoResponse);
  truncate(out.sample, options_.max_length);
  if (out.sample.label_count() == 0) return skip(Skipped::kTooLong);
  return out;
}

Sample SampleEncoder::with_sharers(const Messages& messages, const std::vector<AlignSharer>& sharers) const {
  const bool aligned = std::any_of(sharers.begin(), sharers.end(),
                                   [](const AlignSharer& s) { return s.strategy != AlignStrategy::kOff; });
  Sample sample;
  sample.plan = plan_chat(receiver_, sharers, messages, kWhole);
  SectionPlan& plan = sample.plan;
  std::size_t response = instruction_tokens(receiver_, Messages(messages.begin(), messages.end() - 1));
  if (aligned) {
    const auto ranges = content_ranges(receiver_, render_chat(receiver_, messages, kWhole), messages);
    if (ranges.back().second > ranges.back().first) response = ranges.back().first;
  }
  response = column_of(plan, response);
  std::vector<std::int64_t> flags = index_from_sections(plan.sections);
  // The token before the response predicts its first one: it is read in the last section.
  for (std::size_t i = response > 0 ? response - 1 : 0; i < flags.size(); ++i) flags[i] = -1;
  plan.sections = sections_from_index(flags, true);
  sample.labels.assign(plan.ids.size(), kIgnoredLabel);
  label(sample, response, plan.ids.size());
  return sample;
}

Sample SampleEncoder::alone(const Messages& messages) const {
  const RenderedChat chat = render_chat(receiver_, messages, kWhole);
  Sample sample;
  sample.plan.ids = chat.encoding.ids;
  sample.plan.sections = {{static_cast<std::int64_t>(chat.encoding.ids.size()), 0}};
  sample.labels.assign(sample.plan.ids.size(), kIgnoredLabel);
  if (options_.label_mask == LabelMask::kReference) {
    label(sample, instruction_tokens(receiver_, {messages.front()}), sample.plan.ids.size());
    return sample;
  }
  const auto ranges = content_ranges(receiver_, chat, messages);
  for (std::size_t m = 0; m < messages.size(); ++m)
    if (messages[m].role == "assistant" && ranges[m].second > ranges[m].first)
      label(sample, ranges[m].first, turn_end(receiver_, messages, m, chat.encoding.ids, ranges[m].second));
  return sample;
}

void truncate(Sample& sample, std::int64_t length) {
  SectionPlan& plan = sample.plan;
  const auto size = static_cast<std::size_t>(std::max<std::int64_t>(0, length));
  if (plan.ids.size() <= size) return;
  const auto cut = [&](auto& list) {
    if (list.size() > size) list.resize(size);
  };
  // Unaligned sharers have a token for each of the receiver's.
  for (SharerPlan& sharer : plan.sharers) {
    const bool paired = sharer.source.empty();
    cut(sharer.source);
    if (!paired) continue;
    cut(sharer.ids);
    cut(sharer.positions);
    cut(sharer.padding);
  }
  cut(plan.ids);
  cut(plan.positions);
  cut(plan.padding);
  cut(sample.labels);
  std::vector<std::int64_t> flags = index_from_sections(plan.sections);
  cut(flags);
  plan.sections = sections_from_index(flags, true);
}

}  // namespace c2c
