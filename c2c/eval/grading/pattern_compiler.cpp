// Source of a pattern to its program: a recursive descent over the source that emits each piece at once.
#include <string>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/eval/grading/pattern.h"

namespace c2c::grading {

class PatternCompiler {
 public:
  PatternCompiler(Pattern& pattern, std::string_view source, Pattern::Flags flags)
      : out_(pattern), source_(to_utf32(source)), flags_(flags) {}

  void compile() {
    alternatives();
    C2C_CHECK(at_ == source_.size(), "pattern: unbalanced parenthesis");
    emit({.op = Pattern::Op::kMatch});
  }

 private:
  using Op = Pattern::Op;
  using Instruction = Pattern::Instruction;

  std::int32_t here() const { return static_cast<std::int32_t>(out_.program_.size()); }
  std::int32_t emit(Instruction instruction) {
    out_.program_.push_back(instruction);
    return here() - 1;
  }
  Instruction& at(std::int32_t index) { return out_.program_[static_cast<std::size_t>(index)]; }
  bool more() const { return at_ < source_.size(); }
  char32_t peek() const { return more() ? source_[at_] : U'\0'; }
  bool take(std::u32string_view what) {
    if (source_.compare(at_, what.size(), what) != 0) return false;
    at_ += what.size();
    return true;
  }

  // Programs of pieces are moved and copied: their jumps all lead into themselves.
  using Piece = std::vector<Instruction>;
  Piece cut(std::int32_t begin) {
    Piece piece(out_.program_.begin() + begin, out_.program_.end());
    out_.program_.resize(static_cast<std::size_t>(begin));
    move(piece, -begin);
    return piece;
  }
  void paste(Piece piece) {
    move(piece, here());
    out_.program_.insert(out_.program_.end(), piece.begin(), piece.end());
  }
  static void move(Piece& piece, std::int32_t by) {
    for (Instruction& instruction : piece) {
      if (instruction.op == Op::kSplit || instruction.op == Op::kJump || instruction.op == Op::kAhead) {
        instruction.x += by;
        instruction.y += by;
      }
    }
  }

  void alternatives() {
    std::vector<std::int32_t> jumps;
    while (true) {
      const std::int32_t begin = here();
      sequence();
      if (!take(U"|")) break;
      Piece piece = cut(begin);
      const std::int32_t split = emit({.op = Op::kSplit});
      at(split).x = here();
      paste(std::move(piece));
      jumps.push_back(emit({.op = Op::kJump}));
      at(split).y = here();
    }
    for (const std::int32_t jump : jumps) at(jump).x = here();
  }

  void sequence() {
    while (more() && peek() != U'|' && peek() != U')') repeated();
  }

  struct Repeat {
    int least = 1, most = 1;  // most < 0: no limit
    bool lazy = false;
  };

  Repeat repeat() {
    Repeat out;
    if (take(U"*")) {
      out = {0, -1, false};
    } else if (take(U"+")) {
      out = {1, -1, false};
    } else if (take(U"?")) {
      out = {0, 1, false};
    } else if (peek() == U'{' && at_ + 1 < source_.size() && source_[at_ + 1] >= U'0' && source_[at_ + 1] <= U'9') {
      ++at_;
      out.least = out.most = number();
      if (take(U",")) out.most = peek() == U'}' ? -1 : number();
      C2C_CHECK(take(U"}"), "pattern: open repeat");
    } else {
      return out;
    }
    out.lazy = take(U"?");
    return out;
  }
  int number() {
    int value = 0;
    while (peek() >= U'0' && peek() <= U'9') value = value * 10 + static_cast<int>(source_[at_++] - U'0');
    return value;
  }

  void repeated() {
    const std::int32_t begin = here();
    atom();
    const Repeat repeat_of = repeat();
    if (repeat_of.least == 1 && repeat_of.most == 1) return;
    const Piece piece = cut(begin);
    const auto split_to = [&](std::int32_t split, std::int32_t past) {
      at(split).x = repeat_of.lazy ? past : split + 1;
      at(split).y = repeat_of.lazy ? split + 1 : past;
    };
    for (int i = 0; i < repeat_of.least; ++i) paste(piece);
    if (repeat_of.most < 0) {
      const std::int32_t split = emit({.op = Op::kSplit});
      paste(piece);
      emit({.op = Op::kJump, .x = split});
      split_to(split, here());
      return;
    }
    std::vector<std::int32_t> splits;
    for (int i = repeat_of.least; i < repeat_of.most; ++i) {
      splits.push_back(emit({.op = Op::kSplit}));
      paste(piece);
    }
    for (const std::int32_t split : splits) split_to(split, here());
  }

  void atom() {
    const char32_t c = source_[at_];
    if (c == U'(') return group();
    if (c == U'[') return add_set(bracket());
    ++at_;
    if (c == U'.') {
      emit({.op = Op::kAny, .negative = !flags_.dot_all});
    } else if (c == U'^') {
      emit({.op = Op::kBegin});
    } else if (c == U'$') {
      emit({.op = Op::kEnd});
    } else if (c == U'\\' && peek() == U'b') {
      ++at_;
      emit({.op = Op::kWordEdge});
    } else {
      Pattern::Set set;
      c == U'\\' ? escape(set) : set.ranges.push_back({c, c});
      add_set(std::move(set));
    }
  }

  void add_set(Pattern::Set set) {
    set.ignore_case = flags_.ignore_case;
    out_.sets_.push_back(std::move(set));
    emit({.op = Op::kSet, .x = static_cast<std::int32_t>(out_.sets_.size()) - 1});
  }

  void escape(Pattern::Set& set) {
    const char32_t c = source_[at_++];
    if (c == U's') {
      set.spaces = true;
    } else if (c == U'w') {
      set.words = true;
    } else if (c == U'd') {
      set.digits = true;
    } else {
      const char32_t plain = c == U'n' ? U'\n' : c == U't' ? U'\t' : c;
      set.ranges.push_back({plain, plain});
    }
  }

  Pattern::Set bracket() {
    Pattern::Set set;
    ++at_;
    set.negative = take(U"^");
    for (bool first = true; peek() != U']' || first; first = false) {
      C2C_CHECK(more(), "pattern: open bracket");
      const char32_t c = source_[at_++];
      if (c == U'\\') {
        escape(set);
      } else if (peek() == U'-' && source_[at_ + 1] != U']') {
        set.ranges.push_back({c, source_[at_ + 1]});
        at_ += 2;
      } else {
        set.ranges.push_back({c, c});
      }
    }
    ++at_;
    return set;
  }

  void group() {
    ++at_;
    const Pattern::Flags outer = flags_;
    if (take(U"?:")) {
      alternatives();
    } else if (take(U"?i:")) {
      flags_.ignore_case = true;
      alternatives();
    } else if (take(U"?=") || take(U"?!")) {
      ahead(source_[at_ - 1] == U'!');
    } else if (take(U"?<!") || take(U"?<=")) {
      behind(source_[at_ - 1] == U'!');
    } else {
      capture();
    }
    flags_ = outer;
    C2C_CHECK(take(U")"), "pattern: open group");
  }

  void capture() {
    const std::size_t index = out_.groups_++;
    if (take(U"?P<")) {
      std::u32string name;
      while (peek() != U'>') name += source_[at_++];
      ++at_;
      out_.names_.emplace_back(to_utf8(name), index);
    }
    emit({.op = Op::kSave, .x = static_cast<std::int32_t>(2 * index)});
    alternatives();
    emit({.op = Op::kSave, .x = static_cast<std::int32_t>(2 * index + 1)});
  }

  void ahead(bool negative) {
    const std::int32_t look = emit({.op = Op::kAhead, .negative = negative});
    at(look).x = here();
    alternatives();
    emit({.op = Op::kMatch});
    at(look).y = here();
  }

  // Alternatives of one character each, as one set.
  void behind(bool negative) {
    Pattern::Set set;
    do {
      const std::size_t program_size = out_.program_.size();
      atom();
      C2C_CHECK(out_.program_.back().op == Op::kSet, "pattern: only sets can be looked behind for");
      const Pattern::Set one = std::move(out_.sets_.back());
      out_.sets_.pop_back();
      out_.program_.resize(program_size);
      set.ranges.insert(set.ranges.end(), one.ranges.begin(), one.ranges.end());
      set.digits = set.digits || one.digits;
      set.spaces = set.spaces || one.spaces;
    } while (take(U"|"));
    set.ignore_case = flags_.ignore_case;
    out_.sets_.push_back(std::move(set));
    emit({.op = Op::kBehind, .negative = negative, .x = static_cast<std::int32_t>(out_.sets_.size()) - 1});
  }

  Pattern& out_;
  std::u32string source_;
  std::size_t at_ = 0;
  Pattern::Flags flags_;
};

Pattern::Pattern(std::string_view source) : Pattern(source, Flags{}) {}

Pattern::Pattern(std::string_view source, Flags flags) {
  PatternCompiler(*this, source, flags).compile();
}

}  // namespace c2c::grading
