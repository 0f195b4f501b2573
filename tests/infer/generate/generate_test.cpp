#include "c2c/infer/generate/generate.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <set>

#include "c2c/base/error.h"

namespace c2c {
namespace {

constexpr std::int64_t kVocabulary = 50;

at::Tensor logits_for(std::int64_t seed) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(static_cast<std::uint64_t>(seed));
  return at::randn({kVocabulary}, generator) * 2;
}

// A model of one token of memory: the next logits depend on the last id only.
at::Tensor step_rows(const at::Tensor& ids) {
  std::vector<at::Tensor> rows;
  for (std::int64_t r = 0; r < ids.size(0); ++r) rows.push_back(logits_for(ids[r].item<std::int64_t>() + 100));
  return at::stack(rows);
}

at::Tensor first(std::vector<std::int64_t> seeds) {
  std::vector<at::Tensor> rows;
  for (const std::int64_t seed : seeds) rows.push_back(logits_for(seed));
  return at::stack(rows);
}

GenerateOptions sampled(std::uint64_t seed) {
  GenerateOptions options{.max_new_tokens = 12};
  options.sampling = {.temperature = 1.0, .top_k = 20, .top_p = 0.95, .min_p = 0.01, .seed = seed};
  return options;
}

TEST(Generate, GreedyTakesTheBestToken) {
  const auto rows = generate(first({1}), {}, step_rows, {.max_new_tokens = 5});
  std::int64_t id = at::argmax(logits_for(1)).item<std::int64_t>();
  ASSERT_EQ(rows[0].ids.size(), 5u);
  for (const std::int64_t got : rows[0].ids) {
    EXPECT_EQ(got, id);
    id = at::argmax(logits_for(id + 100)).item<std::int64_t>();
  }
  EXPECT_EQ(rows[0].finish, FinishReason::kLength);
}

TEST(Generate, RowsDoNotDependOnTheirNeighbours) {
  GenerateOptions options = sampled(7);
  options.row_seeds = {7, 8, 9};
  options.sampling.repetition_penalty = 1.2;
  const std::vector<std::vector<std::int64_t>> prompts{{1, 2}, {3}, {}};
  // Every row stops somewhere else.
  options.stop_ids = {3, 5, 11};
  const auto together = generate(first({1, 2, 3}), prompts, step_rows, options);
  for (std::size_t r = 0; r < 3; ++r) {
    GenerateOptions alone = options;
    alone.row_seeds = {options.row_seeds[r]};
    const auto row = generate(first({static_cast<std::int64_t>(r) + 1}), {prompts[r]}, step_rows, alone);
    EXPECT_EQ(row[0].ids, together[r].ids);
    EXPECT_EQ(row[0].finish, together[r].finish);
  }
}

TEST(Generate, SeedsRepeatAndRowsDiffer) {
  const auto one = generate(first({1, 1}), {}, step_rows, sampled(3));
  const auto two = generate(first({1, 1}), {}, step_rows, sampled(3));
  EXPECT_EQ(one[0].ids, two[0].ids);
  EXPECT_EQ(one[1].ids, two[1].ids);
  EXPECT_NE(one[0].ids, one[1].ids);
  EXPECT_NE(one[0].ids, generate(first({1, 1}), {}, step_rows, sampled(4))[0].ids);
  EXPECT_EQ(one[1].ids, generate(first({1}), {}, step_rows, sampled(4))[0].ids) << "row r is seeded with seed + r";
}

TEST(Generate, EveryStopIdEndsItsRowAndIsKept) {
  const auto free = generate(first({1, 2}), {}, step_rows, {.max_new_tokens = 8});
  GenerateOptions options{.max_new_tokens = 8, .stop_ids = {49999, free[0].ids[2], free[1].ids[4]}};
  const auto rows = generate(first({1, 2}), {}, step_rows, options);
  for (std::size_t r = 0; r < 2; ++r) {
    std::vector<std::int64_t> expected;
    for (const std::int64_t id : free[r].ids) {
      expected.push_back(id);
      if (id == options.stop_ids[1] || id == options.stop_ids[2]) break;
    }
    EXPECT_EQ(rows[r].ids, expected);
    EXPECT_EQ(rows[r].finish, FinishReason::kStop);
  }
}

TEST(Generate, TheCallbackStreamsAndCancels) {
  std::vector<std::int64_t> streamed;
  const OnToken on_token = [&](std::size_t row, std::int64_t id) {
    if (row == 1) return false;
    streamed.push_back(id);
    return streamed.size() < 4;
  };
  int steps = 0;
  const Step step = [&](const at::Tensor& ids) {
    ++steps;
    return step_rows(ids);
  };
  GenerateTiming timing;
  const auto rows = generate(first({1, 2}), {}, step, {.max_new_tokens = 9}, on_token, &timing);
  EXPECT_EQ(rows[0].ids, streamed);
  EXPECT_EQ(streamed.size(), 4u);
  EXPECT_EQ(rows[0].finish, FinishReason::kCancelled);
  EXPECT_EQ(rows[1].ids.size(), 1u);
  EXPECT_EQ(steps, 3) << "nothing is decoded that nobody reads";
  EXPECT_EQ(timing.steps, 3);
}

TEST(Generate, NoTokensAreAskedFor) {
  const auto rows = generate(first({1}), {}, step_rows, {.max_new_tokens = 0});
  EXPECT_TRUE(rows[0].ids.empty());
}

TEST(Generate, LogprobsAreOfTheModelsOwnDistribution) {
  GenerateOptions options = sampled(1);
  options.sampling.presence_penalty = 1.0;
  options.logprobs = 3;
  options.max_new_tokens = 2;
  const auto rows = generate(first({1}), {{4}}, step_rows, options);
  const at::Tensor expected = at::log_softmax(logits_for(1), 0);
  const TokenLogprob& got = rows[0].logprobs[0];
  ASSERT_EQ(rows[0].logprobs.size(), 2u);
  EXPECT_NEAR(got.chosen, expected[rows[0].ids[0]].item<double>(), 1e-6);
  ASSERT_EQ(got.top.size(), 3u);
  EXPECT_EQ(got.top[0].first, at::argmax(expected).item<std::int64_t>());
  EXPECT_NEAR(got.top[0].second, expected.max().item<double>(), 1e-6);
  EXPECT_GE(got.top[0].second, got.top[1].second);
}

TEST(Sampler, PenaltiesInTheReferencesOrder) {
  const at::Tensor logits = at::tensor({2.0f, 1.0f, -1.0f, 0.5f});
  SamplingOptions options{.repetition_penalty = 2.0, .presence_penalty = 0.25, .frequency_penalty = 0.5};
  const at::Tensor got = apply_penalties(logits, {0, 0, 1, 2, 3}, options);
  // (2 - .25 - 1) / 2, (1 - .25 - .5) / 2, (-1 - .25 - .5) * 2, (.5 - .25 - .5) * 2: the sign after subtraction counts
  EXPECT_TRUE(at::allclose(got, at::tensor({0.375f, 0.125f, -3.5f, -0.5f}))) << got;
  EXPECT_TRUE(at::equal(logits, at::tensor({2.0f, 1.0f, -1.0f, 0.5f}))) << "the model's logits are left alone";
  EXPECT_TRUE(at::equal(apply_penalties(logits, {}, options), logits));
}

TEST(Sampler, FiltersKeepWhatTheyShould) {
  const at::Tensor logits = at::log(at::tensor({0.1f, 0.4f, 0.3f, 0.2f}));
  const auto kept = [&](SamplingOptions options) {
    options.temperature = 1.0;
    return sampling_distribution(logits, options);
  };
  EXPECT_TRUE(at::allclose(kept({.top_k = 2}), at::tensor({0.0f, 4 / 7.0f, 3 / 7.0f, 0.0f})));
  EXPECT_TRUE(at::allclose(kept({.top_p = 0.72}), at::tensor({0.0f, 4 / 7.0f, 3 / 7.0f, 0.0f})));
  EXPECT_TRUE(at::allclose(kept({.top_p = 0.01}), at::tensor({0.0f, 1.0f, 0.0f, 0.0f})));
  EXPECT_TRUE(at::allclose(kept({.min_p = 0.45}), at::tensor({0.0f, 4 / 9.0f, 3 / 9.0f, 2 / 9.0f})));
  EXPECT_TRUE(at::allclose(kept({.top_k = 99}), at::tensor({0.1f, 0.4f, 0.3f, 0.2f})));
}

TEST(Sampler, ALargeVocabularyIsFilteredAsIfItWereSorted) {
  const at::Tensor logits = at::randn({5000}, at::make_generator<at::CPUGeneratorImpl>(5));
  const at::Tensor p = at::softmax(logits, 0);
  for (const double top_p : {0.05, 0.5, 0.95}) {
    const auto [sorted, order] = at::sort(p, 0, true);
    const at::Tensor keep = at::cumsum(sorted, 0) <= top_p;
    at::Tensor expected = at::zeros_like(p).scatter(0, order, at::where(keep, sorted, at::zeros_like(sorted)));
    expected = expected / expected.sum();
    EXPECT_TRUE(at::allclose(sampling_distribution(logits, {.temperature = 1.0, .top_p = top_p}), expected));
  }
}

TEST(Sampler, DrawsFollowTheDistribution) {
  const at::Tensor logits = at::log(at::tensor({0.1f, 0.6f, 0.3f}));
  Sampler sampler({.temperature = 1.0, .seed = 11}, {});
  std::vector<double> counts(3);
  for (int i = 0; i < 20000; ++i) counts[static_cast<std::size_t>(sampler.next(logits))] += 1 / 20000.0;
  EXPECT_NEAR(counts[0], 0.1, 0.01);
  EXPECT_NEAR(counts[1], 0.6, 0.015);
  EXPECT_NEAR(counts[2], 0.3, 0.015);
}

TEST(Sampler, OptionsOutOfRangeAreNamed) {
  for (const auto& [options, key] :
       std::vector<std::pair<SamplingOptions, std::string>>{{{.temperature = -1.0}, "temperature"},
                                                            {{.top_p = 0.0}, "top_p"},
                                                            {{.top_p = 1.5}, "top_p"},
                                                            {{.min_p = -0.5}, "min_p"},
                                                            {{.repetition_penalty = 0.0}, "repetition_penalty"}}) {
    try {
      validate(options);
      FAIL() << key;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      EXPECT_EQ(error.info().key, key);
    }
  }
}

}  // namespace
}  // namespace c2c
