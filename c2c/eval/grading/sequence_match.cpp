#include "c2c/eval/grading/sequence_match.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <vector>

namespace c2c::grading {
namespace {

class Matcher {
 public:
  Matcher(std::u32string_view a, std::u32string_view b) : a_(a), b_(b), lengths_(b.size() + 1), next_(b.size() + 1) {
    for (std::size_t j = 0; j < b.size(); ++j) places_[b[j]].push_back(j);
    // difflib's autojunk: characters that make up over 1 % of a long text start no match.
    if (b.size() >= 200) {
      const std::size_t most = b.size() / 100 + 1;
      std::erase_if(places_, [&](const auto& entry) { return entry.second.size() > most; });
    }
  }

  std::size_t matching() {
    struct Block {
      std::size_t a_begin, a_end, b_begin, b_end;
    };
    std::vector<Block> open = {{0, a_.size(), 0, b_.size()}};
    std::size_t sum = 0;
    while (!open.empty()) {
      const Block block = open.back();
      open.pop_back();
      const Found found = longest(block.a_begin, block.a_end, block.b_begin, block.b_end);
      if (found.size == 0) continue;
      sum += found.size;
      if (block.a_begin < found.a && block.b_begin < found.b)
        open.push_back({block.a_begin, found.a, block.b_begin, found.b});
      if (found.a + found.size < block.a_end && found.b + found.size < block.b_end)
        open.push_back({found.a + found.size, block.a_end, found.b + found.size, block.b_end});
    }
    return sum;
  }

 private:
  struct Found {
    std::size_t a, b, size;
  };

  // The longest common run, the first in a and then in b among equals.
  Found longest(std::size_t a_begin, std::size_t a_end, std::size_t b_begin, std::size_t b_end) {
    Found best{a_begin, b_begin, 0};
    std::vector<std::size_t> written, next_written;
    for (std::size_t i = a_begin; i < a_end; ++i) {
      next_written.clear();
      const auto found = places_.find(a_[i]);
      if (found != places_.end()) {
        const auto& places = found->second;
        for (auto at = std::lower_bound(places.begin(), places.end(), b_begin); at != places.end() && *at < b_end;
             ++at) {
          const std::size_t j = *at;
          const std::size_t size = (j > 0 ? lengths_[j - 1] : 0) + 1;
          next_[j] = size;
          next_written.push_back(j);
          if (size > best.size) best = {i + 1 - size, j + 1 - size, size};
        }
      }
      for (const std::size_t j : written) lengths_[j] = 0;
      lengths_.swap(next_);
      written.swap(next_written);
    }
    for (const std::size_t j : written) lengths_[j] = 0;
    // Grown by the characters that may start no match.
    while (best.a > a_begin && best.b > b_begin && a_[best.a - 1] == b_[best.b - 1]) --best.a, --best.b, ++best.size;
    while (best.a + best.size < a_end && best.b + best.size < b_end && a_[best.a + best.size] == b_[best.b + best.size])
      ++best.size;
    return best;
  }

  std::u32string_view a_, b_;
  std::unordered_map<char32_t, std::vector<std::size_t>> places_;
  // Length of the common run that ends at each position of b, for the last and the current character of a.
  std::vector<std::size_t> lengths_, next_;
};

}  // namespace

double sequence_ratio(std::u32string_view a, std::u32string_view b) {
  constexpr std::size_t kLongest = 5'000;
  a = a.substr(0, kLongest);
  b = b.substr(0, kLongest);
  if (a.empty() && b.empty()) return 1;
  const auto matching = static_cast<double>(Matcher(a, b).matching());
  return 2.0 * matching / static_cast<double>(a.size() + b.size());
}

int fuzzy_ratio(std::u32string_view a, std::u32string_view b) {
  if (a == b) return 100;
  if (a.empty() || b.empty()) return 0;
  return static_cast<int>(std::nearbyint(100 * sequence_ratio(a, b)));  // Python rounds halves to even, as this does
}

}  // namespace c2c::grading
