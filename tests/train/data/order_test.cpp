// Vectors of spec/training.md, section 5 (torch 2.6).
#include "c2c/train/data/order.h"

#include <gtest/gtest.h>

namespace c2c {
namespace {

using Order = std::vector<std::int64_t>;

TEST(Order, IsTorchsPermutation) {
  EXPECT_EQ(torch_permutation(10, 42), (Order{2, 6, 1, 8, 4, 5, 0, 9, 3, 7}));
  EXPECT_EQ(torch_permutation(0, 1), Order{});
  EXPECT_EQ(torch_permutation(1, 1), Order{0});
}

TEST(Order, IsTorchsDistributedSampler) {
  const Order epoch0 = torch_permutation(7, 42), epoch1 = torch_permutation(7, 43);
  EXPECT_EQ(rank_shard(epoch0, 0, 2, true), (Order{1, 3, 4, 2}));
  EXPECT_EQ(rank_shard(epoch0, 1, 2, true), (Order{6, 5, 0, 1}));
  EXPECT_EQ(rank_shard(epoch1, 0, 2, true), (Order{3, 2, 5, 6}));
  EXPECT_EQ(rank_shard(epoch1, 1, 2, true), (Order{1, 4, 0, 3}));
  const Order plain = {0, 1, 2, 3, 4, 5, 6};
  EXPECT_EQ(rank_shard(plain, 0, 2, true), (Order{0, 2, 4, 6}));
  EXPECT_EQ(rank_shard(plain, 1, 2, true), (Order{1, 3, 5, 0}));
}

TEST(Order, ReadsNothingTwiceWhereNotPadded) {
  EXPECT_EQ(rank_shard({0, 1, 2, 3, 4}, 1, 2, false), (Order{1, 3}));
  EXPECT_EQ(rank_shard({0, 1, 2, 3, 4}, 0, 2, false), (Order{0, 2, 4}));
}

}  // namespace
}  // namespace c2c
