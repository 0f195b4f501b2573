#include "c2c/infer/pipelines/fused_plan.h"

#include <algorithm>
#include <memory>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/infer/pipelines/single_plan.h"

namespace c2c {
namespace {

// Unaligned: the sharer reads the receiver's ids, which its vocabulary must have.
SharerPlan raw_same_ids(const std::vector<TokenId>& ids, const AlignModel& sharer) {
  for (const TokenId id : ids)
    if (id >= sharer.tokenizer->vocab_size())
      fail_usage({.where = "prompt of " + sharer.name,
                  .found = "token id " + std::to_string(id) + " of the receiver",
                  .expected = "an id below " + std::to_string(sharer.tokenizer->vocab_size()),
                  .hint = "the vocabularies differ: choose an alignment (first, longest or span)"});
  SharerPlan plan;
  plan.ids = ids;
  return plan;
}

SharerPlan raw_span(const Encoding& mine, const AlignModel& sharer, const std::string& text) {
  const Encoding theirs = sharer.tokenizer->encode(text, {.add_special_tokens = true, .offsets = true});
  SharerPlan plan;
  plan.ids = theirs.ids;
  std::size_t next = 0;
  for (std::size_t i = 0; i < mine.ids.size(); ++i) {
    const TextSpan& span = mine.offsets[i];
    while (next < theirs.ids.size() && theirs.offsets[next].begin < span.end) ++next;
    const bool is_text = span.end > span.begin && i + 1 < mine.ids.size();
    plan.source.push_back(is_text && next > 0 ? static_cast<std::int64_t>(next) - 1 : -1);
  }
  return plan;
}

SharerPlan raw_sharer(const AlignModel& receiver, const AlignSharer& sharer, const Encoding& mine,
                      const std::string& text) {
  if (sharer.strategy == AlignStrategy::kOff) return raw_same_ids(mine.ids, sharer.model);
  if (sharer.strategy == AlignStrategy::kSpan) return raw_span(mine, sharer.model, text);
  SharerPlan plan;
  plan.ids = TokenMap(receiver.tokenizer, sharer.model.tokenizer, sharer.strategy).map(mine.ids);
  return plan;
}

SectionPlan plan_encoded(const AlignModel& receiver, const std::vector<AlignSharer>& sharers, const Encoding& mine,
                         const std::string& text, SharerMask mask) {
  SectionPlan plan = plan_shared_ids(mine.ids, sharers.size(), mask);
  for (std::size_t s = 0; s < sharers.size(); ++s) plan.sharers[s] = raw_sharer(receiver, sharers[s], mine, text);
  return plan;
}

// What ids say, and where. A text's own encoding says it exactly; other ids (what a model made) get the characters that
// each of them completes.
Encoding spelled(const std::shared_ptr<const Tokenizer>& tokenizer, const std::vector<TokenId>& ids,
                 std::string& text) {
  text = tokenizer->decode(ids);
  Encoding encoding = tokenizer->encode(text, {.add_special_tokens = false, .offsets = true});
  if (encoding.ids == ids) return encoding;
  encoding = {ids, {}};
  text.clear();
  StreamDecoder decoder(tokenizer, /*skip_special_tokens=*/false);
  std::int64_t end = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::int64_t begin = end;
    std::string piece = decoder.push(ids[i]);
    if (i + 1 == ids.size()) piece += decoder.flush();
    end += static_cast<std::int64_t>(count_code_points(piece));
    text += piece;
    encoding.offsets.push_back({begin, end});
  }
  return encoding;
}

}  // namespace

AlignModel align_model(const TextSide& side) {
  return {side.name, side.tokenizer, side.chat};
}

SectionPlan plan_raw(const AlignModel& receiver, const std::vector<AlignSharer>& sharers, const std::string& text,
                     SharerMask mask) {
  const Encoding mine = receiver.tokenizer->encode(text, {.add_special_tokens = true, .offsets = true});
  if (mine.ids.empty()) fail_usage({.where = "prompt", .found = "no tokens", .expected = "a text"});
  return plan_encoded(receiver, sharers, mine, text, mask);
}

SectionPlan plan_ids(const AlignModel& receiver, const std::vector<AlignSharer>& sharers,
                     const std::vector<TokenId>& ids, SharerMask mask) {
  check_ids(*receiver.tokenizer, ids);
  Encoding mine{ids, {}};
  std::string text;
  const auto needs_text = [](const AlignSharer& sharer) { return sharer.strategy == AlignStrategy::kSpan; };
  if (std::any_of(sharers.begin(), sharers.end(), needs_text)) mine = spelled(receiver.tokenizer, ids, text);
  return plan_encoded(receiver, sharers, mine, text, mask);
}

std::int64_t count_fused(const SectionPlan& plan) {
  std::int64_t count = 0;
  std::size_t column = 0;
  for (const Section& section : plan.sections)
    for (std::int64_t i = 0; i < section.length; ++i, ++column) {
      bool hears = false;
      for (std::size_t s = 0; s < plan.sharers.size(); ++s) {
        const auto& source = plan.sharers[s].source;
        hears |= (section.mask >> s & 1) != 0 && (source.empty() || source[column] >= 0);
      }
      count += hears ? 1 : 0;
    }
  return count;
}

bool same_vocabulary(const Tokenizer& a, const Tokenizer& b) {
  if (&a == &b) return true;
  for (const char* text : {"The quick brown fox: 12345 + 67 = ?\n\tdef f(x):\n        return x", "Ünïcödé, ça va?",
                           "北京是中国的首都。", "🚀 emoji", "Привет, мир", "<|im_start|>user\n"})
    if (a.encode_ids(text, false) != b.encode_ids(text, false)) return false;
  return true;
}

std::function<std::int64_t(std::int64_t)> response_ids(const TextSide& receiver, const TextSide& sharer,
                                                       AlignStrategy strategy) {
  if (strategy == AlignStrategy::kOff) return {};
  const AlignStrategy one_token = strategy == AlignStrategy::kLongest ? strategy : AlignStrategy::kFirst;
  auto map = std::make_shared<const TokenMap>(receiver.tokenizer, sharer.tokenizer, one_token);
  return [map](std::int64_t id) { return static_cast<std::int64_t>((*map)(static_cast<TokenId>(id))); };
}

}  // namespace c2c
