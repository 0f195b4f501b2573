#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

#include "c2c/base/error.h"
#include "c2c/eval/bench/ceilings.h"
#include "c2c/tensor/ops/packed_memory.h"

namespace c2c::bench {
namespace {

// 64 bytes: one cache line.
using Line [[gnu::vector_size(64)]] = std::uint64_t;

// Four streams side by side: more requests to memory are under way than one stream asks for.
#if defined(__x86_64__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
std::uint64_t
sum(const Line* data, std::int64_t count) {
  const std::int64_t quarter = count / 4;
  Line a{}, b{}, c{}, d{};
  for (std::int64_t i = 0; i < quarter; ++i) {
    a += data[i];
    b += data[quarter + i];
    c += data[2 * quarter + i];
    d += data[3 * quarter + i];
  }
  for (std::int64_t i = 4 * quarter; i < count; ++i) a += data[i];
  a += b + c + d;
  std::uint64_t total = 0;
  for (int i = 0; i < 8; ++i) total += a[i];
  return total;
}

}  // namespace

struct ReadSweep::Impl {
  explicit Impl(std::int64_t bytes)
      : memory(packed_memory(bytes)), lines(bytes / static_cast<std::int64_t>(sizeof(Line))) {}

  Line* data() { return reinterpret_cast<Line*>(memory.get()); }

  template <class Work>
  void each_part(const Work& work) {
    const std::int64_t threads = at::get_num_threads();
    at::parallel_for(0, threads, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) work(i, lines * i / threads, lines * (i + 1) / threads);
    });
  }

  std::shared_ptr<std::byte> memory;
  std::int64_t lines;
};

ReadSweep::ReadSweep(std::int64_t bytes) : impl_(std::make_unique<Impl>(bytes)) {
  Line* const data = impl_->data();
  impl_->each_part(
      [&](std::int64_t, std::int64_t begin, std::int64_t end) { std::fill(data + begin, data + end, Line{1}); });
}
ReadSweep::~ReadSweep() = default;

double ReadSweep::seconds() {
  const Line* const data = impl_->data();
  std::vector<std::uint64_t> sums(static_cast<std::size_t>(at::get_num_threads()) * 8);  // a cache line each
  const Stopwatch watch;
  impl_->each_part([&](std::int64_t part, std::int64_t begin, std::int64_t end) {
    sums[static_cast<std::size_t>(part) * 8] = sum(data + begin, end - begin);
  });
  const double seconds = watch.seconds();
  std::uint64_t total = 0;
  for (const std::uint64_t part : sums) total += part;
  // Line{1} is a 1 and seven 0: unless the compiler left the sweep out.
  C2C_CHECK(total == static_cast<std::uint64_t>(impl_->lines), "a sweep read what was not written");
  return seconds;
}

double read_bandwidth(std::int64_t bytes, const Rounds& rounds) {
  ReadSweep sweep(bytes);
  const double best = take_turns({{"", [&] { return Parts{{"", sweep.seconds()}}; }}}, rounds)[""][""].minimum();
  return static_cast<double>(bytes) / best;
}

}  // namespace c2c::bench
