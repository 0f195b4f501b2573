// A conversation for one receiver and its sharers, each aligned in its own way, as one section plan.
#pragma once
#include <vector>

#include "c2c/text/align/aligner.h"
#include "c2c/text/align/section_plan.h"

namespace c2c {

struct AlignSharer {
  AlignModel model;
  AlignStrategy strategy = AlignStrategy::kOff;
};

// `mask`: which sharers are heard at all. Every sharer is planned for, heard or not.
//
// off: the sharer reads the receiver's ids and every token but the last is fused (a warning says where the two
// vocabularies differ; an id that the sharer does not have is an error).
// first, longest: tokens of message contents are fused. One sharer alone keeps the reference's form, both prompts
// padded section by section; pads at the receiver's very end are left out, since its last token must be a real one.
// Among several sharers nothing is padded: the columns of the alignment become `source` lists. span: the sharer reads
// its own rendering; a content token reads the last sharer token of that content that starts before its end (code
// points).
//
// The last section is never fused: a content that ends the prompt (remove_last_suffix) is heard by no aligned sharer.
// Throws AlignmentError where first or longest cannot align, and where an aligned prompt is empty kUsage.
SectionPlan plan_chat(const AlignModel& receiver, const std::vector<AlignSharer>& sharers, const Messages& messages,
                      const AlignOptions& options, SharerMask mask = ~SharerMask{0});

}  // namespace c2c
