#include "c2c/eval/bench/bench_pair.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <random>

#include "c2c/base/error.h"
#include "c2c/eval/bench/work.h"

namespace c2c::bench {
namespace {

RunConfig run_with(const BenchConfig& config, const std::string& weights) {
  RunConfig run = config.run;
  run.dtype = weights == "f32" ? "f32" : "bf16";
  run.weights = weights;
  run.max_new_tokens = config.answer_tokens;
  run.t2t.context_tokens = config.context_tokens;
  run.ignore_eos = true;
  run.sampling.temperature = 0;
  return run;
}

bool is_named(const RunConfig& run, std::size_t sharer) {
  return sharer < run.sharers.size() && (!run.sharers[sharer].model.empty() || !run.sharers[sharer].fuser.empty());
}

std::int64_t embedding_bytes(const CausalLm& model) {
  std::int64_t bytes = 0;
  const_cast<CausalLm&>(model).visit("", [&](const ParameterRef& ref) {
    if (ref.name.ends_with("embed_tokens.weight")) bytes += static_cast<std::int64_t>(ref.tensor->nbytes());
  });
  return bytes;
}

}  // namespace

BenchPair::BenchPair(const BenchConfig& config, std::string weights, const ProgressFn& progress)
    : weights_(std::move(weights)), session_(std::make_unique<Session>(run_with(config, weights_), progress)) {
  const c10::InferenceMode inference;
  const std::shared_ptr<const CausalLm> receiver = session_->receiver().lm;
  alone_ = std::make_shared<Rosetta>(receiver, std::vector<SharerEntry>{}, RosettaOptions{});
  const RunConfig& run = session_->config();
  if (!is_named(run, 0)) return;
  has_fuser_ = !run.sharers[0].fuser.empty();
  if (config.hidden == 0 && !has_fuser_)
    fail_usage({.where = "--hidden", .found = "0, and no fuser", .expected = "a fuser of the run, or a hidden size"});
  const std::shared_ptr<const CausalLm> sharer = session_->sharer(0).lm;
  if (config.hidden > 0) {
    at::manual_seed(0);
    const at::ScalarType dtype = receiver->options().dtype().toScalarType();
    fuser_ = random_fuser(*receiver, *sharer, config.hidden, parse_weight_format(run.weights, dtype));
  } else {
    fuser_ = session_->fuser(0);
  }
  fused_ = std::make_shared<Rosetta>(receiver, std::vector<SharerEntry>{{sharer, fuser_}},
                                     RosettaOptions{.fusion = FusionMode::kParallel});
}

std::vector<std::int32_t> BenchPair::random_ids(std::int64_t count, std::uint64_t seed) const {
  std::int64_t vocabulary = alone_->receiver().config().vocab_size;
  if (fused_) vocabulary = std::min(vocabulary, fused_->sharers()[0].model->config().vocab_size);
  const std::int64_t last = std::min<std::int64_t>(vocabulary, 20000), first = std::min<std::int64_t>(100, last / 2);
  std::mt19937_64 random(seed);
  std::vector<std::int32_t> ids(static_cast<std::size_t>(count));
  for (auto& id : ids)
    id = static_cast<std::int32_t>(first +
                                   static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(last - first)));
  return ids;
}

SectionPlan BenchPair::plan(const Rosetta& rosetta, std::vector<std::int32_t> ids) const {
  const std::size_t sharers = rosetta.sharers().size();
  return plan_shared_ids(std::move(ids), sharers, mask_of_all(sharers));
}

double BenchPair::prefill_flops(const Rosetta& rosetta, std::int64_t tokens) const {
  double flops = bench::prefill_flops(rosetta.receiver().config(), tokens);
  for (const SharerEntry& sharer : rosetta.sharers())
    flops += sharer_flops(sharer.model->config(), tokens - 1, sharer.fuser->sharer_layers_needed()) +
             fuser_flops(*sharer.fuser, tokens - 1);
  return flops;
}

double BenchPair::kv_element_bytes(const CausalLm& model) const {
  const std::optional<KvFormat> format = parse_kv_format(session_->config().kv);
  if (!format) return static_cast<double>(model.options().dtype().itemsize());
  // q8 has a float32 scale for each token and head.
  const double scale = *format == KvFormat::kQ8 ? 4.0 / static_cast<double>(model.kv_geometry().head_dim) : 0;
  return static_cast<double>(c2c::kv_element_bytes(*format)) + scale;
}

double BenchPair::decode_bytes(double cached) const {
  const CausalLm& model = alone_->receiver();
  return weight_bytes_per_token(model.weight_bytes(), embedding_bytes(model), model.config().tied_embeddings) +
         cache_bytes(model.kv_geometry(), cached, kv_element_bytes(model));
}

std::vector<ModelRow> BenchPair::describe() const {
  const auto row = [&](const std::string& role, const TextSide& text, const CausalLm& model) {
    return ModelRow{role, text.name, weights_, layer_parameters(model.config()), model.weight_bytes()};
  };
  std::vector<ModelRow> rows = {row("receiver", session_->receiver().text, alone_->receiver())};
  if (!fused_) return rows;
  rows.push_back(row("sharer", session_->sharer(0).text, *fused_->sharers()[0].model));
  std::int64_t elements = 0;
  for (const auto& projector : fuser_->projectors) elements += projector_parameters(*projector);
  rows.push_back({"fuser", fuser_->source, weights_, elements, fuser_->bytes()});
  return rows;
}

}  // namespace c2c::bench
