#include "c2c/model/cache/kv_cache.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "c2c/base/error.h"
#include "c2c/model/cache/reserved_memory.h"

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

// ---- reserved address space ---------------------------------------------------------------------------------------

KvCache reserved_cache(std::int64_t max_tokens, std::optional<KvFormat> format = {}) {
  return KvCache(kGeometry, 2, at::kFloat, format, max_tokens);
}

TEST(ReservedKvCache, NeverMovesUpToItsMaximumAndOnceBeyond) {
  KvCache cache = reserved_cache(3000);
  cache.reserve(10);  // asks for less than there is
  std::vector<at::Tensor> parts;
  const void* where = nullptr;
  for (std::int64_t left = 3000; left > 0;) {
    parts.push_back(random(std::min<std::int64_t>(left, 1 + 37 * static_cast<std::int64_t>(parts.size() % 9))));
    left -= parts.back().size(2);
    const KvPair all = cache.append(1, parts.back(), parts.back() + 1);
    if (where == nullptr) where = all.key.data_ptr();
    ASSERT_EQ(all.key.data_ptr(), where);
  }
  const KvPair all = cache.layer(1);
  EXPECT_TRUE(at::equal(all.key, at::cat(parts, 2)));
  EXPECT_TRUE(at::equal(all.value, at::cat(parts, 2) + 1));
  EXPECT_NE(all.key.stride(1) * 4 % 4096, 0);  // heads do not share cache sets
  const at::Tensor more = random(1);
  EXPECT_TRUE(at::equal(cache.append(1, more, more).key, at::cat({all.key, more}, 2)));
  EXPECT_NE(cache.layer(1).key.data_ptr(), where);
}

TEST(ReservedKvCache, CountsTouchedPagesAndGivesThemBack) {
  const auto page = static_cast<std::int64_t>(ReservedMemory::page_bytes());
  const std::int64_t token = kGeometry.head_dim * 4, heads = 2 * 2 * kGeometry.kv_heads;  // K and V, two rows
  KvCache cache = reserved_cache(1 << 20);
  EXPECT_EQ(cache.bytes(), 0);
  const std::int64_t tokens = 3 * page / token;
  const at::Tensor a = at::ones({2, kGeometry.kv_heads, tokens, kGeometry.head_dim});
  cache.append(0, a, a);
  EXPECT_EQ(cache.bytes(), heads * 3 * page);
  const at::Tensor seen = cache.layer(0).value;
  cache.crop(1);
  EXPECT_EQ(cache.bytes(), heads * page);
  // A head may begin within a page; the pages that hold nothing but forgotten tokens are gone (they read as zero).
  EXPECT_LE(seen.narrow(2, 1, tokens - 1).sum().item<double>() * 4,
            static_cast<double>(2 * kGeometry.kv_heads * 2 * page));
  EXPECT_TRUE(at::equal(cache.layer(0).value, a.narrow(2, 0, 1)));
  cache.append(0, a, a);
  EXPECT_TRUE(at::equal(cache.layer(0).key, at::cat({a.narrow(2, 0, 1), a}, 2)));
}

TEST(ReservedKvCache, ViewsOutliveTheCacheAndAClone) {
  at::Tensor view, cloned;
  const at::Tensor a = random(5);
  {
    KvCache cache = reserved_cache(100);
    view = cache.append(0, a, a).value;
    KvCache copy = cache.clone();
    EXPECT_EQ(copy.bytes(), cache.bytes());
    cloned = copy.append(0, a, a).key;
    cache.replace(0, 2, a.narrow(2, 0, 1), a.narrow(2, 0, 1));
  }
  EXPECT_TRUE(at::equal(view, at::cat({a.narrow(2, 0, 2), a.narrow(2, 0, 1), a.narrow(2, 3, 2)}, 2)));
  EXPECT_TRUE(at::equal(cloned, at::cat({a, a}, 2)));
}

TEST(ReservedKvCache, GoesOutOfPlaceUnderAutograd) {
  KvCache cache = reserved_cache(100);
  const at::Tensor a = random(2), b = random(1, true);
  cache.append(0, a, a);
  const KvPair all = cache.append(0, b, b);
  all.key.sum().backward();
  EXPECT_TRUE(at::equal(b.grad(), at::ones_like(b)));
  EXPECT_TRUE(at::equal(cache.layer(0).key, at::cat({a, b}, 2)));
}

// ---- formats ------------------------------------------------------------------------------------------------------

// Half a step of the largest of each token and head.
at::Tensor q8_bound(const at::Tensor& x) {
  return x.abs().amax(-1, true) / 254 * 1.0001;
}

TEST(KvCacheFormat, Q8IsWithinHalfAStepWhateverIsDoneToIt) {
  for (const std::int64_t max_tokens : {0, 64}) {
    KvCache cache = reserved_cache(max_tokens, KvFormat::kQ8);
    const at::Tensor a = random(3), b = random(20) * 100, c = random(2);
    const KvPair first = cache.append(0, a, a * 2);
    EXPECT_TRUE(((first.key - a).abs() <= q8_bound(a)).all().item<bool>());
    EXPECT_FALSE(at::equal(first.key, a));
    cache.append(0, b, b.transpose(2, 3).contiguous().transpose(2, 3));  // another stride
    cache.replace(0, 1, c, c * 3);
    const at::Tensor want = at::cat({a.narrow(2, 0, 1), c, b}, 2);
    const KvPair all = cache.clone().layer(0);
    EXPECT_TRUE(((all.key - want).abs() <= q8_bound(want)).all().item<bool>());
    EXPECT_TRUE(((cache.slice(0, 1, 3).value - c * 3).abs() <= q8_bound(c * 3)).all().item<bool>());
    const KvCache rows = cache.select_rows(at::tensor({1, 1, 0}));
    EXPECT_TRUE(at::equal(rows.layer(0).key, at::stack({all.key[1], all.key[1], all.key[0]})));
    cache.crop(2);
    EXPECT_TRUE(at::equal(cache.append(0, a, a).key.narrow(2, 2, 3), first.key));
    EXPECT_THROW(cache.append(1, random(1, true), random(1)), Error);
  }
}

TEST(KvCacheFormat, HoldsAnotherDtypeThanItIsReadIn) {
  KvCache cache(kGeometry, 2, at::kBFloat16, KvFormat::kF32, 32);
  const at::Tensor a = random(4).to(at::kBFloat16);
  EXPECT_TRUE(at::equal(cache.append(0, a, a).key, a));
  EXPECT_EQ(cache.row_view(0, 1).format, KvFormat::kF32);
  KvCache rounded(kGeometry, 2, at::kFloat, KvFormat::kBf16);
  const at::Tensor b = random(4);
  EXPECT_TRUE(at::equal(rounded.append(0, b, b).key, b.to(at::kBFloat16).to(at::kFloat)));
}

TEST(KvCacheFormat, RowViewsPointAtTheTokens) {
  for (const std::int64_t max_tokens : {0, 64})
    for (const std::optional<KvFormat> format : {std::optional<KvFormat>(), std::optional(KvFormat::kQ8)}) {
      KvCache cache = reserved_cache(max_tokens, format);
      const at::Tensor a = random(7);
      cache.push(1, a, a * 2);
      const KvPair all = cache.layer(1);
      const kernels::KvView view = cache.row_view(1, 1);
      EXPECT_EQ(view.tokens, 7);
      for (std::int64_t h = 0; h < kGeometry.kv_heads; ++h)
        for (std::int64_t t = 0; t < 7; ++t) {
          const std::byte* value = view.value.at(h, t);
          const float first = format ? static_cast<float>(static_cast<std::int8_t>(*value)) * *view.value.scale_at(h, t)
                                     : *reinterpret_cast<const float*>(value);
          EXPECT_EQ(first, all.value[1][h][t][0].item<float>());
        }
      EXPECT_THROW(cache.row_view(0, 0), Error);
      EXPECT_THROW(cache.row_view(1, 2), Error);
    }
}

}  // namespace
}  // namespace c2c
