#include "c2c/rosetta/rosetta.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <optional>

#include "c2c/base/content_hash.h"
#include "c2c/base/error.h"
#include "c2c/rosetta/fuse.h"
#include "c2c/rosetta/fused_pass.h"
#include "c2c/rosetta/layout.h"
#include "c2c/rosetta/listen.h"
#include "c2c/rosetta/response.h"

namespace c2c {
namespace {

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
  FusedPass pass(*this, plans, state, {.forward = options});
  while (!pass.advance()) {
  }
  return pass.output();
}

at::Tensor Rosetta::prefill(const std::vector<SectionPlan>& plans, RosettaState& state, std::int64_t reserve,
                            const FuseObserver* observer) const {
  const at::NoGradGuard no_grad;
  const ForwardOutput output =
      forward(plans, state, {.reserve = reserve, .whole_last_section = false, .observer = observer});
  return receiver_->logits(output.hidden_BNC.select(1, -1));
}

namespace {

// All that its next token needs is its cache.
bool is_plain(const RosettaState& state) {
  return state.receiver.batch() == 1 && state.receiver.options().device().is_cpu() && !state.mask_BT.defined() &&
         std::all_of(state.response.begin(), state.response.end(), [](SharerMask mask) { return mask == 0; });
}

}  // namespace

at::Tensor Rosetta::decode_rows(const at::Tensor& ids_B, std::span<RosettaState* const> states) const {
  std::vector<KvCache*> caches;
  std::vector<std::int64_t> positions;
  for (RosettaState* state : states) {
    caches.push_back(&state->receiver);
    const bool counted = !state->next_position_B.defined();
    positions.push_back(counted ? state->receiver.length() : state->next_position_B.item<std::int64_t>());
    if (!counted) state->next_position_B = state->next_position_B + 1;
    for (std::int64_t& length : state->lengths) ++length;
  }
  const at::Tensor hidden = receiver_->forward({.ids_BN = ids_B.unsqueeze(1),
                                                .positions_BN = at::tensor(positions, at::kLong).unsqueeze(1),
                                                .row_caches = caches});
  return receiver_->logits(hidden.select(1, -1));
}

at::Tensor Rosetta::decode(const at::Tensor& ids_B, std::span<RosettaState* const> states) const {
  C2C_CHECK(ids_B.dim() == 1 && static_cast<std::size_t>(ids_B.size(0)) == states.size() && !states.empty(),
            "Rosetta::decode: one id for each state");
  const at::NoGradGuard no_grad;
  std::vector<RosettaState*> plain;
  std::vector<std::int64_t> plain_places;
  std::vector<at::Tensor> logits(states.size());
  for (std::size_t i = 0; i < states.size(); ++i) {
    const auto place = static_cast<std::int64_t>(i);
    if (!is_plain(*states[i])) {
      logits[i] = decode(ids_B.narrow(0, place, 1), *states[i]);
      continue;
    }
    plain.push_back(states[i]);
    plain_places.push_back(place);
  }
  if (plain.size() == states.size()) return decode_rows(ids_B, states);
  if (!plain.empty()) {
    const at::Tensor rows = decode_rows(ids_B.index_select(0, at::tensor(plain_places, at::kLong)), plain);
    for (std::size_t k = 0; k < plain.size(); ++k)
      logits[static_cast<std::size_t>(plain_places[k])] = rows.narrow(0, static_cast<std::int64_t>(k), 1);
  }
  return at::cat(logits, 0);
}

at::Tensor Rosetta::decode(const at::Tensor& ids_B, RosettaState& state) const {
  C2C_CHECK(ids_B.dim() == 1 && ids_B.size(0) == state.receiver.batch(), "Rosetta::decode: one id per row");
  const at::NoGradGuard no_grad;
  if (is_plain(state)) {
    RosettaState* const one = &state;
    return decode_rows(ids_B, std::span(&one, 1));
  }
  hear_response(ids_B, sharers_, state);
  const Segment segment = response_segment(state);
  const ForwardInput input = next_input(ids_B, state.receiver, state.mask_BT, state.next_position_B);
  const FuseTask task{.sharers = sharers_,
                      .dtypes = fuser_dtypes_,
                      .heard = state.sharers,
                      .mode = options_.fusion,
                      .positions = response_positions(input, state)};
  const PrefillTiming prefill_timing = state.timing;
  const at::Tensor hidden = read_segment(segment, *receiver_, input, task, state);
  state.timing = prefill_timing;  // it is the prefill's alone
  for (std::int64_t& length : state.lengths) ++length;
  return receiver_->logits(hidden.select(1, -1));
}

const std::string& Rosetta::fingerprint() const {
  std::call_once(fingerprint_->once, [this] {
    ContentHash hash;
    receiver_->fingerprint(hash);
    for (const SharerEntry& sharer : sharers_) {
      sharer.model->fingerprint(hash);
      sharer.fuser->fingerprint(hash);
    }
    hash.add(static_cast<std::int64_t>(options_.fusion));
    hash.add(static_cast<std::int64_t>(options_.include_response));
    hash.add(static_cast<std::int64_t>(options_.decode_attends_pads));
    fingerprint_->text = hash.hex();
  });
  return fingerprint_->text;
}

}  // namespace c2c
