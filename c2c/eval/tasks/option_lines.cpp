#include "c2c/eval/tasks/option_lines.h"

#include "c2c/train/data/extract.h"

namespace c2c {
namespace {

bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}
bool is_word(char c) {
  return is_letter(c) || (c >= '0' && c <= '9') || (c & 0x80) != 0;
}

// "A. x", "A) x", "A: x", "(A) x", "[A] x"; empty text: no label.
bool read_label(std::string_view line, OptionLine& out) {
  out.line = stripped(line);
  std::string_view rest = out.line;
  const bool open = !rest.empty() && (rest[0] == '(' || rest[0] == '[');
  if (open) rest.remove_prefix(1);
  if (rest.size() < 3 || !is_letter(rest[0])) return false;
  const char mark = rest[1];
  const bool marked = open ? mark == ')' || mark == ']' : mark == '.' || mark == ')' || mark == ':';
  if (!marked) return false;
  out.letter = rest[0];
  out.text = stripped(rest.substr(2));
  return !out.text.empty();
}

}  // namespace

std::vector<OptionLine> find_option_lines(std::string_view text) {
  std::vector<OptionLine> lines;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    OptionLine line;
    if (read_label(text.substr(start, end - start), line)) {
      if (line.letter == 'A' || line.letter == 'a')
        lines.assign(1, std::move(line));
      else if (!lines.empty() && line.letter == lines.back().letter + 1)
        lines.push_back(std::move(line));
    }
    start = end + 1;
  }
  if (lines.size() < 2) lines.clear();
  return lines;
}

NamedOption name_option(const std::vector<OptionLine>& lines, std::string_view ideal) {
  NamedOption named;
  const std::string whole = stripped(ideal);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (whole != lines[i].line && whole != lines[i].text) continue;
    named.index = i;
    for (const OptionLine& line : lines) named.replies.push_back(whole == lines[i].line ? line.line : line.text);
    return named;
  }
  // The last letter that stands alone.
  for (std::size_t at = whole.size(); at-- > 0;) {
    const bool alone = (at == 0 || !is_word(whole[at - 1])) && (at + 1 == whole.size() || !is_word(whole[at + 1]));
    if (!alone || !is_letter(whole[at])) continue;
    const char first = whole[at] >= 'a' ? 'a' : 'A';
    const auto index = static_cast<std::size_t>(whole[at] - first);
    if (index >= lines.size()) return named;
    named.index = index;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      named.replies.push_back(whole);
      named.replies.back()[at] = static_cast<char>(first + static_cast<char>(i));
    }
    return named;
  }
  return named;
}

}  // namespace c2c
