// Tiny Rosettas, prompts that have nothing in common, and what each of them says alone.
#pragma once
#include <ATen/ATen.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "c2c/infer/engine/engine.h"
#include "tests/rosetta/tiny.h"

namespace c2c::testing {

// Calls hooks before and after every forward.
class HookedModel : public CausalLm {
 public:
  using Hook = std::function<void(const ForwardInput&)>;
  HookedModel(std::shared_ptr<CausalLm> model, Hook before, Hook after)
      : model_(std::move(model)), before_(std::move(before)), after_(std::move(after)) {}
  at::Tensor forward(const ForwardInput& input) const override {
    if (before_) before_(input);
    at::Tensor hidden = model_->forward(input);
    if (after_) after_(input);
    return hidden;
  }
  at::Tensor logits(const at::Tensor& hidden) const override { return model_->logits(hidden); }
  const ModelConfig& config() const override { return model_->config(); }
  at::TensorOptions options() const override { return model_->options(); }
  void visit(const std::string& prefix, const ParameterVisitor& visitor) override { model_->visit(prefix, visitor); }
  void visit_linears(const LinearVisitor& visitor) override { model_->visit_linears(visitor); }

 private:
  std::shared_ptr<CausalLm> model_;
  Hook before_, after_;
};

inline ModelConfig roomy(ModelConfig config) {
  config.max_positions = 200;
  return config;
}
inline const ModelConfig& receiver_config() {
  static const ModelConfig config = roomy(tiny_config(Family::kQwen3, 4, 2, 8));
  return config;
}

// A receiver with 0, 1 or 2 sharers: a Gemma, then a Llama.
inline std::shared_ptr<const Rosetta> tiny_rosetta(std::size_t sharers, RosettaOptions options = {},
                                                   const HookedModel::Hook& before = {},
                                                   const HookedModel::Hook& after = {}) {
  std::shared_ptr<CausalLm> receiver = tiny_model(receiver_config(), 1);
  if (before || after) receiver = std::make_shared<HookedModel>(receiver, before, after);
  std::vector<SharerEntry> entries;
  for (std::size_t s = 0; s < sharers; ++s) {
    const ModelConfig config =
        roomy(s == 0 ? tiny_config(Family::kGemma3, 3, 1, 16) : tiny_config(Family::kLlama, 6, 2, 12));
    const std::uint64_t seed = 1000 * (s + 1);
    entries.push_back(
        {tiny_model(config, seed), tiny_fuser(receiver->kv_geometry(), config.kv_geometry(), seed + 500)});
  }
  return std::make_shared<Rosetta>(receiver, entries, options);
}

inline std::vector<std::int32_t> some_ids(std::size_t count, std::int32_t seed) {
  std::vector<std::int32_t> ids;
  for (std::size_t i = 0; i < count; ++i) ids.push_back((seed + 7 * static_cast<std::int32_t>(i * i)) % 60);
  return ids;
}

// A prompt of `count` tokens in four sections; sharer 2 has a rendering of its own.
inline SectionPlan tiny_plan(std::size_t sharers, std::size_t count, std::int32_t seed) {
  SectionPlan plan{.ids = some_ids(count, seed)};
  const auto n = static_cast<std::int64_t>(count);
  const SharerMask all = mask_of_all(sharers);
  if (n < 6)
    plan.sections = {{n - 1, all}, {1, 0}};
  else
    plan.sections = {{2, 0}, {n / 2, all}, {1, sharers > 0 ? SharerMask{1} : 0}, {n - n / 2 - 3, 0}};
  for (std::size_t s = 0; s < sharers; ++s) {
    if (s == 0) {
      plan.sharers.push_back({.ids = some_ids(count, seed + 11)});
      continue;
    }
    SharerPlan own{.ids = some_ids(count + 3, seed + 23)};
    for (std::int64_t i = 0; i < n; ++i) own.source.push_back(i % 5 == 4 ? -1 : i + 2);
    plan.sharers.push_back(std::move(own));
  }
  return plan;
}

inline GeneratedRow alone(const Rosetta& rosetta, const SectionPlan& plan, const GenerateOptions& options) {
  RosettaState state;
  const at::Tensor logits = rosetta.prefill({plan}, state, options.max_new_tokens);
  const auto step = [&](const at::Tensor& ids) { return rosetta.decode(ids, state); };
  return generate(logits, {{plan.ids.begin(), plan.ids.end()}}, step, options).front();
}

// Opens once. Nobody waits for ever: a test that hangs says so.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }
  bool pass() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [this] { return is_open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = false;
};

// A request that holds the compute thread, in its first token, until it is let go.
class Holder {
 public:
  Holder(Engine& engine, std::shared_ptr<const Rosetta> rosetta) {
    handle_ = engine.submit({.model = rosetta,
                             .plan = tiny_plan(rosetta->sharers().size(), 3, 1),
                             .options = {.max_new_tokens = 1},
                             .on_token =
                                 [this](std::int64_t, const TokenLogprob*) {
                                   reached_.open();
                                   return released_.pass();
                                 },
                             .reuse = false});
    EXPECT_TRUE(reached_.pass());
  }
  ~Holder() { let_go(); }
  void let_go() { released_.open(); }

 private:
  Gate reached_, released_;
  EngineHandle handle_;  // before the gates go
};

}  // namespace c2c::testing
