// Which sample comes when: torch's own permutations, so that a run sees what the reference's loaders hand out
// (spec/training.md, section 5).
#pragma once
#include <cstdint>
#include <vector>

namespace c2c {

// torch.randperm(count, generator=torch.Generator().manual_seed(seed)) on a CPU.
std::vector<std::int64_t> torch_permutation(std::int64_t count, std::uint64_t seed);

// What one process of many reads of an epoch. `padded` is torch's DistributedSampler: the order is repeated from its
// head until every rank has as many; else the last round is short and no sample is read twice.
std::vector<std::int64_t> rank_shard(const std::vector<std::int64_t>& order, std::int64_t rank, std::int64_t ranks,
                                     bool padded);

}  // namespace c2c
