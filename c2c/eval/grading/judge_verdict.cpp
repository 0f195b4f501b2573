#include "c2c/eval/grading/judge_verdict.h"

namespace c2c::grading {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

// The next run of letters, taken off the front; empty: there is none.
std::string_view next_word(std::string_view& text) {
  std::size_t begin = 0;
  while (begin < text.size() && !is_letter(text[begin])) ++begin;
  std::size_t end = begin;
  while (end < text.size() && is_letter(text[end])) ++end;
  const std::string_view word = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return word;
}

bool same_letters(std::string_view word, std::string_view lower) {
  if (word.size() != lower.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i)
    if ((word[i] | 0x20) != lower[i]) return false;
  return true;
}

}  // namespace

std::optional<bool> read_verdict(std::string_view reply) {
  constexpr std::string_view kEndOfThoughts = "</think>";
  const std::size_t thought = reply.rfind(kEndOfThoughts);
  if (thought != reply.npos) reply.remove_prefix(thought + kEndOfThoughts.size());
  std::string_view rest = reply;
  const std::string_view first = next_word(rest);
  rest = reply;
  bool yes = false, no = false;
  for (std::string_view word = next_word(rest); !word.empty(); word = next_word(rest)) {
    yes |= word == "YES";
    no |= word == "NO";
  }
  if (yes != no) return yes;
  if (yes) return std::nullopt;
  if (same_letters(first, "yes")) return true;
  if (same_letters(first, "no")) return false;
  return std::nullopt;
}

}  // namespace c2c::grading
