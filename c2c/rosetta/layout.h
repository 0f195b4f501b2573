// A batch of section plans as columns, cut into the few receiver passes that fusing needs: prompts are padded to one
// length, on the left or behind the prefix that they share, and, where that saves passes, so that what is fused ends in
// the same columns in every row. Legend: B batch, L columns.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "c2c/rosetta/rosetta.h"
#include "c2c/rosetta/token_batch.h"
#include "c2c/rosetta/token_selection.h"

namespace c2c {

// Tokens that one sharer's fuser writes in one call.
struct FuseGroup {
  std::size_t sharer = 0;
  TokenSelection receiver;  // of the receiver's cache
  TokenSelection source;    // of the sharer's cache, rows and columns of its own TokenBatch
  bool in_shadow = false;   // the shadow cache takes the fused tokens over too
};

// One receiver pass over columns [begin, end).
struct Segment {
  std::int64_t begin = 0, end = 0;
  std::int64_t fuse_begin = 0;   // `fused` lies in columns [fuse_begin, end)
  std::vector<FuseGroup> fused;  // sections that end here and are fused before the next column is read
  // include_response: rows whose columns here are response, and what is fused while they are read.
  std::vector<std::int64_t> response_rows;
  std::vector<FuseGroup> response;
};

struct Layout {
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  std::int64_t rows = 0, columns = 0;
  TokenBatch receiver;
  std::vector<TokenBatch> sharers;  // without rows where nobody hears the sharer
  std::vector<Segment> segments;
  std::vector<SharerMask> response;      // per row
  std::int64_t shadow_begin = kNever;    // column from which the shadow cache is a separate one
  std::vector<std::int64_t> last_begin;  // per row: first column of its last section
  // The fused section in whose midst the resumed prefix ends.
  std::int64_t open_begin = kNever, open_end = kNever;
};

struct PrefixMatch;  // prefill.h

struct LayoutModels {
  const CausalLm& receiver;
  const std::vector<SharerEntry>& sharers;
  SharerMask heard = 0;  // sharers whose fuser would change anything: nobody listens to the others
  RosettaOptions options;
  const PrefixCache* prefix = nullptr;
  const PrefixMatch* resume = nullptr;  // one plan only: so many tokens were read, and fused, before
  bool only_left = false;  // pads stand on the left alone, so that columns are those of another pass over these prompts
};

// Throws kUsage for what validate() finds, a mask naming a sharer that is not there, ids outside a vocabulary and
// prompts past a context length.
Layout lay_out(const std::vector<SectionPlan>& plans, const LayoutModels& models);

// Columns [begin, end) as a model reads them, behind the `begin` that are in its cache.
ForwardInput input_columns(const TokenBatch& tokens, std::int64_t begin, std::int64_t end, KvCache& cache);
// One more token per row; the row's mask and positions move on.
ForwardInput next_input(const at::Tensor& ids_B, KvCache& cache, at::Tensor& mask_BT, at::Tensor& next_position_B);

}  // namespace c2c
