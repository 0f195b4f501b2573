#include "c2c/rosetta/fused_pass.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "c2c/base/error.h"
#include "c2c/rosetta/listen.h"
#include "c2c/rosetta/prefix.h"
#include "c2c/rosetta/response.h"
#include "c2c/rosetta/stopwatch.h"

namespace c2c {
namespace {

RosettaState start(const Layout& layout, const CausalLm& receiver, const ForwardOptions& options) {
  const std::int64_t reserve = options.reserve;
  RosettaState state;
  // One conversation may grow up to the context's end; batches are of known size.
  const bool may_grow = layout.rows == 1 && !options.training;
  state.receiver = receiver.make_cache(layout.rows, may_grow ? receiver.config().max_positions : 0);
  state.receiver.reserve(layout.columns + reserve);
  state.mask_BT = layout.receiver.decode_mask_BL;
  state.next_position_B = layout.receiver.next_position_B;
  for (std::int64_t row = 0; row < layout.rows; ++row)
    state.lengths.push_back(1 + layout.receiver.token(row, layout.columns - 1));
  state.response = layout.response;
  return state;
}

FusePositions prompt_positions(const Layout& layout) {
  FusePositions positions{{layout.receiver.positions_BL}, {}};
  for (const TokenBatch& sharer : layout.sharers) positions.sharers.push_back({sharer.positions_BL});
  return positions;
}

}  // namespace

FusedPass::FusedPass(const Rosetta& rosetta, const std::vector<SectionPlan>& plans, RosettaState& state,
                     PassOptions options)
    : rosetta_(rosetta), receiver_(rosetta.receiver()), state_(state), options_(std::move(options)) {
  const ForwardOptions& forward = options_.forward;
  layout_ = lay_out(plans, {.receiver = receiver_,
                            .sharers = rosetta.sharers(),
                            .heard = heard_sharers(rosetta.sharers(), forward.training),
                            .options = rosetta.options(),
                            .prefix = forward.prefix,
                            .resume = options_.reuse != nullptr ? &options_.match : nullptr,
                            .only_left = forward.observer != nullptr});
  state_ = start(layout_, receiver_, forward);
  seed_receiver();
  start_listening(layout_, rosetta.sharers(), state_);
  seed_sharers();
  if (!layout_.sharers.empty()) column_ = layout_.sharers.front().prefix;
  wanted_ = forward.whole_last_section ? *std::min_element(layout_.last_begin.begin(), layout_.last_begin.end())
                                       : std::max<std::int64_t>(0, layout_.columns - 1 - forward.tail);
  task_.emplace(FuseTask{.sharers = rosetta.sharers(),
                         .dtypes = rosetta.fuser_dtypes(),
                         .heard = state_.sharers,
                         .mode = rosetta.options().fusion,
                         .project = {forward.training, forward.draws},
                         .observer = forward.observer,
                         .placed = &layout_.receiver,
                         .positions = prompt_positions(layout_)});
  start_shadow(layout_, layout_.receiver.prefix, state_);
}

// Tokens of a section that goes on behind the prefix are read by its other tokens as they were before fusing.
void FusedPass::seed_receiver() {
  const std::int64_t tokens = layout_.receiver.prefix;
  if (options_.forward.prefix != nullptr) seed(state_.receiver, options_.forward.prefix->receiver.cache, 0, tokens);
  if (options_.reuse == nullptr) return;
  const std::int64_t open = layout_.open_begin == Layout::kNever ? tokens : layout_.open_begin;
  const bool has_clean = options_.reuse->clean.length() > 0;
  seed(state_.receiver, options_.reuse->fused, 0, open);
  seed(state_.receiver, has_clean ? options_.reuse->clean : options_.reuse->fused, open, tokens);
}

void FusedPass::seed_sharers() {
  for (std::size_t s = 0; s < state_.sharers.size(); ++s) {
    const std::int64_t tokens = state_.sharers[s].rows.empty() ? 0 : layout_.sharers[s].prefix;
    if (options_.forward.prefix != nullptr && tokens > 0)
      seed(state_.sharers[s].cache, options_.forward.prefix->sharers[s].cache, 0, tokens);
    if (options_.reuse != nullptr && tokens > 0) seed(state_.sharers[s].cache, options_.reuse->sharers[s], 0, tokens);
  }
}

bool FusedPass::hear() {
  for (; sharer_ < layout_.sharers.size(); ++sharer_) {
    const TokenBatch& tokens = layout_.sharers[sharer_];
    column_ = std::max(column_, tokens.prefix);
    if (!tokens.rows.empty() && column_ < tokens.columns) {
      const std::int64_t end = piece_end(column_, tokens.columns);
      const SharerEntry& sharer = rosetta_.sharers()[sharer_];
      const Stopwatch watch(state_.timing.sharer_prefill, sharer.model->options().device());
      hear_columns(tokens, sharer, column_, end, state_.sharers[sharer_].cache, options_.forward.training);
      column_ = end;
      return true;
    }
    column_ = 0;
  }
  return false;
}

bool FusedPass::advance() {
  if (done_ || hear()) return done_;
  if (segment_ < layout_.segments.size()) {
    const Segment& segment = layout_.segments[segment_];
    column_ = std::max(column_, segment.begin);
    if (column_ < segment.end) {
      read(segment);
      if (column_ < segment.end || !segment.fused.empty()) return false;  // fusing is a piece of its own
    }
    start_shadow(layout_, segment.end, state_);
    remember(segment);
    fuse(segment);
    restore(segment);
    ++segment_;
  }
  if (segment_ == layout_.segments.size()) finish();
  return done_;
}

// One receiver pass. Where the response is fused, what it reads of itself is fused before it reads it.
void FusedPass::read(const Segment& segment) {
  const std::int64_t end = segment.response_rows.empty() ? piece_end(column_, segment.end) : segment.end;
  ForwardInput input = input_columns(layout_.receiver, column_, end, state_.receiver);
  input.stop_layer = receiver_.kv_geometry().layers;
  input.kv_only_last = end <= wanted_;
  input.attention = options_.forward.attention;
  input.training = options_.forward.training;
  const at::Tensor read_BNC = read_segment(segment, receiver_, input, *task_, state_);
  if (!input.kv_only_last) hidden_.push_back(read_BNC.slice(1, std::max<std::int64_t>(0, wanted_ - column_)));
  column_ = end;
}

// The sections that end here take over what the fusers write.
void FusedPass::fuse(const Segment& segment) {
  if (segment.fused.empty()) return;
  const Stopwatch watch(state_.timing.fuse, state_.receiver.options().device());
  for (const auto& [layer, fused] :
       fuse_columns(*task_, segment.fused, state_.receiver, segment.fuse_begin, segment.end)) {
    state_.receiver.replace(layer, segment.fuse_begin, fused.key, fused.value);
    fuse_shadow(segment, layer, fused, state_);
  }
}

// The section's first tokens were fused when the reused prompt was read.
void FusedPass::restore(const Segment& segment) {
  if (segment.end != layout_.open_end || options_.reuse == nullptr) return;
  for (std::int64_t layer = 0; layer < receiver_.kv_geometry().layers; ++layer) {
    const KvPair fused = options_.reuse->fused.slice(layer, layout_.open_begin, layout_.receiver.prefix);
    state_.receiver.replace(layer, layout_.open_begin, fused.key, fused.value);
  }
}

void FusedPass::remember(const Segment& segment) {
  if (!options_.keep || segment.fused.empty()) return;
  Overwritten own{segment.fuse_begin, {}};
  for (std::int64_t layer = 0; layer < receiver_.kv_geometry().layers; ++layer) {
    const KvPair now = state_.receiver.slice(layer, segment.fuse_begin, segment.end);
    own.layers.push_back({now.key.clone(), now.value.clone()});
  }
  overwritten_.push_back(std::move(own));
}

void FusedPass::finish() {
  done_ = true;
  const bool fuses_response =
      std::any_of(state_.response.begin(), state_.response.end(), [](auto m) { return m != 0; });
  if (options_.keep && layout_.rows == 1 && !fuses_response) {
    kept_ = std::make_shared<ReusedPrompt>();
    kept_->fused = state_.receiver.clone();
    const bool reuses_clean = options_.reuse != nullptr && options_.reuse->clean.length() > 0;
    if (reuses_clean || !overwritten_.empty()) kept_->clean = state_.receiver.clone();
    for (std::int64_t layer = 0; layer < receiver_.kv_geometry().layers; ++layer) {
      if (reuses_clean && layout_.receiver.prefix > 0) {
        const KvPair old = options_.reuse->clean.slice(layer, 0, layout_.receiver.prefix);
        kept_->clean.replace(layer, 0, old.key, old.value);
      }
      for (const Overwritten& own : overwritten_) {
        const KvPair& old = own.layers[static_cast<std::size_t>(layer)];
        kept_->clean.replace(layer, own.begin, old.key, old.value);
      }
    }
    for (SharerState& sharer : state_.sharers) kept_->sharers.push_back(std::move(sharer.cache));
  }
  overwritten_.clear();
  dismiss_sharers(state_);
}

ForwardOutput FusedPass::output() const {
  const at::Tensor columns = at::arange(wanted_, layout_.columns, at::kLong).unsqueeze(0);
  const at::Tensor section = columns >= at::tensor(layout_.last_begin, at::kLong).unsqueeze(1);
  return {hidden_.size() == 1 ? hidden_.front() : at::cat(hidden_, 1), section.to(receiver_.options().device())};
}

}  // namespace c2c
