#include "c2c/rosetta/prefill.h"

#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "c2c/base/error.h"
#include "tests/rosetta/tiny.h"

namespace c2c {
namespace {

using testing::tiny_config;
using testing::tiny_fuser;
using testing::tiny_model;

struct Pair {
  explicit Pair(RosettaOptions options = {}, Family family = Family::kGemma3, std::uint64_t seed = 1,
                at::ScalarType dtype = at::kFloat) {
    const auto receiver = tiny_model(tiny_config(Family::kLlama, 4, 2, 8), seed, dtype);
    const auto sharer = tiny_model(tiny_config(family, 3, 1, 16), seed + 500, dtype);
    const auto fuser = tiny_fuser(receiver->kv_geometry(), sharer->kv_geometry(), seed + 900, true, dtype);
    rosetta = std::make_unique<Rosetta>(receiver, std::vector<SharerEntry>{{sharer, fuser}}, options);
  }
  std::unique_ptr<Rosetta> rosetta;
};

std::vector<std::int32_t> ids_of(std::int64_t count, std::int32_t seed) {
  std::vector<std::int32_t> ids;
  for (std::int64_t i = 0; i < count; ++i) ids.push_back(static_cast<std::int32_t>((seed + 7 * i * i + 3 * i) % 60));
  return ids;
}

// A template's opening, a fused question, a closing, a second fused section, the last tokens. Two sharer tokens for
// every receiver token of the question, some receiver tokens without any.
SectionPlan chat(std::int64_t question, std::int32_t seed, std::int64_t second = 4) {
  SectionPlan plan;
  plan.sections = {{3, 0}, {question, 1}, {2, 0}, {second, 1}, {2, 0}};
  const std::int64_t total = 3 + question + 2 + second + 2;
  plan.ids = ids_of(total, seed);
  SharerPlan sharer;
  sharer.ids = ids_of(total + question, seed + 1);
  for (std::int64_t i = 0; i < total; ++i) sharer.source.push_back(i % 5 == 4 ? -1 : std::min(i + i / 2, total));
  plan.sharers = {sharer};
  return plan;
}

struct Result {
  at::Tensor logits, next;
  std::shared_ptr<ReusedPrompt> kept;
  PrefixMatch reused;
};

Result run(const Rosetta& rosetta, const SectionPlan& plan, PrefillOptions options) {
  Prefill prefill(rosetta, plan, std::move(options));
  while (!prefill.advance()) {
  }
  Result result{prefill.logits(), {}, prefill.kept(), prefill.reused()};
  RosettaState state = std::move(prefill.state());
  result.next = rosetta.decode(at::tensor({7}, at::kLong), state);
  return result;
}

void expect_close(const at::Tensor& a, const at::Tensor& b) {
  EXPECT_LT((a - b).abs().max().item<double>(), 2e-5);
}

TEST(Prefill, PiecesGiveWhatTheWholeGives) {
  const Pair pair;
  const SectionPlan plan = chat(9, 5);
  RosettaState state;
  const at::Tensor whole = pair.rosetta->prefill({plan}, state);
  for (const std::int64_t chunk : {0, 1, 3, 7, 256}) {
    const Result result = run(*pair.rosetta, plan, {.chunk = chunk});
    expect_close(result.logits, whole);
  }
}

TEST(Prefill, APieceIsSmall) {
  const Pair pair;
  const SectionPlan plan = chat(9, 5);
  Prefill prefill(*pair.rosetta, plan, {.chunk = 1});
  int pieces = 0;
  while (!prefill.advance()) ++pieces;
  EXPECT_GT(pieces, 20 + 20);  // a token of a model each, and two fusings
  EXPECT_TRUE(prefill.advance());
}

TEST(Prefill, NothingIsThereBeforeItIsDone) {
  const Pair pair;
  Prefill prefill(*pair.rosetta, chat(9, 5), {.chunk = 4});
  EXPECT_THROW(prefill.logits(), Error);
  EXPECT_THROW(prefill.state(), Error);
}

// A pair that leaves rounding as small as it is: float32 is within 6e-6 of the exact logits with AVX2, AVX-512 and
// plain kernels (with seed 1 up to 4e-5, twice the tolerance, with nothing reused).
constexpr std::uint64_t kCalmSeed = 4;

// What float32 comes near to, whatever order a machine's kernels add in: the same pair in double precision, each prompt
// read as a whole.
class Exactly {
 public:
  void expect(const SectionPlan& plan, const Result& result) const {
    expect_close(result.logits, logits(plan));
    SectionPlan longer = plan;
    longer.ids.push_back(7);
    longer.sections.back().length += 1;
    longer.sharers[0].source.push_back(-1);
    expect_close(result.next, logits(longer));
  }

 private:
  at::Tensor logits(const SectionPlan& plan) const {
    RosettaState state;
    return pair_.rosetta->prefill({plan}, state);
  }
  const Pair pair_{{}, Family::kGemma3, kCalmSeed, at::kDouble};
};

// The second prompt goes on differently at every place in turn: what it takes over must not show.
TEST(Prefill, ReusedTokensDoNotShow) {
  const Pair pair({}, Family::kGemma3, kCalmSeed);
  const Exactly exactly;
  const SectionPlan first = chat(9, 5);
  const Result held = run(*pair.rosetta, first, {.keep = true});
  ASSERT_NE(held.kept, nullptr);
  EXPECT_GT(held.kept->clean.length(), 0);
  std::int64_t most = 0;
  for (std::size_t change = 0; change < first.ids.size(); ++change) {
    SectionPlan second = first;
    second.ids[change] = (second.ids[change] + 1) % 60;
    exactly.expect(second, run(*pair.rosetta, second, {}));
    const Result reusing = run(*pair.rosetta, second, {.chunk = 4, .reuse = held.kept, .keep = true});
    EXPECT_EQ(reusing.reused.receiver,
              std::min<std::int64_t>(static_cast<std::int64_t>(change), std::ssize(second.ids) - 1));
    most = std::max(most, reusing.reused.receiver);
    exactly.expect(second, reusing);
    // What it leaves is as good as what a fresh one leaves.
    const Result third = run(*pair.rosetta, second, {.reuse = reusing.kept});
    EXPECT_EQ(third.reused.receiver, std::ssize(second.ids) - 1);
    exactly.expect(second, third);
  }
  EXPECT_GT(most, 15);
}

// Against the logits of every prefix by itself.
TEST(Prefill, LastTokensAreScoredWhateverIsReused) {
  const Pair pair;
  SectionPlan plan = chat(9, 5);
  plan.sections.back().length += 5;
  for (const std::int32_t id : {11, 3, 58, 3, 20}) {
    plan.ids.push_back(id);
    plan.sharers[0].source.push_back(-1);
  }
  const Result held = run(*pair.rosetta, plan, {.keep = true});
  std::vector<double> wanted;
  for (std::size_t cut = 1; cut <= 6; ++cut) {
    SectionPlan shorter = plan;
    shorter.ids.resize(plan.ids.size() - cut);
    shorter.sharers[0].source.resize(shorter.ids.size());
    shorter.sections.back().length -= static_cast<std::int64_t>(cut);
    const at::Tensor logprobs_V = run(*pair.rosetta, shorter, {}).logits[0].log_softmax(-1);
    wanted.insert(wanted.begin(), logprobs_V[plan.ids[plan.ids.size() - cut]].item<double>());
  }
  for (const std::int64_t chunk : {1, 4, 256})
    for (const std::int64_t scored : {1, 6})
      for (const bool reuse : {false, true}) {
        Prefill prefill(*pair.rosetta, plan, {.chunk = chunk, .reuse = reuse ? held.kept : nullptr, .scored = scored});
        while (!prefill.advance()) {
        }
        ASSERT_EQ(std::ssize(prefill.scores()), scored);
        for (std::size_t i = 0; i < prefill.scores().size(); ++i)
          EXPECT_NEAR(prefill.scores()[i].logprob, wanted[wanted.size() - prefill.scores().size() + i], 2e-5);
        expect_close(prefill.logits(), held.logits);
        EXPECT_EQ(prefill.reused().receiver, reuse ? std::ssize(plan.ids) - 1 - scored : 0);
      }
  EXPECT_THROW(Prefill(*pair.rosetta, plan, {.scored = std::ssize(plan.ids)}), Error);
}

TEST(Prefill, ASharerTokenThatChangedCostsWhatHearsIt) {
  const Pair pair;
  const SectionPlan first = chat(9, 5);
  const Result held = run(*pair.rosetta, first, {.keep = true});
  for (std::size_t change = 0; change < first.sharers[0].ids.size(); ++change) {
    SectionPlan second = first;
    second.sharers[0].ids[change] = (second.sharers[0].ids[change] + 1) % 60;
    const Result fresh = run(*pair.rosetta, second, {});
    const Result reusing = run(*pair.rosetta, second, {.reuse = held.kept});
    for (std::int64_t token = 3; token < std::min<std::int64_t>(12, reusing.reused.receiver); ++token) {
      EXPECT_LT(second.sharers[0].source[static_cast<std::size_t>(token)], static_cast<std::int64_t>(change));
    }
    expect_close(reusing.logits, fresh.logits);
  }
}

TEST(Prefill, ALongerQuestionGoesOnInTheSameSection) {
  const Pair pair;
  const SectionPlan first = chat(9, 5);
  const Result held = run(*pair.rosetta, first, {.keep = true});
  SectionPlan second = chat(20, 5);
  for (std::size_t i = 0; i < 12; ++i) {
    second.ids[i] = first.ids[i];
    second.sharers[0].ids[i] = first.sharers[0].ids[i];
  }
  for (std::size_t i = 0; i < first.sharers[0].ids.size(); ++i) second.sharers[0].ids[i] = first.sharers[0].ids[i];
  for (std::size_t i = 0; i < 12; ++i) second.sharers[0].source[i] = first.sharers[0].source[i];
  const Result fresh = run(*pair.rosetta, second, {});
  const Result reusing = run(*pair.rosetta, second, {.reuse = held.kept});
  EXPECT_EQ(reusing.reused.receiver, 12);
  expect_close(reusing.logits, fresh.logits);
  expect_close(reusing.next, fresh.next);
}

TEST(MatchPrefix, EveryIngredientCounts) {
  const SectionPlan held = chat(9, 5);
  EXPECT_EQ(match_prefix(held, held).receiver, std::ssize(held.ids) - 1);
  const auto matched = [&](const auto& change) {
    SectionPlan wanted = held;
    change(wanted);
    return match_prefix(wanted, held).receiver;
  };
  EXPECT_EQ(matched([](SectionPlan& p) { p.ids[6] ^= 1; }), 6);
  EXPECT_EQ(matched([](SectionPlan& p) { p.sections[1].mask = 0; }), 3);
  EXPECT_EQ(matched([](SectionPlan& p) { p.sharers[0].source[5] = 2; }), 5);
  EXPECT_EQ(matched([](SectionPlan& p) { p.sharers[0].ids[0] ^= 1; }), 3);  // nothing fused is the same
  EXPECT_EQ(matched([](SectionPlan& p) {
              p.padding.assign(p.ids.size(), false);
              p.padding[1] = true;
            }),
            1);
  EXPECT_EQ(matched([](SectionPlan& p) {
              for (std::size_t i = 0; i < p.ids.size(); ++i)
                p.positions.push_back(static_cast<std::int64_t>(i + (i > 7)));
            }),
            8);
  EXPECT_EQ(matched([](SectionPlan& p) { p.sharers.clear(); }), 0);
}

// Rows of unequal lengths in one step: each gets exactly what it gets alone.
TEST(DecodeRows, ARowDoesNotDependOnTheOthers) {
  const Pair pair;
  std::vector<RosettaState> together, alone;
  for (const std::int64_t question : {3, 9, 17}) {
    for (auto* states : {&together, &alone}) {
      states->emplace_back();
      pair.rosetta->prefill({chat(question, 11)}, states->back());
    }
  }
  for (std::int64_t step = 0; step < 5; ++step) {
    std::vector<RosettaState*> rows;
    for (RosettaState& state : together) rows.push_back(&state);
    const at::Tensor ids = at::tensor({step + 3, step + 30, step + 17}, at::kLong);
    const at::Tensor logits = pair.rosetta->decode(ids, rows);
    for (std::size_t r = 0; r < alone.size(); ++r) {
      const auto row = static_cast<std::int64_t>(r);
      const at::Tensor own = pair.rosetta->decode(ids.narrow(0, row, 1), alone[r]);
      expect_close(logits.narrow(0, row, 1), own);
      EXPECT_EQ(together[r].receiver.length(), alone[r].receiver.length());
    }
  }
}

TEST(DecodeRows, FusedResponsesTakeTheirTurn) {
  const Pair pair({.include_response = true}, Family::kLlama);
  SectionPlan plan = plan_shared_ids(ids_of(9, 3), 1, 1);
  plan.sections.back().mask = 1;
  RosettaState a, b, c;
  for (RosettaState* state : {&a, &b, &c}) pair.rosetta->prefill({plan}, *state);
  std::vector<RosettaState*> rows{&a, &b};
  const at::Tensor logits = pair.rosetta->decode(at::tensor({5, 5}, at::kLong), rows);
  const at::Tensor own = pair.rosetta->decode(at::tensor({5}, at::kLong), c);
  expect_close(logits.narrow(0, 0, 1), own);
  expect_close(logits.narrow(0, 1, 1), own);
}

TEST(Fingerprint, NamesWhatShapesTheCache) {
  const std::string base = Pair().rosetta->fingerprint();
  EXPECT_EQ(base, Pair().rosetta->fingerprint());
  EXPECT_NE(base, Pair({.fusion = FusionMode::kParallel}).rosetta->fingerprint());
  EXPECT_NE(base, Pair({}, Family::kGemma3, 2).rosetta->fingerprint());
  EXPECT_NE(base, Pair({}, Family::kQwen3).rosetta->fingerprint());
}

}  // namespace
}  // namespace c2c
