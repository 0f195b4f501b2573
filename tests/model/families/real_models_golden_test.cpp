// The real pair from its GGUF files against transformers' float32 logits and greedy tokens.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "c2c/model/families/causal_lm.h"
#include "c2c/tensor/weights/weight_source.h"
#include "tests/testing/golden.h"
#include "tests/testing/packed.h"

namespace c2c {
namespace {

constexpr double kTolerance = 5e-3;

struct RealModel {
  std::string name, file;
};
void PrintTo(const RealModel& model, std::ostream* out) {
  *out << model.name;
}

class RealModelGolden : public ::testing::TestWithParam<RealModel> {};

TEST_P(RealModelGolden, LastLogitsAndGreedyTokens) {
  const auto path = testing::deps_dir() / "models" / GetParam().file;
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there: ./run fetch gets it";
  at::NoGradGuard no_grad;
  const auto model = load_model(path, testing::float_options());
  const auto expected = open_weights(testing::golden_real_dir() / "models.safetensors");
  const auto load = [&](int text, const char* what, at::ScalarType dtype) {
    const std::string name = GetParam().name + "." + std::to_string(text) + "." + what;
    const TensorInfo* info = expected->find(name);
    return info == nullptr ? at::Tensor() : expected->load(*info, dtype);
  };
  int texts = 0;
  for (at::Tensor ids; (ids = load(texts, "ids", at::kLong)).defined(); ++texts) {
    KvCache cache = model->make_cache(1);
    at::Tensor next = ids;
    const at::Tensor greedy = load(texts, "greedy_ids", at::kLong);
    for (std::int64_t step = 0; step < greedy.numel(); ++step) {
      const at::Tensor hidden = model->forward({.ids_BN = next, .cache = &cache});
      const at::Tensor logits = model->logits(hidden.narrow(1, hidden.size(1) - 1, 1)).flatten();
      next = logits.argmax().view({1, 1});
      ASSERT_EQ(next.item<std::int64_t>(), greedy[step].item<std::int64_t>()) << "text " << texts << " step " << step;
      if (step > 0) continue;
      const at::Tensor top = load(texts, "top_ids", at::kLong), top_logits = load(texts, "top_logits", at::kFloat);
      EXPECT_LT((logits.index_select(0, top) - top_logits).abs().max().item<double>(), kTolerance) << texts;
      const at::Tensor sampled = load(texts, "every_37th_logit", at::kFloat);
      EXPECT_LT((logits.slice(0, 0, {}, 37) - sampled).abs().max().item<double>(), kTolerance) << texts;
      EXPECT_EQ(logits.argmax().item<std::int64_t>(), top[top_logits.argmax()].item<std::int64_t>()) << texts;
    }
  }
  EXPECT_GT(texts, 0);
}

INSTANTIATE_TEST_SUITE_P(Pair, RealModelGolden,
                         ::testing::Values(RealModel{"receiver", "smollm2-135m-instruct.gguf"},
                                           RealModel{"sharer", "gemma-3-270m.gguf"}),
                         [](const auto& model) { return model.param.name; });

}  // namespace
}  // namespace c2c
