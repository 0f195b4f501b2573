#include "c2c/model/cache/kv_cache.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "c2c/base/error.h"

namespace c2c {
namespace {

constexpr KvGeometry kGeometry{.layers = 2, .kv_heads = 3, .head_dim = 4};

at::Tensor random(std::int64_t tokens, bool grad = false) {
  return torch::randn({2, kGeometry.kv_heads, tokens, kGeometry.head_dim}, at::TensorOptions().requires_grad(grad));
}
KvCache empty_cache() {
  return KvCache(kGeometry, 2, at::kFloat);
}

TEST(KvCache, AppendsAndReadsViewsWithoutMovingReservedMemory) {
  KvCache cache = empty_cache();
  cache.reserve(10);
  const at::Tensor a = random(4), b = random(1), c = random(5);
  const KvPair first = cache.append(0, a, a * 2);
  cache.append(0, b, b * 2);
  const KvPair all = cache.append(0, c, c * 2);
  EXPECT_TRUE(at::equal(all.key, at::cat({a, b, c}, 2)));
  EXPECT_TRUE(at::equal(all.value, at::cat({a, b, c}, 2) * 2));
  EXPECT_EQ(all.key.data_ptr(), first.key.data_ptr());
  EXPECT_EQ(cache.slice(0, 4, 5).key.storage().data_ptr().get(), all.key.storage().data_ptr().get());
  EXPECT_TRUE(at::equal(cache.slice(0, 4, 5).value, b * 2));
  EXPECT_EQ(cache.length(0), 10);
  EXPECT_EQ(cache.length(1), 0);
  EXPECT_EQ(cache.layer(1).key.size(2), 0);
  EXPECT_EQ(cache.bytes(), 2 * 2 * 3 * 10 * 4 * 4);
}

TEST(KvCache, GrowsPastItsReservation) {
  KvCache cache = empty_cache();
  std::vector<at::Tensor> parts;
  for (int i = 0; i < 40; ++i) {
    parts.push_back(random(1 + i % 3));
    cache.append(1, parts.back(), parts.back() + 1);
  }
  EXPECT_TRUE(at::equal(cache.layer(1).key, at::cat(parts, 2)));
  EXPECT_TRUE(at::equal(cache.layer(1).value, at::cat(parts, 2) + 1));
}

TEST(KvCache, CropsReplacesClonesAndReordersRows) {
  KvCache cache = empty_cache();
  const at::Tensor a = random(6), b = random(2);
  for (int layer : {0, 1}) cache.append(layer, a, a);
  KvCache copy = cache.clone();
  cache.replace(0, 1, b, b * 3);
  EXPECT_TRUE(at::equal(cache.layer(0).key, at::cat({a.narrow(2, 0, 1), b, a.narrow(2, 3, 3)}, 2)));
  EXPECT_TRUE(at::equal(cache.slice(0, 1, 3).value, b * 3));
  EXPECT_TRUE(at::equal(copy.layer(0).key, a));
  copy.crop(2);
  EXPECT_EQ(copy.length(1), 2);
  EXPECT_TRUE(at::equal(copy.append(1, b, b).key, at::cat({a.narrow(2, 0, 2), b}, 2)));
  EXPECT_TRUE(at::equal(cache.layer(1).key, a));
  const KvCache rows = cache.select_rows(at::tensor({1, 0, 1}));
  EXPECT_EQ(rows.batch(), 3);
  EXPECT_TRUE(at::equal(rows.layer(1).key, at::stack({a[1], a[0], a[1]})));
}

TEST(KvCache, GradientsReachWhatWasWritten) {
  KvCache cache = empty_cache();
  const at::Tensor frozen = random(3), fused = random(2, true), more = random(1, true);
  cache.append(0, frozen, frozen);
  const KvPair before = cache.layer(0);
  cache.replace(0, 1, fused, fused * 2);
  EXPECT_TRUE(at::equal(before.key, frozen));  // views handed out are not overwritten
  const KvPair all = cache.append(0, more, more);
  const at::Tensor loss = (all.key.square() + all.value).sum();
  cache.append(0, frozen, frozen);  // must not disturb what the graph saved
  cache.crop(1);
  loss.backward();
  EXPECT_TRUE(at::allclose(fused.grad(), 2 * fused + 2));
  EXPECT_TRUE(at::allclose(more.grad(), 2 * more + 1));
}

TEST(KvCache, SavedViewsOfADifferentiableQueryStayValid) {
  KvCache cache = empty_cache();
  const at::Tensor key = random(3), query = random(3, true);
  const KvPair seen = cache.append(0, key, key, /*differentiable=*/true);
  const at::Tensor loss = (seen.key * query).sum();
  cache.append(0, key, key);
  cache.replace(0, 0, key * 2, key);
  loss.backward();
  EXPECT_TRUE(at::allclose(query.grad(), key));
}

TEST(KvCache, RefusesWhatDoesNotFit) {
  KvCache cache = empty_cache();
  const at::Tensor a = random(2);
  EXPECT_THROW(cache.append(2, a, a), Error);
  EXPECT_THROW(cache.append(0, a, random(3)), Error);
  EXPECT_THROW(cache.append(0, a.narrow(1, 0, 2), a.narrow(1, 0, 2)), Error);
  EXPECT_THROW(cache.append(0, a.to(at::kDouble), a.to(at::kDouble)), Error);
  cache.append(0, a, a);
  EXPECT_THROW(cache.replace(0, 1, a, a), Error);
  EXPECT_THROW(cache.slice(0, 0, 3), Error);
}

}  // namespace
}  // namespace c2c
