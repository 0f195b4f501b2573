#include "c2c/rosetta/listen.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <string>

#include "c2c/base/error.h"
#include "c2c/rosetta/fuse.h"

namespace c2c {
namespace {

// Only K and V of the mapped layers are wanted: no upper layer, no vocabulary head.
void hear(const SharerEntry& sharer, ForwardInput input, bool training) {
  input.stop_layer = sharer_layers_needed(*sharer.fuser, training);
  input.kv_only_last = true;
  input.training = training;
  sharer.model->forward(input);
}

// The token that the receiver is about to read, as sharer `s` reads it.
at::Tensor token_for(const SharerEntry& sharer, std::size_t s, const SharerState& own, const at::Tensor& ids_B) {
  const std::int64_t vocabulary = sharer.model->config().vocab_size;
  at::Tensor ids = at::empty({static_cast<std::int64_t>(own.rows.size())}, at::kLong);
  const at::Tensor host = ids_B.cpu();
  for (std::size_t i = 0; i < own.rows.size(); ++i) {
    std::int64_t id = host.const_data_ptr<std::int64_t>()[own.rows[i]];
    if (sharer.response_id) id = sharer.response_id(id);
    if (id < 0 || (vocabulary > 0 && id >= vocabulary))
      fail_usage({.where = "include_response",
                  .key = "sharer " + std::to_string(s + 1) + " " + sharer.model->config().source,
                  .found = "id " + std::to_string(id),
                  .expected = "an id below its vocabulary size of " + std::to_string(vocabulary),
                  .hint = "give the sharer a response_id that maps the receiver's tokens to its own"});
    ids.mutable_data_ptr<std::int64_t>()[i] = id;
  }
  return ids.to(sharer.model->options().device());
}

}  // namespace

SharerMask heard_sharers(const std::vector<SharerEntry>& sharers, bool training) {
  SharerMask mask = 0;
  for (std::size_t s = 0; s < sharers.size(); ++s)
    if (changes_anything(*sharers[s].fuser, training)) mask |= SharerMask{1} << s;
  return mask;
}

void start_listening(const Layout& layout, const std::vector<SharerEntry>& sharers, RosettaState& state) {
  state.sharers.clear();
  for (std::size_t s = 0; s < sharers.size(); ++s) {
    const TokenBatch& tokens = layout.sharers[s];
    SharerState& own = state.sharers.emplace_back();
    if (tokens.rows.empty()) continue;
    own = {sharers[s].model->make_cache(static_cast<std::int64_t>(tokens.rows.size())), tokens.rows,
           tokens.decode_mask_BL, tokens.next_position_B};
    own.cache.reserve(tokens.columns);
  }
}

void hear_columns(const TokenBatch& tokens, const SharerEntry& sharer, std::int64_t begin, std::int64_t end,
                  KvCache& cache, bool training) {
  const at::NoGradGuard no_grad;
  hear(sharer, input_columns(tokens, begin, end, cache), training);
}

void hear_response(const at::Tensor& ids_B, const std::vector<SharerEntry>& sharers, RosettaState& state) {
  for (std::size_t s = 0; s < state.sharers.size(); ++s) {
    SharerState& own = state.sharers[s];
    if (own.rows.empty()) continue;
    hear(sharers[s], next_input(token_for(sharers[s], s, own, ids_B), own.cache, own.mask_BT, own.next_position_B),
         false);
  }
}

void dismiss_sharers(RosettaState& state) {
  SharerMask listening = 0;
  for (const SharerMask mask : state.response) listening |= mask;
  for (std::size_t s = 0; s < state.sharers.size(); ++s)
    if ((listening >> s & 1) == 0) state.sharers[s] = {};
  if (listening == 0) state.sharers.clear();
}

}  // namespace c2c
