#include "c2c/tensor/ops/crew.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

namespace c2c {
namespace {

// at::set_num_threads for one test.
class Threads {
 public:
  explicit Threads(int threads) : before_(at::get_num_threads()) { at::set_num_threads(threads); }
  ~Threads() { at::set_num_threads(before_); }

 private:
  int before_;
};

TEST(Crew, DoesEveryPartOnceLoopAfterLoop) {
  for (const int threads : {2, 3, 5}) {
    const Threads set(threads);
    with_crew([&] {
      Crew* const crew = Crew::here();
      ASSERT_NE(crew, nullptr);
      for (std::int64_t loop = 0; loop < 3000; ++loop) {
        const std::int64_t parts = loop % 97;
        std::vector<std::atomic<int>> times(static_cast<std::size_t>(parts));
        crew->run_parts(parts, [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t i = begin; i < end; ++i) ++times[static_cast<std::size_t>(i)];
        });
        for (std::int64_t i = 0; i < parts; ++i)
          ASSERT_EQ(times[static_cast<std::size_t>(i)], 1) << threads << " threads, loop " << loop << ", part " << i;
      }
    });
  }
}

TEST(Crew, SharesTheWork) {
  const Threads set(2);
  std::atomic<int> inside{0};
  std::atomic<bool> met{false};
  with_crew([&] {
    // Two parts that wait for each other: one thread alone would wait for ever (or for the limit).
    Crew::here()->run_parts(2, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        ++inside;
        for (int tries = 0; tries < 20000 && inside < 2; ++tries)
          std::this_thread::sleep_for(std::chrono::microseconds(100));
        if (inside == 2) met = true;
      }
    });
  });
  EXPECT_TRUE(met);
}

TEST(Crew, FetchesAheadOfLoopsItHasSeenAndSurvivesTheirEnd) {
  const Threads set(2);
  std::vector<std::vector<std::byte>> weights(4, std::vector<std::byte>(1 << 16));
  std::atomic<std::int64_t> sum{0};
  for (int step = 0; step < 50; ++step) {
    with_crew([&] {
      for (const auto& weight : weights) {
        const PartBytes reads[] = {{weight.data(), 16, 4096}};
        Crew::here()->run_parts(16, [&](std::int64_t begin, std::int64_t end) { sum += end - begin; }, reads);
      }
    });
    if (step == 25) weights.assign(4, std::vector<std::byte>(1 << 16));  // what is remembered is gone
  }
  EXPECT_EQ(sum, 50 * 4 * 16);
}

TEST(Crew, RangesCoverTheCountWithAndWithoutACrew) {
  const Threads set(2);
  for (const std::int64_t count : {0, 1, 7, 64, 100000}) {
    std::atomic<std::int64_t> sum{0};
    const auto add = [&](std::int64_t begin, std::int64_t end) { sum += end - begin; };
    Crew::ranges(count, 10, add);
    with_crew([&] { Crew::ranges(count, 10, add); });
    EXPECT_EQ(sum, 2 * count);
  }
}

TEST(Crew, PassesErrorsOnAndIsThereAgain) {
  const Threads set(2);
  EXPECT_THROW(with_crew([] { throw std::runtime_error("step"); }), std::runtime_error);
  EXPECT_EQ(Crew::here(), nullptr);
  bool ran = false;
  with_crew([&] {
    with_crew([&] { ran = Crew::here() != nullptr; });  // a crew in a crew is the same one
    Crew::here()->run_parts(4, [&](std::int64_t, std::int64_t) { EXPECT_EQ(Crew::here(), nullptr); });
  });
  EXPECT_TRUE(ran);
}

TEST(Crew, OneThreadNeedsNone) {
  const Threads set(1);
  bool ran = false;
  with_crew([&] { ran = Crew::here() == nullptr; });
  EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace c2c
