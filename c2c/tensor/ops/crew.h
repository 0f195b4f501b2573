// Threads that stand by while one step is computed. A decode step is some 150 parallel loops of 10 to 60 us, with
// little steps of one thread between them; starting each loop as a parallel region of its own costs as much as a tenth
// of the step, and memory idles meanwhile. Here one region lasts as long as the step: the calling thread computes it,
// the others wait in spinning for the loops in it, and between two loops they fetch what the next one will read.
//
// Inside with_crew() LibTorch's own operators run on one thread: it is for steps whose long loops are ours.
#pragma once
#include <ATen/Parallel.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

namespace c2c {

// Calls `step` on this thread; what it throws is thrown. Within another crew, or with one thread: nothing but the call.
void with_crew(const std::function<void()>& step);

// `count` parts of `bytes` each, one behind the other: what part i of a loop reads.
struct PartBytes {
  const std::byte* data = nullptr;
  std::int64_t count = 0, bytes = 0;
};
constexpr std::size_t kMostPartBytes = 32;

class Crew {
 public:
  // The crew that stands by for this thread; null: none, take at::parallel_for.
  static Crew* here();

  using Work = void (*)(const void* context, std::int64_t begin, std::int64_t end);
  // work(context, begin, end) over [0, parts), on all threads; must not throw. `reads` (at most kMostPartBytes; others
  // are left out) is remembered: the next time a loop over the same bytes ends, the loop that came behind it is
  // expected, and its bytes are fetched. Fetching cannot fail, whatever has become of them.
  void run(std::int64_t parts, Work work, const void* context, std::span<const PartBytes> reads = {});

  template <class F>
  void run_parts(std::int64_t parts, const F& f, std::span<const PartBytes> reads = {}) {
    const auto call = [](const void* context, std::int64_t begin, std::int64_t end) {
      (*static_cast<const F*>(context))(begin, end);
    };
    run(parts, call, &f, reads);
  }

  // f(begin, end) over [0, count) in pieces of about `grain`; without a crew by at::parallel_for.
  template <class F>
  static void ranges(std::int64_t count, std::int64_t grain, const F& f, std::span<const PartBytes> reads = {});

  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

 private:
  friend void with_crew(const std::function<void()>& step);
  struct Impl;
  explicit Crew(std::int64_t threads);
  ~Crew();

  std::unique_ptr<Impl> impl_;
};

template <class F>
void Crew::ranges(std::int64_t count, std::int64_t grain, const F& f, std::span<const PartBytes> reads) {
  Crew* const crew = here();
  if (crew == nullptr) return at::parallel_for(0, count, grain, f);
  if (count <= grain) return count > 0 ? f(std::int64_t{0}, count) : void();
  const std::int64_t pieces = std::min<std::int64_t>((count + grain - 1) / grain, 4096);
  crew->run_parts(
      pieces, [&](std::int64_t begin, std::int64_t end) { f(count * begin / pieces, count * end / pieces); }, reads);
}

}  // namespace c2c
