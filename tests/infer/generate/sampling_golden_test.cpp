#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "c2c/infer/generate/sampler.h"
#include "c2c/tensor/weights/weight_source.h"
#include "tests/testing/golden.h"

namespace c2c {
namespace {

TEST(SamplingGolden, DistributionsEqualTheReferences) {
  for (const std::string& name : testing::golden_names("sampling")) {
    const auto folder = testing::golden_dir() / "sampling";
    const auto cases = testing::read_golden_json(folder / (name + ".json")).at("cases");
    const auto tensors = open_weights(folder / (name + ".safetensors"));
    const auto load = [&](const std::string& key) { return tensors->load(*tensors->find(key), at::kFloat); };
    ASSERT_FALSE(cases.empty());
    for (std::size_t i = 0; i < cases.size(); ++i) {
      SamplingOptions options;
      options.temperature = cases[i].at("temperature");
      options.top_p = cases[i].at("top_p");
      options.top_k = cases[i].at("top_k");
      const at::Tensor logits = load("logits." + std::to_string(i)), probs = load("probs." + std::to_string(i));
      for (std::int64_t row = 0; row < logits.size(0); ++row) {
        const at::Tensor got = sampling_distribution(logits[row], options);
        EXPECT_LE((got - probs[row]).abs().max().item<double>(), 1e-6) << name << " case " << i << " row " << row;
        EXPECT_TRUE(at::equal(got > 0, probs[row] > 0)) << name << " case " << i << " row " << row;
      }
    }
  }
}

}  // namespace
}  // namespace c2c
