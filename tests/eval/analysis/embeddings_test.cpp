#include "c2c/eval/analysis/embeddings.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "c2c/base/error.h"
#include "c2c/rosetta/oracle.h"
#include "tests/eval/analysis/tiny_run.h"

namespace c2c::testing {
namespace {

const std::vector<Question> kQuestions = {{"a", user("What does the word lamp mean?")}, {"b", user("And tide?")}};

at::Tensor keys_of(const KvCache& cache, std::int64_t layer) {
  return cache.layer(layer).key[0].transpose(0, 1).flatten(1);
}

double apart(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

TEST(TokenClouds, AreTheCachesBeforeAndAfterFusing) {
  Session session(tiny_run());
  const auto layers = token_clouds(session, kQuestions, {.layers = {2}, .values = true});
  ASSERT_EQ(layers.size(), 2U);  // keys, values
  const LayerClouds& keys = layers[0];
  ASSERT_EQ(keys.clouds.size(), 4U);
  EXPECT_TRUE(keys.keys);
  EXPECT_FALSE(layers[1].keys);

  // The second question by hand.
  const at::NoGradGuard no_grad;
  const SectionPlan plan = session.plan({.messages = kQuestions[1].messages, .mode = "c2c"});
  const SectionPlan other = session.plan({.messages = kQuestions[0].messages, .mode = "c2c"});
  RosettaState fused, alone, control;
  session.rosetta().prefill({plan}, fused);
  session.rosetta().prefill({with_foreign_sharer(plan, other)}, control);
  read_alone(session.rosetta(), {plan}, alone);
  const auto tokens = static_cast<std::int64_t>(plan.ids.size()) - 1;  // the last is not fused
  const auto mine = [&](const Cloud& cloud) { return cloud.points_ND.slice(0, cloud.points_ND.size(0) - tokens); };
  EXPECT_EQ(keys.clouds[0].who, "receiver");
  EXPECT_LT(apart(mine(keys.clouds[0]), keys_of(alone.receiver, 2).slice(0, 0, tokens)), 1e-5);
  EXPECT_EQ(keys.clouds[1].who, "fused");
  EXPECT_LT(apart(mine(keys.clouds[1]), keys_of(fused.receiver, 2).slice(0, 0, tokens)), 1e-5);
  EXPECT_GT(apart(keys.clouds[0].points_ND, keys.clouds[1].points_ND), 1e-3);
  EXPECT_EQ(keys.clouds[2].who, "control");
  EXPECT_LT(apart(mine(keys.clouds[2]), keys_of(control.receiver, 2).slice(0, 0, tokens)), 1e-5);
  EXPECT_GT(apart(keys.clouds[1].points_ND, keys.clouds[2].points_ND), 1e-4);
  EXPECT_EQ(std::ssize(keys.tokens), keys.clouds[0].points_ND.size(0));
  EXPECT_EQ(keys.tokens.back().place, tokens - 1);
  EXPECT_EQ(keys.tokens.back().question, 1U);

  // The sharer alone, its mapped layer.
  EXPECT_EQ(keys.clouds[3].who, "sharer 1");
  RosettaState sharer;
  session.speaker("sharer").rosetta->prefill({without_sharers(plan)}, sharer);
  EXPECT_LT(apart(mine(keys.clouds[3]), keys_of(sharer.receiver, keys.sharer_layers.at(0)).slice(0, 0, tokens)), 1e-5);
}

// Prompts are padded section by section where a sharer has another vocabulary: pads are no points.
TEST(TokenClouds, PadsAreNoTokens) {
  Session session(tiny_run("gemma3", "first"));
  const SectionPlan plan = session.plan({.messages = kQuestions[0].messages, .mode = "c2c"});
  ASSERT_FALSE(plan.padding.empty());
  const auto layers = token_clouds(session, kQuestions, {});
  for (const LayerClouds& layer : layers) {
    for (const Cloud& cloud : layer.clouds) EXPECT_EQ(cloud.points_ND.size(0), std::ssize(layer.tokens));
    std::string text;
    for (const CloudToken& token : layer.tokens)
      if (token.question == 0) {
        text += token.text;
        EXPECT_FALSE(plan.padding[static_cast<std::size_t>(token.place)]);
      }
    EXPECT_NE(text.find("lamp"), std::string::npos) << text;
  }
}

TEST(TokenClouds, MeansAreOfEachQuestion) {
  Session session(tiny_run());
  const auto all = token_clouds(session, kQuestions, {.layers = {1}}),
             means = token_clouds(session, kQuestions, {.layers = {1}, .means = true});
  ASSERT_EQ(means[0].tokens.size(), 2U);
  std::int64_t first = 0;
  for (const CloudToken& token : all[0].tokens) first += token.question == 0;
  EXPECT_LT(apart(means[0].clouds[1].points_ND[0], all[0].clouds[1].points_ND.slice(0, 0, first).mean(0)), 1e-5);
}

TEST(TokenClouds, LayersThatNothingFusesAreRefused) {
  Session session(tiny_run());
  EXPECT_THROW(token_clouds(session, kQuestions, {.layers = {99}}), Error);
  const auto one = token_clouds(session, {kQuestions[0]}, {});
  EXPECT_EQ(one[0].clouds[2].who, "sharer 1") << "one question has no control";
}

LayerClouds made_up(std::int64_t tokens, std::int64_t sharer_dimensions) {
  const auto drawn = [](std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
    return at::randn({rows, columns}, at::make_generator<at::CPUGeneratorImpl>(seed));
  };
  LayerClouds layer{.receiver_layer = 3, .keys = true, .sharer_layers = {5}, .tokens = {}, .clouds = {}};
  for (std::int64_t i = 0; i < tokens; ++i) layer.tokens.push_back({0, i, std::string("t").append(std::to_string(i))});
  const at::Tensor receiver_ND = drawn(tokens, 8, 1);
  layer.clouds = {{"receiver", receiver_ND},
                  {"fused", receiver_ND * 1.5},
                  {"control", receiver_ND * 1.25},
                  {"sharer 1", drawn(tokens, sharer_dimensions, 2)}};
  return layer;
}

TEST(Embeddings, SharersOfAnotherSizeHaveAMapOfTheirOwn) {
  const EmbeddingOptions options{.clouds = {}, .tsne = {.perplexity = 5, .iterations = 20}};
  const Analysis same = embed({made_up(12, 8)}, options), other = embed({made_up(12, 6)}, options);
  EXPECT_EQ(same.pictures.size(), 2U);  // PCA, t-SNE
  EXPECT_EQ(other.pictures.size(), 4U);
  EXPECT_EQ(same.table.rows.size(), 4U * 12);
  EXPECT_EQ(same.json[0]["maps"][0]["caches"].size(), 4U);
  EXPECT_EQ(other.json[0]["maps"][1]["caches"][0], "sharer 1");
  // A line for each token to fused, control, sharer.
  std::size_t lines = 0;
  for (std::size_t at = same.pictures[0].find("<path"); at != std::string::npos;
       at = same.pictures[0].find("<path", at + 1))
    ++lines;
  EXPECT_EQ(lines, 3U * 12);
  // The same seed, the same map.
  EXPECT_EQ(same.pictures, embed({made_up(12, 8)}, options).pictures);
}

TEST(Embeddings, HowFarTokensMovedIsOfTheFullSpace) {
  const Analysis found = embed({made_up(12, 6)}, {.clouds = {}, .tsne = {}, .with_tsne = false});
  EXPECT_NEAR(number(found.json[0]["fused_moved"]), 0.5, 1e-6);
  EXPECT_NEAR(number(found.json[0]["control_moved"]), 0.25, 1e-6);
  EXPECT_NEAR(number(found.json[0]["control_from_fused"]), 0.25 / 1.5, 1e-6);
  EXPECT_NE(found.notes[0].find("50.0 %"), std::string::npos) << found.notes[0];
  EXPECT_TRUE(found.table.rows[0][8].is_null()) << "no t-SNE";
}

TEST(Embeddings, TooManyPointsAreRefusedBeforeAnythingIsComputed) {
  try {
    embed({made_up(1100, 8)}, {});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("4400 points"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace c2c::testing
