// What the fused forward is told about a prompt: sections of receiver tokens, which sharers each section hears, and for
// every sharer its own token ids and which of its tokens each receiver token reads. Ids only: strings ended above.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace c2c {

// Bit i-1 stands for sharer i (1-based), as in the reference; 0 means: not fused.
using SharerMask = std::uint64_t;

struct Section {
  std::int64_t length = 0;  // receiver tokens, > 0
  SharerMask mask = 0;
};

// One sharer's side of a prompt.
struct SharerPlan {
  std::vector<std::int32_t> ids;        // what the sharer reads, pads included
  std::vector<std::int64_t> positions;  // RoPE position of each sharer token; empty: 0, 1, 2, ...
  std::vector<bool> padding;            // true: masked in attention; empty: none
  // Per receiver token the index of the sharer token whose K and V it is fused with, or -1: this token is not fused.
  // Empty: the identity (the reference's kv_cache_index), which needs as many sharer tokens as receiver tokens.
  std::vector<std::int64_t> source;
};

// One sample. Sections cover all receiver ids, in order; the last section is never fused in prefill (its last logits
// start decoding), so its mask must be 0 unless the response is fused.
struct SectionPlan {
  std::vector<std::int32_t> ids;        // receiver's tokens, pads included
  std::vector<std::int64_t> positions;  // empty: 0, 1, 2, ...
  std::vector<bool> padding;            // empty: none
  std::vector<Section> sections;
  std::vector<SharerPlan> sharers;  // sharers[i] is sharer i + 1
};

// The usual plan of an unaligned prompt: all tokens but the last are fused with `mask`, every sharer reads the
// receiver's ids (the reference's [1, 0] x (F - 1), [-1, 0]).
SectionPlan plan_shared_ids(std::vector<std::int32_t> ids, std::size_t sharer_count, SharerMask mask);

// The reference's kv_cache_index of one sample: for each token its sharer flag (-1, 0 or a mask). Equal neighbours make
// a section. `split_last`: end with a section of its own for the last token when the last section is fused.
std::vector<Section> sections_from_index(const std::vector<std::int64_t>& flags, bool split_last);
std::vector<std::int64_t> index_from_sections(const std::vector<Section>& sections);

// Throws kUsage naming what does not fit: lengths, empty prompt, a mask bit without a sharer, a source out of range.
void validate(const SectionPlan& plan, bool include_response);

// "sharers [1, 3]", "no projection": the reference's words for a mask.
std::string describe_mask(SharerMask mask);
SharerMask mask_of_all(std::size_t sharer_count);

}  // namespace c2c
