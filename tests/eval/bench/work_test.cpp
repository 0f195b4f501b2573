// FLOPs and bytes against numbers worked out by hand.
#include "c2c/eval/bench/work.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "c2c/eval/bench/bench_pair.h"

namespace c2c::bench {
namespace {

// One layer: q and output 2 x 8 x (2 x 4), k and v 2 x 8 x (1 x 4), MLP 3 x 8 x 16.
ModelConfig small_config() {
  ModelConfig config;
  config.hidden_size = 8;
  config.intermediate_size = 16;
  config.layers = 3;
  config.heads = 2;
  config.kv_heads = 1;
  config.head_dim = 4;
  config.vocab_size = 32;
  config.max_positions = 64;
  return config;
}

TEST(WorkTest, ParametersOfALayer) {
  EXPECT_EQ(kv_parameters(small_config()), 64);
  EXPECT_EQ(layer_parameters(small_config(), 1), 128 + 64 + 384);
  EXPECT_EQ(layer_parameters(small_config()), 3 * 576);
  EXPECT_EQ(layer_parameters(small_config(), 9), 3 * 576);
}

TEST(WorkTest, TheFormulaCountsWhatAModelHas) {
  std::int64_t elements = 0;
  const auto model = make_model(small_config(), at::TensorOptions().dtype(at::kFloat).device(at::kMeta));
  model->visit("", [&](const ParameterRef& ref) {
    if (ref.tensor->dim() == 2 && ref.name.find("layers.") != std::string::npos) elements += ref.tensor->numel();
  });
  EXPECT_EQ(layer_parameters(small_config()), elements);
}

TEST(WorkTest, AttentionSeesItselfAndWhatIsBefore) {
  ModelConfig config = small_config();
  // 5 tokens: 1 + 2 + 3 + 4 + 5 pairs, 4 x (2 x 4) operations each, 3 layers.
  EXPECT_EQ(attention_flops(config, 5), 4 * 8 * 15 * 3);
  EXPECT_EQ(attention_flops(config, 5, 1), 4 * 8 * 15);
  // A window of 2: 1 + 2 + 2 + 2 + 2 pairs in the local layers.
  config.layer_is_local = {true, false, true};
  config.sliding_window = 2;
  EXPECT_EQ(attention_flops(config, 5), 4 * 8 * (9 + 15 + 9));
  config.sliding_window = 5;
  EXPECT_EQ(attention_flops(config, 5), 4 * 8 * 15 * 3);
}

TEST(WorkTest, PrefillAndSharer) {
  EXPECT_EQ(prefill_flops(small_config(), 5), 2 * 1728 * 5 + 1440);
  // Two layers of a sharer: one whole, K and V of the next.
  EXPECT_EQ(sharer_flops(small_config(), 5, 2), 2 * (576 + 64) * 5 + 480);
  EXPECT_EQ(sharer_flops(small_config(), 5, 0), 0);
}

TEST(WorkTest, SmolLm2OfTheIssue) {
  ModelConfig config;
  config.hidden_size = 576;
  config.intermediate_size = 1536;
  config.layers = 30;
  config.heads = 9;
  config.kv_heads = 3;
  config.head_dim = 64;
  EXPECT_EQ(layer_parameters(config), 106168320);
  EXPECT_NEAR(prefill_flops(config, 512) / 1e9, 108.716 + 9.078, 0.01);
  EXPECT_EQ(cache_bytes(config.kv_geometry(), 544, 2), 2.0 * 30 * 192 * 544 * 2);
}

TEST(WorkTest, FuserCountsOpenProjectorsOnly) {
  ModelConfig other = small_config();
  other.kv_heads = 2;
  const auto options = at::TensorOptions().dtype(at::kFloat);
  const auto receiver = make_model(small_config(), options), sharer = make_model(other, options);
  const auto fuser = random_fuser(*receiver, *sharer, 16, {});
  ASSERT_EQ(fuser->layers.size(), 3u);
  // A half: in (8 + 4) x 16, mlp1 and scalar_mlp2 and one block of proj_mlp2 2 x 16 x 16 each, a scalar for 1 head,
  // out 16 x 4. Two halves.
  const std::int64_t half = 12 * 16 + 3 * 2 * 16 * 16 + 16 * 1 + 16 * 4;
  EXPECT_EQ(projector_parameters(*fuser->projectors[0]), 2 * half);
  EXPECT_EQ(fuser_flops(*fuser, 5), 2.0 * 3 * 2 * static_cast<double>(half) * 5);
  fuser->projectors[1]->visit("", [](const ParameterRef& ref) {
    if (ref.name.find("gate_logit") != std::string::npos) ref.tensor->fill_(-1.0);
  });
  EXPECT_EQ(fuser_flops(*fuser, 5), 2.0 * 2 * 2 * static_cast<double>(half) * 5);
}

TEST(WorkTest, OnlyATiedHeadReadsTheEmbedding) {
  EXPECT_EQ(weight_bytes_per_token(1000, 300, true), 1000);
  EXPECT_EQ(weight_bytes_per_token(1000, 300, false), 700);
}

}  // namespace
}  // namespace c2c::bench
