#include "c2c/rosetta/rosetta.h"

#include <gtest/gtest.h>

#include "c2c/base/error.h"
#include "tests/rosetta/tiny.h"

namespace c2c {
namespace {

using testing::Calls;
using testing::CountingModel;
using testing::own_tokens;
using testing::tiny_config;
using testing::tiny_fuser;
using testing::tiny_model;

const ModelConfig kQwen3 = tiny_config(Family::kQwen3, 4, 2, 8);
const ModelConfig kGemma3 = tiny_config(Family::kGemma3, 3, 1, 16);
const ModelConfig kLlama = tiny_config(Family::kLlama, 6, 2, 12);

struct Pair {
  std::shared_ptr<CausalLm> receiver;
  std::vector<SharerEntry> sharers;
};

// One receiver, a Gemma and a Llama sharer.
Pair make_pair(const ModelConfig& receiver, bool open = true) {
  Pair pair{tiny_model(receiver, 1), {}};
  for (const ModelConfig& sharer : {kGemma3, kLlama}) {
    const std::uint64_t seed = 1000 * (pair.sharers.size() + 1);
    pair.sharers.push_back(
        {tiny_model(sharer, seed), tiny_fuser(receiver.kv_geometry(), sharer.kv_geometry(), seed + 500, open)});
  }
  return pair;
}

Rosetta make_rosetta(const Pair& pair, RosettaOptions options) {
  return Rosetta(pair.receiver, pair.sharers, options);
}

std::vector<std::int32_t> some_ids(std::size_t count, std::int32_t seed) {
  std::vector<std::int32_t> ids;
  for (std::size_t i = 0; i < count; ++i) ids.push_back((seed + 7 * static_cast<std::int32_t>(i * i)) % 60);
  return ids;
}

// Four prompts that have nothing in common: lengths, sections, masks, pads of their own, a span index.
std::vector<SectionPlan> mixed_plans(SharerMask response = 0) {
  std::vector<SectionPlan> plans(4);
  plans[0] = {.ids = some_ids(12, 3), .sections = {{2, 0}, {7, 3}, {3, response}}};
  plans[1] = {.ids = some_ids(17, 5), .sections = {{4, 1}, {3, 2}, {2, 0}, {5, 3}, {3, 0}}};
  plans[2] = {.ids = some_ids(5, 8), .sections = {{5, 0}}};
  plans[3] = {.ids = some_ids(9, 1), .sections = {{6, 2}, {1, 1}, {1, 3}, {1, 0}}};
  plans[0].padding.assign(12, false);
  plans[0].padding[4] = plans[0].padding[5] = true;
  plans[3].positions = {0, 1, 2, 5, 6, 7, 8, 9, 11};
  for (SectionPlan& plan : plans)
    for (std::int32_t s = 0; s < 2; ++s) plan.sharers.push_back({.ids = some_ids(plan.ids.size(), 11 + s)});
  SharerPlan& span = plans[1].sharers[0];  // its own rendering, other tokens
  span = {.ids = some_ids(20, 30), .source = {-1, 2, 2, 5, 0, 0, 0, 0, 0, 6, -1, 9, 18, 10, 11, 12, 13}};
  plans[3].sharers[1].padding = {false, true, false, false, false, false, false, false, false};
  return plans;
}

double distance(const at::Tensor& a, const at::Tensor& b) {
  EXPECT_EQ(a.sizes(), b.sizes());
  return (a - b).abs().max().item<double>();
}

class Modes : public ::testing::TestWithParam<std::tuple<FusionMode, bool, bool>> {
 protected:
  RosettaOptions options() const { return {std::get<0>(GetParam()), std::get<1>(GetParam()), std::get<2>(GetParam())}; }
};

// Every row of a batch is what the same row is alone: caches of its own columns, logits, and decode steps.
TEST_P(Modes, ABatchEqualsItsRowsAlone) {
  for (const ModelConfig& config : {kQwen3, kGemma3}) {
    const Rosetta rosetta = make_rosetta(make_pair(config), options());
    const std::vector<SectionPlan> plans = mixed_plans(options().include_response ? 2 : 0);
    RosettaState together;
    std::vector<at::Tensor> steps{rosetta.prefill(plans, together)};
    const auto next = [](const at::Tensor& logits) { return at::argmax(logits, -1); };
    for (int i = 0; i < 3; ++i) steps.push_back(rosetta.decode(next(steps.back()), together));
    for (std::size_t row = 0; row < plans.size(); ++row) {
      const auto r = static_cast<std::int64_t>(row);
      RosettaState alone;
      at::Tensor logits = rosetta.prefill({plans[row]}, alone);
      for (std::size_t i = 0;; ++i) {
        EXPECT_LE(distance(logits[0], steps[i][r]), 1e-4) << "row " << row << " step " << i;
        if (i + 1 == steps.size()) break;
        logits = rosetta.decode(next(logits), alone);
      }
      EXPECT_EQ(together.lengths[row], alone.receiver.length());
      for (std::int64_t layer = 0; layer < config.layers; ++layer) {
        const KvPair a = alone.receiver.layer(layer), b = together.receiver.layer(layer);
        EXPECT_LE(distance(own_tokens(alone, a.key, 0), own_tokens(together, b.key, r)), 1e-4)
            << "row " << row << " layer " << layer;
        EXPECT_LE(distance(own_tokens(alone, a.value, 0), own_tokens(together, b.value, r)), 1e-4)
            << "row " << row << " layer " << layer;
      }
    }
  }
}

TEST_P(Modes, AClosedFuserIsTheReceiverAloneBitForBit) {
  const Pair pair = make_pair(kQwen3, false);
  const Rosetta fused = make_rosetta(pair, options()), alone(pair.receiver, {}, options());
  SectionPlan plan = mixed_plans()[1], plain = plan;
  for (Section& section : plain.sections) section.mask = 0;
  plain.sharers.clear();
  RosettaState a, b;
  at::Tensor la = fused.prefill({plan}, a), lb = alone.prefill({plain}, b);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(at::equal(la, lb));
    la = fused.decode(at::argmax(la, -1), a);
    lb = alone.decode(at::argmax(lb, -1), b);
  }
  EXPECT_TRUE(at::equal(a.receiver.layer(3).key, b.receiver.layer(3).key));
}

INSTANTIATE_TEST_SUITE_P(All, Modes,
                         ::testing::Combine(::testing::Values(FusionMode::kSequential, FusionMode::kParallel),
                                            ::testing::Bool(), ::testing::Bool()));

// What each fused token becomes, computed by hand from the sharer's own cache.
TEST(Rosetta, ASpanPlanFusesTheTokensItNamesWithTheTokensItNames) {
  Pair pair = make_pair(kQwen3);
  pair.sharers.resize(1);
  const Rosetta rosetta = make_rosetta(pair, {});
  SectionPlan plan{.ids = some_ids(6, 3), .sections = {{5, 1}, {1, 0}}};
  plan.sharers.push_back({.ids = some_ids(9, 4), .source = {-1, 3, 3, -1, 7, -1}});
  RosettaState state;
  rosetta.prefill({plan}, state);

  const at::NoGradGuard no_grad;
  const auto read = [](const CausalLm& model, const std::vector<std::int32_t>& ids) {
    KvCache cache = model.make_cache(1);
    model.forward({.ids_BN = at::tensor(ids, at::kInt).to(at::kLong).unsqueeze(0), .cache = &cache});
    return cache;
  };
  const KvCache own = read(*pair.receiver, {plan.ids.begin(), plan.ids.end() - 1});
  const KvCache heard = read(*pair.sharers[0].model, plan.sharers[0].ids);
  const at::Tensor tokens = at::tensor({1, 2, 4}), sources = at::tensor({3, 3, 7}), others = at::tensor({0, 3});
  for (std::int64_t layer = 0; layer < kQwen3.layers; ++layer) {
    const Fuser& fuser = *pair.sharers[0].fuser;
    const LayerLink link = fuser.layers.at(layer).front();
    const KvPair theirs = heard.layer(link.sharer_layer), mine = own.layer(layer), got = state.receiver.layer(layer);
    const KvPair expected = fuser.projectors[static_cast<std::size_t>(link.projector)]->forward(
        {theirs.key.index_select(2, sources), theirs.value.index_select(2, sources)},
        {mine.key.index_select(2, tokens), mine.value.index_select(2, tokens)}, {});
    EXPECT_LE(distance(got.key.index_select(2, tokens), expected.key), 1e-5);
    EXPECT_LE(distance(got.value.index_select(2, tokens), expected.value), 1e-5);
    EXPECT_LE(distance(got.key.index_select(2, others), mine.key.index_select(2, others)), 1e-5);
    EXPECT_GT(distance(got.key.index_select(2, tokens), mine.key.index_select(2, tokens)), 1e-2);
  }
}

TEST(Rosetta, SequentialAndParallelDifferForTwoSharersOnly) {
  const Pair pair = make_pair(kQwen3);
  const Rosetta one = make_rosetta(pair, {FusionMode::kSequential}),
                other = make_rosetta(pair, {FusionMode::kParallel});
  for (const SharerMask mask : {1, 2, 3}) {
    const SectionPlan plan = plan_shared_ids(some_ids(9, 2), 2, mask);
    RosettaState a, b;
    const double difference = distance(one.prefill({plan}, a), other.prefill({plan}, b));
    if (mask == 3)
      EXPECT_GT(difference, 1e-3);
    else
      EXPECT_LE(difference, 1e-4);
  }
}

// The response is fused token by token as it is read: reading it at once or one by one is the same.
TEST(Rosetta, AFusedResponseIsTheSameInOnePassAndStepByStep) {
  const Rosetta rosetta = make_rosetta(make_pair(kQwen3), {FusionMode::kSequential, true});
  const Rosetta plain = make_rosetta(make_pair(kQwen3), {});
  const std::vector<std::int32_t> ids = some_ids(12, 2);
  const std::vector<std::vector<Section>> prompts{
      {{8, 3}}, {{5, 1}, {3, 0}}, {{5, 2}, {3, 1}}, {{4, 3}, {2, 0}, {2, 0}}};
  for (const std::vector<Section>& prompt : prompts) {
    SectionPlan whole = plan_shared_ids(ids, 2, 3), begun = plan_shared_ids({ids.begin(), ids.begin() + 9}, 2, 3);
    whole.sections = begun.sections = prompt;
    whole.sections.push_back({4, 0});
    begun.sections.push_back({1, 0});
    RosettaState a, b, c;
    const at::Tensor expected = rosetta.prefill({whole}, a);
    at::Tensor got = rosetta.prefill({begun}, b);
    for (std::size_t i = 9; i < 12; ++i) got = rosetta.decode(at::tensor({static_cast<std::int64_t>(ids[i])}), b);
    EXPECT_LE(distance(got, expected), 1e-4);
    for (std::int64_t layer = 0; layer < kQwen3.layers; ++layer)
      EXPECT_LE(distance(a.receiver.layer(layer).key, b.receiver.layer(layer).key), 1e-4);
    EXPECT_GT(distance(plain.prefill({whole}, c), expected), 1e-3) << "the response was not fused";
    EXPECT_EQ(c.shadow.batch(), 0);
  }
}

TEST(Rosetta, AResponseIsHeardThroughTheSharersOwnIds) {
  Pair pair = make_pair(kQwen3);
  const auto plan = plan_shared_ids(some_ids(7, 2), 2, 3);
  const auto run = [&](std::function<std::int64_t(std::int64_t)> map) {
    pair.sharers[0].response_id = std::move(map);
    const Rosetta rosetta = make_rosetta(pair, {FusionMode::kSequential, true});
    RosettaState state;
    rosetta.prefill({plan}, state);
    return rosetta.decode(at::tensor({std::int64_t{5}}), state);
  };
  const at::Tensor same = run({});
  EXPECT_TRUE(at::equal(same, run([](std::int64_t id) { return id; })));
  EXPECT_GT(distance(same, run([](std::int64_t) { return 17; })), 1e-4);
  try {
    run([](std::int64_t) { return 60; });
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_NE(std::string(error.what()).find("60"), std::string::npos) << error.what();
  }
}

TEST(Rosetta, NothingIsComputedThatNobodyReads) {
  Pair pair = make_pair(kQwen3);
  const auto receiver_calls = std::make_shared<Calls>();
  std::vector<std::shared_ptr<Calls>> calls{std::make_shared<Calls>(), std::make_shared<Calls>()};
  pair.receiver = std::make_shared<CountingModel>(pair.receiver, receiver_calls);
  for (std::size_t s = 0; s < 2; ++s) {
    auto model = std::const_pointer_cast<CausalLm>(pair.sharers[s].model);
    pair.sharers[s].model = std::make_shared<CountingModel>(model, calls[s]);
  }
  // Llama's upper layers are not mapped.
  auto fuser = std::make_shared<Fuser>(*pair.sharers[1].fuser);
  for (auto& [layer, links] : fuser->layers) links.front().sharer_layer = layer;
  pair.sharers[1].fuser = fuser;
  const Rosetta rosetta = make_rosetta(pair, {});
  SectionPlan plan{.ids = some_ids(16, 2), .sections = {{2, 0}, {3, 0}, {4, 2}, {2, 0}, {2, 0}, {3, 0}}};
  plan.sharers.assign(2, {.ids = plan.ids});
  RosettaState state;
  rosetta.prefill({plan}, state);
  EXPECT_EQ(calls[0]->forwards, 0) << "no section hears the first sharer";
  EXPECT_EQ(calls[1]->forwards, 1);
  EXPECT_EQ(calls[1]->tokens, std::vector<std::int64_t>{9}) << "nobody reads what the sharer makes of the rest";
  EXPECT_EQ(calls[1]->stop_layers, std::vector<std::int64_t>{4});
  EXPECT_EQ(calls[1]->kv_only, std::vector<bool>{true});
  EXPECT_EQ(calls[1]->logits, 0);
  EXPECT_EQ(receiver_calls->tokens, (std::vector<std::int64_t>{9, 7})) << "one pass up to the fused section's end";
  EXPECT_EQ(receiver_calls->kv_only, (std::vector<bool>{true, false}));
  EXPECT_EQ(receiver_calls->logits, 1);
  EXPECT_TRUE(state.sharers.empty());

  rosetta.decode(at::tensor({std::int64_t{3}}), state);
  EXPECT_EQ(calls[1]->forwards, 1);
  EXPECT_EQ(receiver_calls->forwards, 3);

  *receiver_calls = {};
  const Rosetta closed(pair.receiver,
                       {pair.sharers[0], {pair.sharers[1].model, make_pair(kQwen3, false).sharers[1].fuser}}, {});
  closed.prefill({plan}, state);
  EXPECT_EQ(calls[1]->forwards, 1) << "a shut fuser has no need of its sharer";
  EXPECT_EQ(receiver_calls->tokens, std::vector<std::int64_t>{16});
}

TEST(Rosetta, TheObserverSeesWhatEachFuserChanges) {
  const Rosetta rosetta = make_rosetta(make_pair(kQwen3), {});
  std::vector<std::size_t> sharers;
  const FuseObserver observer = [&](const FuseEvent& event) {
    sharers.push_back(event.sharer);
    EXPECT_EQ(event.rows, std::vector<std::int64_t>{0});
    EXPECT_EQ(event.columns, (std::vector<std::vector<std::int64_t>>{{2, 3, 4, 5, 6, 7, 8}}));
    EXPECT_GT(distance(event.before.key, event.after.key), 1e-3);
    EXPECT_EQ(event.sharer_kv.key.size(2), 7);
    EXPECT_EQ(event.after.value.is_same(event.before.value), event.receiver_layer % 2 == 1) << "a shut gate";
  };
  RosettaState state;
  rosetta.prefill({mixed_plans()[0]}, state, 0, &observer);
  EXPECT_EQ(sharers, (std::vector<std::size_t>{0, 0, 0, 0, 1, 1, 1, 1}));
}

TEST(Rosetta, DecodingNeverMovesAReservedCache) {
  const Rosetta rosetta = make_rosetta(make_pair(kQwen3), {});
  RosettaState state;
  at::Tensor logits = rosetta.prefill(mixed_plans(), state, 4);
  const std::int64_t bytes = state.receiver.bytes();
  const void* data = state.receiver.layer(0).key.const_data_ptr();
  for (int i = 0; i < 4; ++i) logits = rosetta.decode(at::argmax(logits, -1), state);
  EXPECT_EQ(state.receiver.bytes(), bytes);
  EXPECT_EQ(state.receiver.layer(0).key.const_data_ptr(), data);
}

// The whole last section of every row, and gradients of the fuser through the fused cache.
TEST(Rosetta, TrainingSeesTheLastSectionsAndReachesTheFuser) {
  for (const bool include_response : {false, true})
    for (const FusionMode mode : {FusionMode::kSequential, FusionMode::kParallel}) {
      const Pair pair = make_pair(kQwen3);
      std::vector<at::Tensor> parameters;
      for (const SharerEntry& sharer : pair.sharers)
        for (const auto& projector : sharer.fuser->projectors)
          projector->visit("", [&](const ParameterRef& p) {
            if (!p.is_buffer) parameters.push_back(p.tensor->requires_grad_());
          });
      const Rosetta rosetta = make_rosetta(pair, {mode, include_response});
      TrainingDraws draws{
          [](at::IntArrayRef shape, at::TensorOptions options) { return at::full(shape, 0.3, options); }};
      const ForwardOptions options{.training = true, .draws = &draws};
      const std::vector<SectionPlan> plans = mixed_plans();
      RosettaState state;
      const ForwardOutput output = rosetta.forward(plans, state, options);
      ASSERT_EQ(output.hidden_BNC.size(1), 5);
      double loss = 0;
      for (std::size_t row = 0; row < plans.size(); ++row) {
        const auto r = static_cast<std::int64_t>(row);
        RosettaState own;
        const ForwardOutput alone = rosetta.forward({plans[row]}, own, options);
        EXPECT_EQ(alone.hidden_BNC.size(1), plans[row].sections.back().length);
        EXPECT_LE(distance(output.hidden_BNC[r].index({output.section_BN[r]}), alone.hidden_BNC[0]), 1e-4) << row;
      }
      at::Tensor sum = (output.hidden_BNC.square() * output.section_BN.unsqueeze(-1)).sum();
      loss = sum.item<double>();
      EXPECT_GT(loss, 0);
      sum.backward();
      int reached = 0;
      for (const at::Tensor& parameter : parameters)
        reached += parameter.grad().defined() && parameter.grad().abs().sum().item<double>() > 0;
      // Nothing after the last layer's own attention reads the value of... every projector is read by the last section.
      EXPECT_EQ(reached, static_cast<int>(parameters.size()));
    }
}

TEST(Rosetta, WrongCallsAreNamed) {
  const Rosetta rosetta = make_rosetta(make_pair(kQwen3), {});
  const auto fails = [&](const std::vector<SectionPlan>& plans, std::vector<std::string> words) {
    try {
      RosettaState state;
      rosetta.prefill(plans, state);
      ADD_FAILURE() << words[0];
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      for (const std::string& word : words)
        EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
    }
  };
  fails({}, {"no prompts"});
  fails({SectionPlan{}}, {"no tokens"});
  SectionPlan plan = plan_shared_ids(some_ids(5, 1), 3, 4);
  fails({plan}, {"sharers [3]", "sharers [1, 2]"});
  plan = plan_shared_ids(some_ids(65, 1), 2, 1);
  fails({plan_shared_ids(some_ids(5, 1), 2, 1), plan}, {"65", "64", "context length", "prompt 2"});
  plan = plan_shared_ids(some_ids(5, 1), 2, 1);
  plan.sharers[0].ids[2] = 60;
  fails({plan}, {"sharer 1", "id 60", "vocabulary"});
  plan.sections.back().mask = 1;
  fails({plan}, {"include_response"});
}

TEST(Rosetta, AFuserOfAnotherTypeComputesInItsOwn) {
  const auto receiver = tiny_model(kQwen3, 1, at::kBFloat16), sharer = tiny_model(kLlama, 2, at::kBFloat16);
  const auto fuser = tiny_fuser(kQwen3.kv_geometry(), kLlama.kv_geometry(), 3);
  const Rosetta rosetta(receiver, {{sharer, fuser}}, {FusionMode::kSequential, true});
  std::vector<at::ScalarType> seen;
  const FuseObserver observer = [&](const FuseEvent& event) {
    seen.push_back(event.before.key.scalar_type());
    seen.push_back(event.after.key.scalar_type());
  };
  RosettaState state;
  const at::Tensor logits = rosetta.prefill({plan_shared_ids(some_ids(9, 1), 1, 1)}, state, 0, &observer);
  EXPECT_FALSE(seen.empty());
  for (const at::ScalarType type : seen) EXPECT_EQ(type, at::kFloat);
  EXPECT_EQ(state.receiver.layer(0).key.scalar_type(), at::kBFloat16);
  EXPECT_TRUE(at::isfinite(rosetta.decode(at::argmax(logits, -1), state)).all().item<bool>());
}

TEST(Rosetta, AFuserOfAnotherShapeOrOfTwoTypesIsRefused) {
  Pair pair = make_pair(kQwen3);
  const auto mixed = tiny_fuser(kQwen3.kv_geometry(), kGemma3.kv_geometry(), 1);
  mixed->projectors.back()->to(at::kBFloat16, at::kCPU);
  pair.sharers[0].fuser = mixed;
  EXPECT_THROW(make_rosetta(pair, {}), Error);
  pair.sharers[0].fuser = tiny_fuser(kQwen3.kv_geometry(), kLlama.kv_geometry(), 1);
  EXPECT_THROW(make_rosetta(pair, {}), Error);
}

TEST(Rosetta, BFloat16RunsInBothModes) {
  const auto receiver = tiny_model(kQwen3, 1, at::kBFloat16), sharer = tiny_model(kLlama, 2, at::kBFloat16);
  const auto fuser = tiny_fuser(kQwen3.kv_geometry(), kLlama.kv_geometry(), 3, true, at::kBFloat16);
  for (const FusionMode mode : {FusionMode::kSequential, FusionMode::kParallel}) {
    const Rosetta rosetta(receiver, {{sharer, fuser}}, {mode, true});
    RosettaState state;
    const at::Tensor logits = rosetta.prefill({plan_shared_ids(some_ids(9, 1), 1, 1)}, state);
    EXPECT_EQ(logits.scalar_type(), at::kFloat);
    EXPECT_EQ(state.receiver.layer(0).key.scalar_type(), at::kBFloat16);
    EXPECT_TRUE(at::isfinite(rosetta.decode(at::argmax(logits, -1), state)).all().item<bool>());
  }
}

TEST(ForeignSharer, SharerIdsComeFromTheOtherPrompt) {
  const SectionPlan mine = plan_shared_ids(some_ids(6, 1), 1, 1), other = plan_shared_ids(some_ids(6, 2), 1, 1);
  const SectionPlan control = with_foreign_sharer(mine, other);
  EXPECT_EQ(control.ids, mine.ids);
  EXPECT_EQ(control.sharers[0].ids, other.sharers[0].ids);
  EXPECT_TRUE(control.sharers[0].source.empty()) << "column for column, as the reference's rolled batch";
  validate(control, false);
  const Rosetta rosetta(make_pair(kQwen3).receiver, {make_pair(kQwen3).sharers[0]}, {});
  RosettaState a, b;
  EXPECT_GT(distance(rosetta.prefill({mine}, a), rosetta.prefill({control}, b)), 1e-3);
}

TEST(ForeignSharer, OtherLengthsAreReadFromTheFront) {
  const SectionPlan mine = plan_shared_ids(some_ids(7, 1), 1, 1), longer = plan_shared_ids(some_ids(13, 2), 1, 1);
  SectionPlan control = with_foreign_sharer(mine, longer);
  EXPECT_EQ(control.sharers[0].source, (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 12}));
  validate(control, false);
  control = with_foreign_sharer(longer, mine);
  EXPECT_EQ(control.sharers[0].source, (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 5, 5, 5, 5, 5, 5, 6}));
  validate(control, false);

  // Span plans: only tokens that read, from the tokens that the other prompt's readers read.
  SectionPlan a{.ids = some_ids(5, 1), .sections = {{4, 1}, {1, 0}}}, b = a;
  a.sharers.push_back({.ids = some_ids(8, 3), .source = {-1, 4, 5, -1, -1}});
  b.sharers.push_back({.ids = some_ids(9, 4), .source = {3, 4, 6, 7, -1}});
  control = with_foreign_sharer(a, b);
  EXPECT_EQ(control.sharers[0].source, (std::vector<std::int64_t>{-1, 3, 4, -1, -1}));

  SectionPlan silent = b;
  silent.sharers.clear();
  EXPECT_THROW(with_foreign_sharer(a, silent), Error);
}

}  // namespace
}  // namespace c2c
