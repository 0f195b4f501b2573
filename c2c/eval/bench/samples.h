// Timings of one thing, and how contenders take turns.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace c2c::bench {

// Seconds, one for each repetition. Without any, the figures below are 0.
struct Samples {
  std::vector<double> seconds;

  double median() const;  // of an even number: the mean of the two in the middle
  double minimum() const;
  bool empty() const { return seconds.empty(); }
};

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

// How often, and how long at most: a round that begins within the time is finished, and there is always one.
struct Rounds {
  std::int64_t count = 5;
  double seconds = std::numeric_limits<double>::infinity();
};

// One program under test. `round` does the work once and says how long its parts took.
using Parts = std::map<std::string, double>;  // part -> seconds
struct Contender {
  std::string name;
  std::function<Parts()> round;
};

// Contender -> part -> samples. Each warms up once, then they take turns: what disturbs the machine for a while
// disturbs all of them.
std::map<std::string, std::map<std::string, Samples>> take_turns(const std::vector<Contender>& contenders,
                                                                 const Rounds& rounds);

}  // namespace c2c::bench
