#include "c2c/infer/engine/prefix_store.h"

#include <gtest/gtest.h>

#include "c2c/model/families/lora_adapter.h"
#include "tests/infer/engine/tiny_engine.h"

namespace c2c {
namespace {

using testing::random;
using testing::roomy;
using testing::some_ids;
using testing::tiny_config;
using testing::tiny_fuser;
using testing::tiny_model;
using testing::tiny_plan;

SectionPlan plain(std::vector<std::int32_t> ids) {
  const auto count = static_cast<std::int64_t>(ids.size());
  return {.ids = std::move(ids), .sections = {{count, 0}}};
}

// A prompt of a receiver alone; all are of one size in bytes.
std::shared_ptr<const ReusedPrompt> prompt_of(std::vector<std::int32_t> ids) {
  auto prompt = std::make_shared<ReusedPrompt>();
  prompt->plan = plain(std::move(ids));
  prompt->fused = KvCache({2, 1, 8}, 1, at::TensorOptions(at::kFloat));
  for (std::int64_t layer = 0; layer < 2; ++layer) {
    const at::Tensor kv = random({1, 1, 16, 8}, 1);
    prompt->fused.append(layer, kv, kv);
  }
  return prompt;
}

const std::int64_t kBytes = prompt_of({1, 2})->bytes();

TEST(PrefixStore, TheLongestBeginningIsFound) {
  PrefixStore store(10 * kBytes);
  const std::string models = "models";
  const auto near = prompt_of({1, 2, 3, 4, 9, 9}), nearer = prompt_of({1, 2, 3, 4, 5, 9}), other = prompt_of({7, 2, 3});
  for (const auto& prompt : {nearer, near, other}) store.put(models, prompt);
  const SectionPlan wanted = plain({1, 2, 3, 4, 5, 6, 7}), stranger = plain({8, 2, 3}), known = plain({7, 2, 3});
  EXPECT_EQ(store.find({models, wanted}).prompt, nearer);
  EXPECT_FALSE(store.find({models, wanted}).is_whole);
  EXPECT_EQ(store.find({models, known}).prompt, other);
  EXPECT_TRUE(store.find({models, known}).is_whole);
  EXPECT_EQ(store.find({models, stranger}).prompt, nullptr);
  EXPECT_EQ(store.find({"other models", wanted}).prompt, nullptr);
  const PrefixStats stats = store.stats();
  EXPECT_EQ(stats.hits, 4);
  EXPECT_EQ(stats.misses, 2);
  EXPECT_EQ(stats.entries, 3);
  EXPECT_EQ(stats.bytes, 3 * kBytes);
  EXPECT_EQ(stats.budget, 10 * kBytes);
}

TEST(PrefixStore, WhatWasNotUsedLongestGoesFirst) {
  PrefixStore store(3 * kBytes);
  const std::string models = "models";
  const auto held = prompt_of({1, 1, 1});
  store.put(models, held);
  store.put(models, prompt_of({2, 2, 2}));
  store.put(models, prompt_of({3, 3, 3}));
  const SectionPlan one = plain({1, 1, 1}), two = plain({2, 2, 2}), three = plain({3, 3, 3}), four = plain({4, 4, 4});
  EXPECT_NE(store.find({models, one}).prompt, nullptr);
  store.put(models, prompt_of({4, 4, 4}));
  EXPECT_EQ(store.find({models, two}).prompt, nullptr) << "one was used after it";
  EXPECT_NE(store.find({models, three}).prompt, nullptr);
  EXPECT_NE(store.find({models, four}).prompt, nullptr);
  store.put(models, prompt_of({5, 5, 5}));
  EXPECT_EQ(store.find({models, one}).prompt, nullptr);
  EXPECT_EQ(held->fused.length(), 16) << "in use: it outlives its eviction";
  EXPECT_EQ(store.stats().evictions, 2);
  EXPECT_EQ(store.stats().bytes, 3 * kBytes);
  store.clear();
  EXPECT_EQ(store.stats().bytes, 0);
  EXPECT_EQ(store.stats().entries, 0);
}

TEST(PrefixStore, ALongerPromptReplacesItsOwnBeginning) {
  PrefixStore store(9 * kBytes);
  const std::string models = "models", others = "other models";
  store.put(models, prompt_of({1, 2, 3}));
  store.put(others, prompt_of({1, 2, 3}));
  store.put(models, prompt_of({1, 2, 3, 4, 5}));
  EXPECT_EQ(store.stats().entries, 2);
  store.put(models, prompt_of({1, 2, 3, 4, 5}));
  EXPECT_EQ(store.stats().entries, 2);
  EXPECT_EQ(store.stats().bytes, 2 * kBytes);
  EXPECT_EQ(store.stats().evictions, 0);
}

TEST(PrefixStore, WhatExceedsTheBudgetIsNotKept) {
  PrefixStore store(kBytes - 1), off(0);
  const std::string models = "models";
  store.put(models, prompt_of({1, 2, 3}));
  EXPECT_EQ(store.stats().entries, 0);
  EXPECT_TRUE(store.is_on());
  EXPECT_FALSE(off.is_on());
}

// Everything that a fused prompt's caches are made of.
struct Ingredients {
  std::shared_ptr<CausalLm> receiver, sharer;
  std::shared_ptr<Fuser> fuser;
  RosettaOptions options;
  SectionPlan plan = tiny_plan(1, 12, 3);

  static Ingredients make(at::ScalarType dtype = at::kFloat) {
    const ModelConfig receiver = testing::receiver_config(), sharer = roomy(tiny_config(Family::kLlama, 6, 2, 12));
    return {tiny_model(receiver, 1, dtype), tiny_model(sharer, 2, dtype),
            tiny_fuser(receiver.kv_geometry(), sharer.kv_geometry(), 3, true, dtype)};
  }
  std::shared_ptr<const Rosetta> rosetta() const {
    return std::make_shared<Rosetta>(receiver, std::vector<SharerEntry>{{sharer, fuser}}, options);
  }
};

// One number of one parameter, by the smallest step.
void nudge(const std::function<void(const std::string&, const ParameterVisitor&)>& visit, const std::string& like) {
  bool found = false;
  visit("", [&](const ParameterRef& parameter) {
    if (found || parameter.is_buffer || parameter.name.find(like) == std::string::npos) return;
    found = true;
    at::Tensor last = parameter.tensor->flatten()[-1];
    last.mul_(1.0001);
  });
  EXPECT_TRUE(found) << like;
}

void nudge(CausalLm& model, const std::string& like) {
  nudge([&](const auto& prefix, const auto& visitor) { model.visit(prefix, visitor); }, like);
}

struct Change {
  std::string name;
  std::function<void(Ingredients&)> apply;
  std::int64_t most = 0;  // receiver tokens that may be taken over all the same
};

std::vector<Change> changes() {
  const auto adapt = [](CausalLm& model) {
    for (const LoraAdapter::Module& module : attach_lora(model, {.r = 2, .target_modules = {"q_proj"}}).modules)
      module.branch->b.detach().fill_(0.1);
  };
  return {
      {"a weight of the receiver", [](auto& i) { nudge(*i.receiver, "mlp.down_proj.weight"); }},
      {"a norm of the receiver", [](auto& i) { nudge(*i.receiver, "input_layernorm.weight"); }},
      {"a weight of the sharer", [](auto& i) { nudge(*i.sharer, "self_attn.k_proj.weight"); }},
      {"the fuser",
       [](auto& i) {
         nudge([&](const auto& prefix, const auto& visitor) { i.fuser->projectors[0]->visit(prefix, visitor); },
               "weight");
       }},
      {"the layer map", [](auto& i) { i.fuser->layers[0].front().sharer_layer += 1; }},
      {"an adapter of the receiver", [=](auto& i) { adapt(*i.receiver); }},
      {"an adapter of the sharer", [=](auto& i) { adapt(*i.sharer); }},
      {"the fusion mode", [](auto& i) { i.options.fusion = FusionMode::kParallel; }},
      {"who decoding attends to", [](auto& i) { i.options.decode_attends_pads = false; }},
      {"the element type",
       [](auto& i) {
         const SectionPlan plan = i.plan;
         i = Ingredients::make(at::kBFloat16);
         i.plan = plan;
       }},
      {"the packing of the receiver", [](auto& i) { i.receiver->pack(WeightFormat::kF32); }},
      {"the packing of the sharer", [](auto& i) { i.sharer->pack(WeightFormat::kQ8); }},
      {"the format of the receiver's cache", [](auto& i) { i.receiver->set_kv_format(KvFormat::kBf16); }},
      {"the format of the sharer's cache", [](auto& i) { i.sharer->set_kv_format(KvFormat::kQ8); }},
      {"the first token", [](auto& i) { i.plan.ids[0] += 1; }},
      {"a token", [](auto& i) { i.plan.ids[5] += 1; }, 5},
      {"the mask", [](auto& i) { i.plan.sections[1].mask = 0; }, 2},
      {"where a section ends",
       [](auto& i) {
         i.plan.sections[0].length = 1;
         i.plan.sections[1].length = 7;
       },
       1},
      {"a position", [](auto& i) { i.plan.positions = {0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}; }, 2},
      {"a pad",
       [](auto& i) {
         i.plan.padding =
             std::vector<bool>{false, false, false, true, false, false, false, false, false, false, false, false};
       },
       3},
      {"the alignment", [](auto& i) { i.plan.sharers[0].source = {0, 1, 2, 3, 5, 4, 6, 7, 8, 9, 10, 11}; }, 4},
      {"a token of the sharer", [](auto& i) { i.plan.sharers[0].ids[4] += 1; }, 4},
      {"a position of the sharer",
       [](auto& i) { i.plan.sharers[0].positions = {0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12}; }, 3},
      {"a pad of the sharer",
       [](auto& i) {
         i.plan.sharers[0].padding =
             std::vector<bool>{true, false, false, false, false, false, false, false, false, false, false, false};
       },
       2},
  };
}

EngineResult run(Engine& engine, const Ingredients& ingredients) {
  const EngineHandle handle = engine.submit(
      {.model = ingredients.rosetta(), .plan = ingredients.plan, .options = {.max_new_tokens = 6, .logprobs = 0}});
  return handle.wait();
}

// One ingredient at a time, of a prompt that was kept: what it shaped is not taken over, and the answer is what an
// engine without a store gives.
TEST(PrefixKey, NamesEverythingThatShapedTheBytes) {
  for (const Change& change : changes()) {
    Engine engine, fresh({.prefix_cache_mb = 0});
    run(engine, Ingredients::make());
    EXPECT_EQ(run(engine, Ingredients::make()).reused_receiver_tokens, 11) << "other models of equal bytes";
    Ingredients changed = Ingredients::make();
    change.apply(changed);
    const EngineResult got = run(engine, changed), expected = run(fresh, changed);
    EXPECT_LE(got.reused_receiver_tokens, change.most) << change.name;
    EXPECT_EQ(engine.stats().prefix.misses, change.most == 0 ? 2 : 1) << change.name;
    EXPECT_EQ(got.row.ids, expected.row.ids) << change.name;
    for (std::size_t i = 0; i < got.row.logprobs.size(); ++i)
      EXPECT_NEAR(got.row.logprobs[i].chosen, expected.row.logprobs[i].chosen, 1e-4) << change.name;
  }
}

// A hit changes the work, not the answer.
TEST(PrefixReuse, AHitGivesTheAnswerOfAFreshRun) {
  for (const std::size_t sharers : {0, 1, 2})
    for (const FusionMode fusion : {FusionMode::kSequential, FusionMode::kParallel})
      for (const std::int64_t chunk : {3, 256}) {
        const auto rosetta = testing::tiny_rosetta(sharers, {.fusion = fusion});
        Engine engine({.prefill_chunk = chunk});
        const SectionPlan first = tiny_plan(sharers, 40, 3);
        std::vector<SectionPlan> plans(4, first);  // the same; another end; a longer section; a longer end
        for (std::size_t i = 36; i < 40; ++i) plans[1].ids[i] = 7;
        plans[2] = tiny_plan(sharers, 52, 3);
        plans[3].ids.insert(plans[3].ids.end(), {4, 5, 6});
        plans[3].sections.back().length += 3;
        for (SharerPlan& sharer : plans[3].sharers) {
          if (!sharer.source.empty()) sharer.source.insert(sharer.source.end(), {-1, -1, -1});
          sharer.ids.insert(sharer.ids.end(), {1, 2, 3});
        }
        const GenerateOptions options{.max_new_tokens = 12};
        (void)engine.submit({.model = rosetta, .plan = first, .options = options}).wait();
        for (std::size_t i = 0; i < plans.size(); ++i) {
          const auto handle = engine.submit({.model = rosetta, .plan = plans[i], .options = options});
          const EngineResult& result = handle.wait();
          EXPECT_EQ(result.row.ids, testing::alone(*rosetta, plans[i], options).ids)
              << sharers << " sharers, plan " << i;
          EXPECT_GE(result.reused_receiver_tokens, i == 2 ? 2 : 35) << sharers << " sharers, plan " << i;
          EXPECT_GE(result.reused_sharer_tokens, sharers > 0 && i != 2 ? 20 : 0) << "plan " << i;
        }
        const EngineStats stats = engine.stats();
        EXPECT_EQ(stats.prefix.hits, 4);
        EXPECT_EQ(stats.prefix.misses, 1);
        EXPECT_GT(stats.prefix.bytes, 0);
        EXPECT_GE(stats.reused_receiver_tokens, 3 * 35 + 2);
      }
}

TEST(PrefixReuse, RequestsThatComeTogetherShareWhatTheFirstReads) {
  const auto rosetta = testing::tiny_rosetta(1);
  Engine engine({.prefill_chunk = 5});
  std::vector<EngineHandle> handles;
  {
    const testing::Holder holder(engine, rosetta);
    for (std::int32_t r = 0; r < 3; ++r) {
      SectionPlan plan = tiny_plan(1, 30, 3);
      plan.ids.back() = r;
      handles.push_back(engine.submit({.model = rosetta, .plan = plan, .options = {.max_new_tokens = 4}}));
    }
  }
  for (std::int32_t r = 0; r < 3; ++r)
    EXPECT_EQ(handles[static_cast<std::size_t>(r)].wait().reused_receiver_tokens, r == 0 ? 0 : 29);
}

TEST(PrefixReuse, NothingIsKeptOrTakenUnasked) {
  const auto rosetta = testing::tiny_rosetta(1), fused = testing::tiny_rosetta(1, {.include_response = true});
  Engine engine;
  const auto run = [&](const std::shared_ptr<const Rosetta>& model, bool reuse) {
    const auto handle =
        engine.submit({.model = model, .plan = tiny_plan(1, 20, 3), .options = {.max_new_tokens = 2}, .reuse = reuse});
    return handle.wait().reused_receiver_tokens;
  };
  run(rosetta, false);
  run(fused, true);
  EXPECT_EQ(engine.stats().prefix.entries, 0);
  EXPECT_EQ(engine.stats().prefix.misses, 0);
  run(rosetta, true);
  EXPECT_EQ(run(rosetta, false), 0);
  EXPECT_EQ(run(rosetta, true), 19);
  engine.clear_prefix_cache();
  EXPECT_EQ(run(rosetta, true), 0);
}

}  // namespace
}  // namespace c2c
