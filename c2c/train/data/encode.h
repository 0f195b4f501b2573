// A conversation to a training sample: sections, sharer tokens and labels (spec/training.md, section 7).
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "c2c/text/align/plan_chat.h"
#include "c2c/train/data/sample.h"

namespace c2c {

// Which tokens of a single model's conversation are learned.
enum class LabelMask {
  kAssistant,  // every assistant turn, with the tokens that close it
  kReference,  // everything after the first message's rendering (the reference: later user turns too)
};

struct SampleOptions {
  std::int64_t max_length = 2048;                // receiver tokens, pads included; what is longer is cut at its end
  LabelMask label_mask = LabelMask::kAssistant;  // without sharers only
};

// Why a conversation gives no sample.
enum class Skipped {
  kNone,
  kNoResponse,   // no last assistant message, or an empty one
  kTooLong,      // cutting it to max_length leaves nothing to learn
  kUnalignable,  // the renderings cannot be aligned and the sharer cannot read the receiver's ids
  kUnreadable,   // the row or the template failed
};
std::string_view to_string(Skipped reason);

struct EncodedSample {
  Sample sample;  // empty unless skipped is kNone
  Skipped skipped = Skipped::kNone;
  bool unaligned = false;  // fell back to the receiver's ids
  std::string detail;      // of what failed
};

// The last message is the response: it is learned and, in its own section, not fused. Before it everything (unaligned:
// but the last token) or, aligned, every message's content is fused with all sharers. Const and thread-safe.
class SampleEncoder {
 public:
  SampleEncoder(AlignModel receiver, std::vector<AlignSharer> sharers, SampleOptions options);
  EncodedSample encode(const Messages& messages) const;
  const SampleOptions& options() const { return options_; }

 private:
  Sample with_sharers(const Messages& messages, const std::vector<AlignSharer>& sharers) const;
  Sample alone(const Messages& messages) const;

  AlignModel receiver_;
  std::vector<AlignSharer> sharers_;
  SampleOptions options_;
};

// The first `length` tokens of a sample.
void truncate(Sample& sample, std::int64_t length);

}  // namespace c2c
