#include "c2c/eval/grading/pattern.h"

#include "c2c/base/error.h"
#include "c2c/eval/grading/characters.h"

namespace c2c::grading {

void Budget::spend(std::int64_t count) {
  steps -= count;
  if (steps < 0) throw BudgetSpent{};
}

bool Pattern::Set::has_exactly(char32_t c) const {
  for (const auto& [first, last] : ranges)
    if (c >= first && c <= last) return true;
  return (spaces && is_space(c)) || (words && is_word(c)) || (digits && is_digit(c));
}

bool Pattern::Set::has(char32_t c) const {
  bool found = has_exactly(c);
  if (!found && ignore_case) {
    // The characters that Python holds equal to an ASCII letter: its two cases, and these four.
    char32_t base = lower(c);
    if (c == 0x131) base = U'i';
    if (c == 0x17F) base = U's';
    found = has_exactly(base);
    if (!found && base >= U'a' && base <= U'z') found = has_exactly(base - 32);
  }
  return found != negative;
}

bool Pattern::holds(const Instruction& instruction, std::u32string_view text, std::size_t at,
                    std::vector<std::int32_t>& slots, Budget& budget) const {
  switch (instruction.op) {
    case Op::kBegin:
      return at == 0;
    case Op::kEnd:  // before a last line feed too
      return at == text.size() || (at + 1 == text.size() && text[at] == U'\n');
    case Op::kWordEdge: {
      const bool before = at > 0 && is_word(text[at - 1]);
      const bool after = at < text.size() && is_word(text[at]);
      return before != after;
    }
    case Op::kBehind: {
      const bool found = at > 0 && sets_[static_cast<std::size_t>(instruction.x)].has(text[at - 1]);
      return found != instruction.negative;
    }
    default: {  // kAhead
      std::vector<std::int32_t> scratch = slots;
      return run(text, at, instruction.x, scratch, budget) != instruction.negative;
    }
  }
}

bool Pattern::run(std::u32string_view text, std::size_t at, std::int32_t start, std::vector<std::int32_t>& slots,
                  Budget& budget) const {
  // A choice to come back to (slot < 0), or a slot's value to restore.
  struct Frame {
    std::int32_t slot, value;
    std::size_t at;
  };
  constexpr std::size_t kMaxFrames = 4'000'000;
  std::vector<Frame> stack;
  std::int32_t pc = start;
  while (true) {
    budget.spend();
    const Instruction& instruction = program_[static_cast<std::size_t>(pc)];
    bool ok = true;
    switch (instruction.op) {
      case Op::kMatch:
        slots[1] = static_cast<std::int32_t>(at);
        return true;
      case Op::kSet:
        ok = at < text.size() && sets_[static_cast<std::size_t>(instruction.x)].has(text[at]);
        if (ok) ++at, ++pc;
        break;
      case Op::kAny:
        ok = at < text.size() && (!instruction.negative || text[at] != U'\n');
        if (ok) ++at, ++pc;
        break;
      case Op::kSplit:
        if (stack.size() >= kMaxFrames) throw BudgetSpent{};
        stack.push_back({-1, instruction.y, at});
        pc = instruction.x;
        break;
      case Op::kJump:
        pc = instruction.x;
        break;
      case Op::kSave: {
        auto& slot = slots[static_cast<std::size_t>(instruction.x)];
        stack.push_back({instruction.x, slot, 0});
        slot = static_cast<std::int32_t>(at);
        ++pc;
        break;
      }
      default:
        ok = holds(instruction, text, at, slots, budget);
        if (ok) pc = instruction.op == Op::kAhead ? instruction.y : pc + 1;
        break;
    }
    while (!ok) {
      if (stack.empty()) return false;
      const Frame frame = stack.back();
      stack.pop_back();
      if (frame.slot >= 0) {
        slots[static_cast<std::size_t>(frame.slot)] = frame.value;
      } else {
        pc = frame.value, at = frame.at, ok = true;
      }
    }
  }
}

bool Pattern::search(std::u32string_view text, Match& match, Budget& budget, std::size_t from) const {
  for (std::size_t at = from; at <= text.size(); ++at) {
    match.slots_.assign(2 * groups_, -1);
    match.slots_[0] = static_cast<std::int32_t>(at);
    if (run(text, at, 0, match.slots_, budget)) return true;
  }
  return false;
}

std::vector<Match> Pattern::find_all(std::u32string_view text, Budget& budget) const {
  std::vector<Match> out;
  Match match;
  for (std::size_t from = 0; from <= text.size() && search(text, match, budget, from);) {
    from = match.end() > match.begin() ? match.end() : match.end() + 1;
    out.push_back(match);
  }
  return out;
}

std::u32string Pattern::replace(std::u32string_view text, std::u32string_view with, Budget& budget) const {
  std::u32string out;
  std::size_t copied = 0;
  for (const Match& match : find_all(text, budget)) {
    out += text.substr(copied, match.begin() - copied);
    for (std::size_t i = 0; i < with.size(); ++i) {
      if (with[i] != U'\\' || i + 1 == with.size()) {
        out += with[i];
      } else if (is_ascii_digit(with[++i])) {
        out += match.text(text, with[i] - U'0');
      } else {
        out += with[i];
      }
    }
    copied = match.end();
  }
  out += text.substr(copied);
  return out;
}

}  // namespace c2c::grading
