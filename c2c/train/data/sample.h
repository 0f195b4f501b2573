// One training sample: what the fused forward is told about a conversation, and which of its tokens are learned.
#pragma once
#include <cstdint>
#include <vector>

#include "c2c/text/align/section_plan.h"

namespace c2c {

// A token that is not learned (torch's ignore_index).
inline constexpr std::int32_t kIgnoredLabel = -100;

struct Sample {
  SectionPlan plan;
  std::vector<std::int32_t> labels;  // one per receiver token: its id, or kIgnoredLabel

  std::int64_t label_count() const {
    std::int64_t count = 0;
    for (const std::int32_t label : labels) count += label != kIgnoredLabel;
    return count;
  }
};

}  // namespace c2c
