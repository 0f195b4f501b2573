#include "c2c/train/data/order.h"

#include <numeric>
#include <random>

#include "c2c/base/error.h"

namespace c2c {

std::vector<std::int64_t> torch_permutation(std::int64_t count, std::uint64_t seed) {
  C2C_CHECK(count >= 0 && count <= std::int64_t{0xffffffff}, "torch_permutation: a count of 32 bits");
  std::mt19937 random(static_cast<std::uint32_t>(seed));  // at::mt19937 seeds itself with the low half too
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  for (std::int64_t i = 0; i + 1 < count; ++i) {
    const auto other = i + static_cast<std::int64_t>(random() % static_cast<std::uint32_t>(count - i));
    std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(other)]);
  }
  return order;
}

std::vector<std::int64_t> rank_shard(const std::vector<std::int64_t>& order, std::int64_t rank, std::int64_t ranks,
                                     bool padded) {
  C2C_CHECK(ranks > 0 && rank >= 0 && rank < ranks, "rank_shard: a rank of the world");
  const auto size = static_cast<std::int64_t>(order.size());
  const std::int64_t total = padded ? (size + ranks - 1) / ranks * ranks : size;
  std::vector<std::int64_t> mine;
  if (size == 0) return mine;
  mine.reserve(static_cast<std::size_t>(total / ranks + 1));
  for (std::int64_t i = rank; i < total; i += ranks) mine.push_back(order[static_cast<std::size_t>(i % size)]);
  return mine;
}

}  // namespace c2c
