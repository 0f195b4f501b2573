#include "c2c/rosetta/rosetta.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <optional>

#include "c2c/base/error.h"
#include "c2c/rosetta/fuse.h"
#include "c2c/rosetta/layout.h"
#include "c2c/rosetta/listen.h"
#include "c2c/rosetta/prefix.h"
#include "c2c/rosetta/response.h"
#include "c2c/rosetta/stopwatch.h"

namespace c2c {
namespace {

// One receiver pass. Where the response is fused, what it reads of itself is fused before it reads it.
at::Tensor read(const Segment& segment, const CausalLm& receiver, ForwardInput input, const FuseTask& task,
                RosettaState& state) {
  KvOverride respond;
  if (!segment.response_rows.empty()) {
    respond = override_rows(segment, state, fuse_response(segment, receiver, input, task, state));
    input.kv_override = &respond;
  }
  const Stopwatch watch(state.timing.receiver_prefill, receiver.options().device());
  return receiver.forward(input);
}

// The sections that end here take over what the fusers write.
void fuse(const Segment& segment, const FuseTask& task, RosettaState& state) {
  if (segment.fused.empty()) return;
  const Stopwatch watch(state.timing.fuse, state.receiver.options().device());
  for (const auto& [layer, fused] :
       fuse_columns(task, segment.fused, state.receiver, segment.fuse_begin, segment.end)) {
    state.receiver.replace(layer, segment.fuse_begin, fused.key, fused.value);
    fuse_shadow(segment, layer, fused, state);
  }
}

RosettaState start(const Layout& layout, const CausalLm& receiver, std::int64_t reserve) {
  RosettaState state;
  state.receiver = receiver.make_cache(layout.rows);
  state.receiver.reserve(layout.columns + reserve);
  state.mask_BT = layout.receiver.decode_mask_BL;
  state.next_position_B = layout.receiver.next_position_B;
  for (std::int64_t row = 0; row < layout.rows; ++row)
    state.lengths.push_back(1 + layout.receiver.token(row, layout.columns - 1));
  state.response = layout.response;
  return state;
}

at::Tensor last_section_columns(const Layout& layout, std::int64_t begin, at::Device device) {
  const at::Tensor columns = at::arange(begin, layout.columns, at::kLong).unsqueeze(0);
  return (columns >= at::tensor(layout.last_begin, at::kLong).unsqueeze(1)).to(device);
}

FusePositions prompt_positions(const Layout& layout) {
  FusePositions positions{{layout.receiver.positions_BL}, {}};
  for (const TokenBatch& sharer : layout.sharers) positions.sharers.push_back({sharer.positions_BL});
  return positions;
}

// Of the token that is being read, behind all others in each cache.
FusePositions response_positions(const ForwardInput& input, const RosettaState& state) {
  FusePositions positions{{input.positions_BN, state.receiver.length()}, {}};
  for (const SharerState& sharer : state.sharers) {
    at::Tensor newest;
    if (sharer.next_position_B.defined()) newest = (sharer.next_position_B - 1).unsqueeze(1);
    positions.sharers.push_back({newest, sharer.cache.length() - 1});
  }
  return positions;
}

// Checks that the fuser fits; returns the type that its projectors compute in, which need not be the models'.
at::ScalarType check_sharer(const SharerEntry& sharer, const std::string& name, const CausalLm& receiver) {
  C2C_CHECK(sharer.model != nullptr && sharer.fuser != nullptr, "Rosetta: a sharer without model or fuser");
  sharer.fuser->check_geometry(receiver.kv_geometry(), sharer.model->kv_geometry());
  std::optional<at::ScalarType> dtype;
  for (const auto& projector : sharer.fuser->projectors)
    projector->visit("", [&](const ParameterRef& parameter) {
      const at::ScalarType found = parameter.tensor->scalar_type();
      if (parameter.is_buffer || found == dtype.value_or(found)) {
        if (!parameter.is_buffer) dtype = found;
        return;
      }
      fail_usage({.where = name + "'s fuser " + sharer.fuser->source,
                  .key = parameter.name,
                  .found = c10::toString(found),
                  .expected = std::string("one type for all, ") + c10::toString(*dtype),
                  .hint = "load the fuser with one dtype"});
    });
  return dtype.value_or(c10::typeMetaToScalarType(receiver.options().dtype()));
}

}  // namespace

Rosetta::Rosetta(std::shared_ptr<const CausalLm> receiver, std::vector<SharerEntry> sharers, RosettaOptions options)
    : receiver_(std::move(receiver)), sharers_(std::move(sharers)), options_(options) {
  C2C_CHECK(receiver_ != nullptr, "Rosetta: no receiver");
  for (std::size_t s = 0; s < sharers_.size(); ++s)
    fuser_dtypes_.push_back(check_sharer(sharers_[s], "sharer " + std::to_string(s + 1), *receiver_));
}

ForwardOutput Rosetta::forward(const std::vector<SectionPlan>& plans, RosettaState& state,
                               const ForwardOptions& options) const {
  const Layout layout = lay_out(plans, {.receiver = *receiver_,
                                        .sharers = sharers_,
                                        .heard = heard_sharers(sharers_, options.training),
                                        .options = options_,
                                        .prefix = options.prefix,
                                        .only_left = options.observer != nullptr});
  state = start(layout, *receiver_, options.reserve);
  if (options.prefix != nullptr) seed(state.receiver, options.prefix->receiver.cache, layout.receiver.prefix);
  listen(layout, sharers_, state, options);
  const FuseTask task{.sharers = sharers_,
                      .dtypes = fuser_dtypes_,
                      .heard = state.sharers,
                      .mode = options_.fusion,
                      .project = {options.training, options.draws},
                      .observer = options.observer,
                      .placed = &layout.receiver,
                      .positions = prompt_positions(layout)};
  const std::int64_t wanted = options.whole_last_section
                                  ? *std::min_element(layout.last_begin.begin(), layout.last_begin.end())
                                  : layout.columns - 1;

  start_shadow(layout, layout.receiver.prefix, state);
  std::vector<at::Tensor> hidden;
  for (const Segment& segment : layout.segments) {
    ForwardInput input = input_columns(layout.receiver, segment.begin, segment.end, state.receiver);
    input.stop_layer = receiver_->kv_geometry().layers;
    input.kv_only_last = segment.end <= wanted;
    input.attention = options.attention;
    const at::Tensor read_BNC = read(segment, *receiver_, input, task, state);
    if (!input.kv_only_last) hidden.push_back(read_BNC.slice(1, std::max<std::int64_t>(0, wanted - segment.begin)));
    start_shadow(layout, segment.end, state);
    fuse(segment, task, state);
  }
  dismiss_sharers(state);
  return {hidden.size() == 1 ? hidden.front() : at::cat(hidden, 1),
          last_section_columns(layout, wanted, receiver_->options().device())};
}

at::Tensor Rosetta::prefill(const std::vector<SectionPlan>& plans, RosettaState& state, std::int64_t reserve,
                            const FuseObserver* observer) const {
  const at::NoGradGuard no_grad;
  const ForwardOutput output =
      forward(plans, state, {.reserve = reserve, .whole_last_section = false, .observer = observer});
  return receiver_->logits(output.hidden_BNC.select(1, -1));
}

at::Tensor Rosetta::decode(const at::Tensor& ids_B, RosettaState& state) const {
  C2C_CHECK(ids_B.dim() == 1 && ids_B.size(0) == state.receiver.batch(), "Rosetta::decode: one id per row");
  const at::NoGradGuard no_grad;
  hear_response(ids_B, sharers_, state);
  const Segment segment = response_segment(state);
  const ForwardInput input = next_input(ids_B, state.receiver, state.mask_BT, state.next_position_B);
  const FuseTask task{.sharers = sharers_,
                      .dtypes = fuser_dtypes_,
                      .heard = state.sharers,
                      .mode = options_.fusion,
                      .positions = response_positions(input, state)};
  const PrefillTiming prefill_timing = state.timing;
  const at::Tensor hidden = read(segment, *receiver_, input, task, state);
  state.timing = prefill_timing;  // it is the prefill's alone
  for (std::int64_t& length : state.lengths) ++length;
  return receiver_->logits(hidden.select(1, -1));
}

}  // namespace c2c
