#include "c2c/tensor/dist/require_same.h"

#include <algorithm>
#include <optional>

#include "c2c/base/error.h"

namespace c2c {
namespace {

// The line around `offset`, shortened.
std::string line_at(const std::string& text, std::size_t offset) {
  constexpr std::size_t kBefore = 40, kLongest = 80;
  if (offset >= text.size()) return "the end";
  const std::size_t newline = offset == 0 ? std::string::npos : text.rfind('\n', offset - 1);
  const std::size_t line = newline == std::string::npos ? 0 : newline + 1;
  const std::size_t begin = std::max(line, offset < kBefore ? 0 : offset - kBefore);
  const std::size_t end = std::min(text.find('\n', offset), text.size());
  return std::string("'").append(text, begin, std::min(end - begin, kLongest)).append("'");
}

}  // namespace

void require_same(ProcessGroup& group, const std::string& what, const std::string& text) {
  const std::vector<std::string> texts = group.gather_strings(text);
  std::string ranks;
  std::optional<std::size_t> other;
  for (std::size_t i = 1; i < texts.size(); ++i) {
    if (texts[i] == texts[0]) continue;
    if (!other) other = i;
    ranks += (ranks.empty() ? "" : ", ") + std::to_string(i);
  }
  if (!other) return;
  const std::string& theirs = texts[*other];
  const auto [ours_at, theirs_at] = std::mismatch(texts[0].begin(), texts[0].end(), theirs.begin(), theirs.end());
  const auto offset = static_cast<std::size_t>(ours_at - texts[0].begin());
  const auto line = 1 + std::count(texts[0].begin(), ours_at, '\n');
  fail_usage({.where = what + " differs between processes",
              .key = "line " + std::to_string(line),
              .found = "rank " + std::to_string(*other) + " has " + line_at(theirs, offset) +
                       " (ranks that differ from rank 0: " + ranks + ")",
              .expected = "rank 0's " + line_at(texts[0], offset),
              .hint = "give every process the same recipe, flags and files"});
}

}  // namespace c2c
