// Every model of the golden set against the logits and greedy tokens that transformers gave, and every way to run it
// (at once, in chunks, token by token, padded) against each other.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "c2c/model/families/causal_lm.h"
#include "c2c/tensor/weights/weight_source.h"
#include "tests/testing/golden.h"
#include "tests/testing/packed.h"

namespace c2c {
namespace {

constexpr double kTolerance = 2e-4;

std::vector<std::string> model_names() {
  return testing::golden_names("model");
}

class ModelGolden : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    model_ = load_model(testing::golden_dir() / "models" / GetParam(), testing::float_options());
    expected_ = open_weights(testing::golden_dir() / "model" / (GetParam() + ".safetensors"));
    ids_ = integers("input_ids");
    mask_ = integers("attention_mask").to(at::kBool);
  }
  at::Tensor floats(const char* name) const { return expected_->load(*expected_->find(name), at::kFloat); }
  at::Tensor integers(const char* name) const { return expected_->load(*expected_->find(name), at::kLong); }

  // Hidden states of all tokens, `chunk` at a time through one cache.
  at::Tensor run_in_chunks(std::int64_t chunk, const at::Tensor& mask) const {
    KvCache cache = model_->make_cache(ids_.size(0));
    std::vector<at::Tensor> parts;
    for (std::int64_t begin = 0; begin < ids_.size(1); begin += chunk) {
      const std::int64_t tokens = std::min(chunk, ids_.size(1) - begin);
      parts.push_back(model_->forward({.ids_BN = ids_.narrow(1, begin, tokens),
                                       .mask_BT = mask.defined() ? mask.narrow(1, 0, begin + tokens) : mask,
                                       .cache = &cache}));
    }
    return at::cat(parts, 1);
  }

  std::unique_ptr<CausalLm> model_;
  std::shared_ptr<WeightSource> expected_;
  at::Tensor ids_, mask_;
};

double distance(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

TEST_P(ModelGolden, Logits) {
  at::NoGradGuard no_grad;
  EXPECT_LT(distance(model_->logits(model_->forward({.ids_BN = ids_})), floats("logits")), kTolerance);
}

TEST_P(ModelGolden, LogitsOfRealTokensUnderAPaddingMask) {
  at::NoGradGuard no_grad;
  // The reference's positions count all columns, padding included.
  const at::Tensor logits = model_->logits(model_->forward({.ids_BN = ids_, .mask_BT = mask_}));
  EXPECT_TRUE(logits.isfinite().all().item<bool>());
  EXPECT_LT(distance(logits.index({mask_}), floats("masked_logits").index({mask_})), kTolerance);
}

TEST_P(ModelGolden, ChunksAndSingleTokensEqualOnePass) {
  at::NoGradGuard no_grad;
  for (const at::Tensor& mask : {at::Tensor(), mask_}) {
    const at::Tensor whole = model_->forward({.ids_BN = ids_, .mask_BT = mask});
    const at::Tensor real = mask.defined() ? mask : at::ones_like(mask_);
    for (const std::int64_t chunk : {std::int64_t{1}, std::int64_t{7}, ids_.size(1)})
      EXPECT_LT(distance(run_in_chunks(chunk, mask).index({real}), whole.index({real})), kTolerance) << chunk;
  }
}

TEST_P(ModelGolden, GreedyTokens) {
  at::NoGradGuard no_grad;
  const at::Tensor expected = integers("greedy_ids")[0];
  const std::int64_t prompt = ids_.size(1);
  KvCache cache = model_->make_cache(1);
  at::Tensor next = ids_.narrow(0, 0, 1);
  std::vector<std::int64_t> got(next.data_ptr<std::int64_t>(), next.data_ptr<std::int64_t>() + prompt);
  while (static_cast<std::int64_t>(got.size()) < expected.size(0)) {
    const at::Tensor hidden = model_->forward({.ids_BN = next, .cache = &cache});
    next = model_->logits(hidden.narrow(1, hidden.size(1) - 1, 1)).argmax(-1);
    got.push_back(next.item<std::int64_t>());
  }
  EXPECT_TRUE(at::equal(at::tensor(got), expected)) << at::tensor(got) << expected;
}

TEST_P(ModelGolden, BFloat16StaysClose) {
  at::NoGradGuard no_grad;
  const auto half = load_model(testing::golden_dir() / "models" / GetParam(), {.dtype = at::kBFloat16});
  const at::Tensor logits = half->logits(half->forward({.ids_BN = ids_})), expected = floats("logits");
  EXPECT_EQ(logits.scalar_type(), at::kFloat);
  EXPECT_LT(distance(logits, expected), 0.1 * expected.abs().max().item<double>());
  if (testing::weights_are_packed()) return;  // panels are filled up
  EXPECT_EQ(2 * half->weight_bytes(), model_->weight_bytes());
}

INSTANTIATE_TEST_SUITE_P(Golden, ModelGolden, ::testing::ValuesIn(model_names()), testing::ParamName());

}  // namespace
}  // namespace c2c
