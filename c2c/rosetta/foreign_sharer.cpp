#include <algorithm>

#include "c2c/base/error.h"
#include "c2c/rosetta/rosetta.h"

namespace c2c {
namespace {

// Receiver tokens that read from sharer `s`, in order: those of the prompt's fused sections, or of the last section.
std::vector<std::int64_t> reading_tokens(const SectionPlan& plan, std::size_t s, bool last) {
  const std::vector<std::int64_t>& source = plan.sharers[s].source;
  std::vector<std::int64_t> tokens;
  std::int64_t begin = 0;
  for (std::size_t i = 0; i < plan.sections.size(); ++i) {
    const std::int64_t end = begin + plan.sections[i].length;
    const bool is_last = i + 1 == plan.sections.size();
    for (std::int64_t t = begin; t < end; ++t) {
      const bool reads = source.empty() ? t < static_cast<std::int64_t>(plan.sharers[s].ids.size())
                                        : source[static_cast<std::size_t>(t)] >= 0;
      if (reads && is_last == last && (last || (plan.sections[i].mask >> s & 1) != 0)) tokens.push_back(t);
    }
    begin = end;
  }
  return tokens;
}

std::int64_t source_of(const SharerPlan& sharer, std::int64_t token) {
  return sharer.source.empty() ? token : sharer.source[static_cast<std::size_t>(token)];
}

}  // namespace

SectionPlan with_foreign_sharer(const SectionPlan& mine, const SectionPlan& other) {
  SectionPlan out = mine;
  for (std::size_t s = 0; s < mine.sharers.size(); ++s) {
    if (s >= other.sharers.size() || other.sharers[s].ids.empty()) {
      if (mine.sharers[s].ids.empty()) continue;
      fail_usage({.where = "another question's sharer cache",
                  .key = "sharer " + std::to_string(s + 1),
                  .found = "no tokens in the other question's plan",
                  .expected = "ids for each sharer of this question's plan"});
    }
    const SharerPlan& own = mine.sharers[s];
    const SharerPlan& theirs = other.sharers[s];
    SharerPlan& swapped = out.sharers[s];
    swapped = theirs;
    swapped.source = own.source;
    if (theirs.ids.size() == own.ids.size()) continue;
    swapped.source.assign(mine.ids.size(), -1);
    for (const bool last : {false, true}) {
      const std::vector<std::int64_t> readers = reading_tokens(mine, s, last);
      const std::vector<std::int64_t> models = reading_tokens(other, s, last);
      for (std::size_t k = 0; k < readers.size(); ++k)
        swapped.source[static_cast<std::size_t>(readers[k])] =
            models.empty() ? static_cast<std::int64_t>(std::min(k, theirs.ids.size() - 1))
                           : source_of(theirs, models[std::min(k, models.size() - 1)]);
    }
  }
  return out;
}

}  // namespace c2c
