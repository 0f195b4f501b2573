#include "c2c/eval/runs/oracle_answer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <chrono>

#include "c2c/base/error.h"
#include "c2c/rosetta/oracle.h"

namespace c2c {
namespace {

// Tokens that read the changed cache.
std::int64_t tail_of(const OracleTask& task) {
  const std::int64_t unfused = task.plan.sections.back().length;
  return std::max<std::int64_t>(1, std::min(unfused, task.behind + 1));
}

struct Distance {
  double relative = 0, cosine = 0;
};
Distance distance(const at::Tensor& fused_HND, const at::Tensor& target_HND) {
  const at::Tensor a = fused_HND.to(at::kFloat).transpose(0, 1).flatten(1);
  const at::Tensor b = target_HND.to(at::kFloat).transpose(0, 1).flatten(1);
  return {((a - b).norm() / b.norm().clamp_min(1e-12)).item<double>(),
          at::cosine_similarity(a, b, 1).mean().item<double>()};
}

// The source's K and V in every fused section; returns how far the fusers' were.
nlohmann::json replace_fused(const OracleTask& task, KvCache& cache) {
  const KvGeometry mine = task.rosetta.receiver().kv_geometry(), theirs = task.source->receiver().kv_geometry();
  if (mine.layers != theirs.layers || mine.kv_heads != theirs.kv_heads || mine.head_dim != theirs.head_dim)
    fail_usage({.where = "oracle_model",
                .found = std::to_string(theirs.layers) + " layers of " + std::to_string(theirs.kv_heads) + " kv heads",
                .expected = "the receiver's " + std::to_string(mine.layers) + " of " + std::to_string(mine.kv_heads) +
                            ", of the same size"});
  RosettaState other;
  task.source->prefill({without_sharers(task.plan)}, other);
  nlohmann::json out = {{"key_relative", nlohmann::json::array()},
                        {"key_cosine", nlohmann::json::array()},
                        {"value_relative", nlohmann::json::array()},
                        {"value_cosine", nlohmann::json::array()}};
  for (std::int64_t layer = 0; layer < mine.layers; ++layer) {
    std::vector<KvPair> fused, target;
    std::int64_t begin = 0;
    for (const Section& section : task.plan.sections) {
      const std::int64_t end = begin + section.length;
      if (section.mask != 0) {
        const KvPair now = cache.slice(layer, begin, end), wanted = other.receiver.slice(layer, begin, end);
        fused.push_back({now.key[0].clone(), now.value[0].clone()});
        target.push_back({wanted.key[0], wanted.value[0]});
        cache.replace(layer, begin, wanted.key, wanted.value);
      }
      begin = end;
    }
    if (fused.empty()) continue;
    const auto joined = [](const std::vector<KvPair>& parts, bool key) {
      std::vector<at::Tensor> tensors;
      for (const KvPair& part : parts) tensors.push_back(key ? part.key : part.value);
      return at::cat(tensors, 1);
    };
    const Distance key = distance(joined(fused, true), joined(target, true));
    const Distance value = distance(joined(fused, false), joined(target, false));
    out["key_relative"].push_back(key.relative);
    out["key_cosine"].push_back(key.cosine);
    out["value_relative"].push_back(value.relative);
    out["value_cosine"].push_back(value.cosine);
  }
  return out;
}

// Back to before the last tokens, which are to be read again.
void crop(RosettaState& state, std::int64_t columns) {
  const std::int64_t removed = state.receiver.length() - columns;
  state.receiver.crop(columns);
  for (std::int64_t& length : state.lengths) length -= removed;
  if (state.mask_BT.defined()) state.mask_BT = state.mask_BT.slice(1, 0, columns);
  if (state.next_position_B.defined()) state.next_position_B = state.next_position_B - removed;
}

void forget(const OracleTask& task, RosettaState& state) {
  if (task.drop_end <= task.drop_begin) return;
  const std::int64_t columns = state.receiver.length();
  if (!state.mask_BT.defined())
    state.mask_BT = at::ones({1, columns}, at::TensorOptions(state.receiver.options().device()).dtype(at::kBool));
  else
    state.mask_BT = state.mask_BT.clone();
  state.mask_BT.slice(1, task.drop_begin, std::min(task.drop_end, columns)).fill_(false);
  if (!state.next_position_B.defined())
    state.next_position_B =
        at::full({1}, columns, at::TensorOptions(state.receiver.options().device()).dtype(at::kLong));
}

}  // namespace

OracleAnswer ask_oracle(const OracleTask& task) {
  using Clock = std::chrono::steady_clock;
  const at::NoGradGuard no_grad;
  const auto start = Clock::now();
  const auto size = static_cast<std::int64_t>(task.plan.ids.size());
  const std::int64_t tail = tail_of(task);
  if (tail >= size)
    fail_usage({.where = "oracle", .found = "a prompt without a first part", .expected = "a longer one"});
  OracleAnswer answer;
  RosettaState state;
  task.rosetta.prefill({task.plan}, state, task.options.max_new_tokens);
  crop(state, size - tail);
  if (task.source != nullptr) answer.distances = replace_fused(task, state.receiver);
  forget(task, state);
  const auto feed = [&](std::int64_t id) { return task.rosetta.decode(at::tensor({id}, at::kLong), state); };
  for (std::int64_t i = size - tail; i < size; ++i) {
    const at::Tensor logits_BV = feed(task.plan.ids[static_cast<std::size_t>(i)]);
    if (i + 1 == size) {
      answer.logits_V = logits_BV[0];
    } else if (i + 1 >= size - task.scored) {
      const std::int64_t next = task.plan.ids[static_cast<std::size_t>(i + 1)];
      const at::Tensor logprobs_V = logits_BV[0].log_softmax(-1);
      answer.scores.push_back({logprobs_V[next].item<double>(), logprobs_V.argmax().item<std::int64_t>() == next});
    }
  }
  const auto read = Clock::now();
  if (task.options.max_new_tokens > 0) {
    const auto step = [&](const at::Tensor& ids) { return task.rosetta.decode(ids, state); };
    answer.row =
        generate(answer.logits_V.unsqueeze(0), {{task.plan.ids.begin(), task.plan.ids.end()}}, step, task.options)
            .front();
  }
  answer.prefill_seconds = std::chrono::duration<double>(read - start).count();
  answer.decode_seconds = std::chrono::duration<double>(Clock::now() - read).count();
  return answer;
}

}  // namespace c2c
