// A backtracking matcher for the part of Python's `re` that the reference's rules are written in, so that they can be
// quoted as they are: greedy and lazy repeats, alternatives, named groups, look-ahead, one-character look-behind,
// (?i:...). No recursion while matching, and every search spends steps of a budget: hostile text ends in BudgetSpent.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace c2c::grading {

// What a grading may cost, here under half a second; the reference allows five.
struct Budget {
  std::int64_t steps = 50'000'000;
  void spend(std::int64_t count = 1);  // throws BudgetSpent
};
struct BudgetSpent {};

class Pattern;

// Positions are code points.
class Match {
 public:
  std::size_t begin(std::size_t group = 0) const { return static_cast<std::size_t>(slots_[2 * group]); }
  std::size_t end(std::size_t group = 0) const { return static_cast<std::size_t>(slots_[2 * group + 1]); }
  bool has(std::size_t group) const { return slots_[2 * group] >= 0 && slots_[2 * group + 1] >= 0; }
  std::u32string_view text(std::u32string_view subject, std::size_t group = 0) const {
    return has(group) ? subject.substr(begin(group), end(group) - begin(group)) : std::u32string_view();
  }

 private:
  friend class Pattern;
  std::vector<std::int32_t> slots_;
};

class Pattern {
 public:
  struct Flags {
    bool ignore_case = false;
    bool dot_all = false;
  };
  explicit Pattern(std::string_view source);  // a pattern of ours: a mistake in it is an internal error
  Pattern(std::string_view source, Flags flags);

  bool search(std::u32string_view text, Match& match, Budget& budget, std::size_t from = 0) const;
  std::vector<Match> find_all(std::u32string_view text, Budget& budget) const;
  // re.sub; in `with`, \1 to \9 are groups and \\ is a backslash.
  std::u32string replace(std::u32string_view text, std::u32string_view with, Budget& budget) const;

  // Names of groups in the order of their numbers: (name, number); unnamed groups are left out.
  const std::vector<std::pair<std::string, std::size_t>>& names() const { return names_; }

 private:
  friend class PatternCompiler;
  enum class Op : std::uint8_t { kSet, kAny, kSplit, kJump, kSave, kBegin, kEnd, kWordEdge, kAhead, kBehind, kMatch };
  struct Instruction {
    Op op = Op::kMatch;
    bool negative = false;
    std::int32_t x = 0, y = 0;  // targets (the first is tried first), slot or index of a set
  };
  struct Set {
    std::vector<std::pair<char32_t, char32_t>> ranges;
    bool negative = false, spaces = false, words = false, digits = false, ignore_case = false;
    bool has(char32_t c) const;
    bool has_exactly(char32_t c) const;
  };
  bool run(std::u32string_view text, std::size_t at, std::int32_t start, std::vector<std::int32_t>& slots,
           Budget& budget) const;
  bool holds(const Instruction& instruction, std::u32string_view text, std::size_t at, std::vector<std::int32_t>& slots,
             Budget& budget) const;

  std::vector<Instruction> program_;
  std::vector<Set> sets_;
  std::vector<std::pair<std::string, std::size_t>> names_;
  std::size_t groups_ = 1;
};

}  // namespace c2c::grading
