#include "c2c/rosetta/response.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "c2c/rosetta/stopwatch.h"

namespace c2c {

void start_shadow(const Layout& layout, std::int64_t column, RosettaState& state) {
  if (column != layout.shadow_begin) return;
  const at::NoGradGuard no_grad;
  state.shadow = state.receiver.clone();
}

void fuse_shadow(const Segment& segment, std::int64_t layer, const KvPair& fused, RosettaState& state) {
  if (state.shadow.batch() == 0) return;
  const at::NoGradGuard no_grad;
  const std::int64_t begin = segment.fuse_begin;
  KvPair shadow = state.shadow.slice(layer, begin, segment.end);
  for (const FuseGroup& group : segment.fused) {
    if (!group.in_shadow) continue;
    shadow.key = group.receiver.put(shadow.key, group.receiver.take(fused.key, begin), begin);
    shadow.value = group.receiver.put(shadow.value, group.receiver.take(fused.value, begin), begin);
  }
  state.shadow.replace(layer, begin, shadow.key, shadow.value);
}

std::vector<KvPair> fuse_response(const Segment& segment, const CausalLm& receiver, ForwardInput input,
                                  const FuseTask& task, RosettaState& state) {
  const std::int64_t layers = receiver.kv_geometry().layers;
  const std::int64_t begin = state.shadow.length();
  {
    const Stopwatch watch(state.timing.receiver_prefill, receiver.options().device());
    input.cache = &state.shadow;
    input.attention = nullptr;  // the observer sees the real pass
    input.stop_layer = layers;
    input.kv_only_last = true;
    receiver.forward(input);
  }
  const std::int64_t end = state.shadow.length();
  std::vector<KvPair> made;
  for (std::int64_t layer = 0; layer < layers; ++layer) made.push_back(state.shadow.slice(layer, begin, end));
  const Stopwatch watch(state.timing.fuse, receiver.options().device());
  for (auto& [layer, fused] : fuse_columns(task, segment.response, state.shadow, begin, end))
    made[static_cast<std::size_t>(layer)] = fused;
  return made;
}

KvOverride override_rows(const Segment& segment, const RosettaState& state, std::vector<KvPair> fused) {
  at::Tensor rows_B111;  // undefined: all
  if (static_cast<std::int64_t>(segment.response_rows.size()) < state.receiver.batch()) {
    rows_B111 = at::zeros({state.receiver.batch(), 1, 1, 1}, at::kBool);
    for (const std::int64_t row : segment.response_rows) rows_B111[row].fill_(true);
    rows_B111 = rows_B111.to(state.receiver.options().device());
  }
  return [rows_B111, fused = std::move(fused)](std::int64_t layer, const KvPair& computed) -> KvPair {
    const KvPair& made = fused[static_cast<std::size_t>(layer)];
    if (!rows_B111.defined()) return made;
    return {at::where(rows_B111, made.key, computed.key), at::where(rows_B111, made.value, computed.value)};
  };
}

// What the response reads of itself is fused before it reads it.
at::Tensor read_segment(const Segment& segment, const CausalLm& receiver, ForwardInput input, const FuseTask& task,
                        RosettaState& state) {
  KvOverride respond;
  if (!segment.response_rows.empty()) {
    respond = override_rows(segment, state, fuse_response(segment, receiver, input, task, state));
    input.kv_override = &respond;
  }
  const Stopwatch watch(state.timing.receiver_prefill, receiver.options().device());
  return receiver.forward(input);
}

Segment response_segment(const RosettaState& state) {
  Segment segment{.begin = state.receiver.length(), .end = state.receiver.length() + 1};
  const at::Device device = state.receiver.options().device();
  for (std::size_t row = 0; row < state.response.size(); ++row)
    if (state.response[row] != 0) segment.response_rows.push_back(static_cast<std::int64_t>(row));
  for (std::size_t s = 0; s < state.sharers.size(); ++s) {
    const SharerState& sharer = state.sharers[s];
    std::vector<std::int64_t> rows, own_rows;
    for (std::size_t i = 0; i < sharer.rows.size(); ++i) {
      if ((state.response[static_cast<std::size_t>(sharer.rows[i])] >> s & 1) == 0) continue;
      rows.push_back(sharer.rows[i]);
      own_rows.push_back(static_cast<std::int64_t>(i));
    }
    if (rows.empty()) continue;
    const std::vector<std::vector<std::int64_t>> columns(rows.size(), {segment.begin});
    const std::vector<std::vector<std::int64_t>> own_columns(rows.size(), {sharer.cache.length() - 1});
    segment.response.push_back(
        {.sharer = s,
         .receiver = {rows, columns, state.receiver.batch(), device},
         .source = {own_rows, own_columns, sharer.cache.batch(), sharer.cache.options().device()}});
  }
  return segment;
}

}  // namespace c2c
