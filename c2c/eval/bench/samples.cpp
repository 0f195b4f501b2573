#include "c2c/eval/bench/samples.h"

#include <algorithm>

namespace c2c::bench {

double Samples::median() const {
  if (seconds.empty()) return 0;
  std::vector<double> sorted = seconds;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

double Samples::minimum() const {
  return seconds.empty() ? 0 : *std::min_element(seconds.begin(), seconds.end());
}

std::map<std::string, std::map<std::string, Samples>> take_turns(const std::vector<Contender>& contenders,
                                                                 const Rounds& rounds) {
  const Stopwatch watch;
  std::map<std::string, std::map<std::string, Samples>> results;
  for (const Contender& contender : contenders) contender.round();
  for (std::int64_t i = 0; i < rounds.count && (i == 0 || watch.seconds() < rounds.seconds); ++i)
    for (const Contender& contender : contenders)
      for (const auto& [part, seconds] : contender.round()) results[contender.name][part].seconds.push_back(seconds);
  return results;
}

}  // namespace c2c::bench
