#include "c2c/eval/grading/chinese_words.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/eval/grading/characters.h"

namespace c2c::grading {
namespace {

using View = std::u32string_view;

bool is_han(char32_t c) {
  return c >= 0x4E00 && c <= 0x9FD5;
}
bool is_latin(char32_t c) {
  return is_ascii_letter(c) || is_ascii_digit(c);
}
// What jieba's dictionary is asked about.
bool in_block(char32_t c) {
  return is_han(c) || is_latin(c) || View(U"+#&._%-").find(c) != View::npos;
}

constexpr std::size_t kB = 0, kM = 1, kE = 2, kS = 3;
constexpr double kNever = -3.14e100;
// jieba/finalseg/prob_start.py and prob_trans.py.
constexpr double kStart[4] = {-0.26268660809250016, kNever, kNever, -1.4652633398537678};
constexpr double kMove[4][4] = {
    /* B */ {kNever, -0.916290731874155, -0.510825623765990, kNever},
    /* M */ {kNever, -1.2603623820268226, -0.33344856811948514, kNever},
    /* E */ {-0.5897149736854513, kNever, kNever, -0.8085250474669937},
    /* S */ {-0.7211965654669841, kNever, kNever, -0.6658631448798212}};
// States that may come before, the one that Python's max prefers on a tie last ('M' > 'B', 'S' > 'E', 'M' > 'B').
constexpr std::size_t kBefore[4][2] = {/* B */ {kE, kS}, /* M */ {kB, kM}, /* E */ {kB, kM}, /* S */ {kE, kS}};

[[noreturn]] void fail_line(std::size_t line, std::string_view text, const char* expected) {
  fail_input({.where = "jieba dictionary",
              .key = "line " + std::to_string(line),
              .found = std::string(text.substr(0, 60)),
              .expected = expected,
              .hint = {}});
}

}  // namespace

ChineseWords::ChineseWords(std::string_view dictionary, std::string_view emissions) {
  read_dictionary(dictionary);
  if (!emissions.empty()) read_emissions(emissions);
}

void ChineseWords::read_dictionary(std::string_view text) {
  constexpr std::size_t kLongestWord = 64;  // so that the beginnings of words stay in proportion to the file
  std::int64_t total = 0;
  for (std::size_t line = 1; !text.empty(); ++line) {
    std::string_view row = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), row.size() + 1));
    while (!row.empty() && (row.back() == '\r' || row.back() == ' ')) row.remove_suffix(1);
    const std::size_t space = row.find(' ');
    if (space == std::string_view::npos || space == 0) fail_line(line, row, "a word and its frequency");
    const std::u32string word = to_utf32(row.substr(0, space));
    const std::string_view number = row.substr(space + 1, row.find(' ', space + 1) - space - 1);
    std::int64_t frequency = 0;
    const auto parsed = std::from_chars(number.data(), number.data() + number.size(), frequency);
    if (parsed.ec != std::errc() || parsed.ptr != number.data() + number.size() || frequency < 0 ||
        frequency > 1'000'000'000'000)
      fail_line(line, row, "a frequency from 0 to 1e12 after the word");
    if (word.size() > kLongestWord) fail_line(line, row, "a word of at most 64 characters");
    frequency_[word] = frequency;
    total += frequency;
    for (std::size_t size = 1; size < word.size(); ++size) frequency_.try_emplace(word.substr(0, size), 0);
  }
  log_total_ = std::log(static_cast<double>(std::max<std::int64_t>(total, 1)));
}

// A Python dictionary of dictionaries: 'B': {'\u4e00': -3.65, ...}, ...
void ChineseWords::read_emissions(std::string_view text) {
  constexpr std::string_view kStates = "BMES";
  std::size_t state = kStates.size();
  std::size_t i = text.find('{');
  while (i != std::string_view::npos && (i = text.find('\'', i)) != std::string_view::npos) {
    const std::size_t end = text.find('\'', i + 1);
    if (end == std::string_view::npos) break;
    const std::string_view key = text.substr(i + 1, end - i - 1);
    i = end + 1;
    while (i < text.size() && (text[i] == ' ' || text[i] == ':')) ++i;
    if (i < text.size() && text[i] == '{') {
      state = key.size() == 1 ? kStates.find(key.front()) : std::string_view::npos;
      if (state >= kStates.size()) state = kStates.size();
      continue;
    }
    double value = 0;
    const auto parsed = std::from_chars(text.data() + i, text.data() + text.size(), value);
    std::uint32_t code = 0;
    const bool escaped = key.size() == 6 && key.starts_with("\\u") &&
                         std::from_chars(key.data() + 2, key.data() + 6, code, 16).ptr == key.data() + 6;
    if (parsed.ec != std::errc() || !escaped || state == kStates.size())
      fail_input({.where = "jieba's prob_emit.py",
                  .key = "byte " + std::to_string(i),
                  .found = std::string(key.substr(0, 20)),
                  .expected = "a state's '\\uXXXX': log-probability",
                  .hint = {}});
    emissions_[state][code] = value;
  }
}

double ChineseWords::emission(std::size_t state, char32_t c) const {
  const auto found = emissions_[state].find(c);
  return found == emissions_[state].end() ? kNever : found->second;
}

std::vector<std::size_t> ChineseWords::best_route(View block) const {
  std::vector<std::size_t> ends(block.size());
  std::vector<double> value(block.size() + 1, 0);
  for (std::size_t i = block.size(); i-- > 0;) {
    double best = 0;
    std::size_t best_end = 0;
    const auto offer = [&](std::size_t end, std::int64_t frequency) {
      const double offered = std::log(static_cast<double>(frequency == 0 ? 1 : frequency)) - log_total_ + value[end];
      if (best_end == 0 || offered >= best) best = offered, best_end = end;
    };
    for (std::size_t end = i + 1; end <= block.size(); ++end) {
      const auto found = frequency_.find(std::u32string(block.substr(i, end - i)));
      if (found == frequency_.end()) break;
      if (found->second != 0) offer(end, found->second);
    }
    if (best_end == 0) offer(i + 1, 0);
    value[i] = best;
    ends[i] = best_end;
  }
  return ends;
}

void ChineseWords::cut_block(View block, Words& out) const {
  const std::vector<std::size_t> ends = best_route(block);
  std::size_t run = 0;  // single characters from here on
  const auto flush = [&](std::size_t end) {
    if (end > run) cut_unknown(block.substr(run, end - run), out);
  };
  std::size_t i = 0;
  while (i < block.size()) {
    if (ends[i] - i > 1) {
      flush(i);
      out.emplace_back(block.substr(i, ends[i] - i));
      run = ends[i];
    }
    i = ends[i];
  }
  flush(block.size());
}

// A run of characters that the dictionary left single: a new word may be among them.
void ChineseWords::cut_unknown(View run, Words& out) const {
  const auto found = run.size() == 1 ? frequency_.end() : frequency_.find(std::u32string(run));
  const bool known = found != frequency_.end() && found->second != 0;
  if (run.size() == 1 || known || emissions_[kB].empty()) {
    for (std::size_t i = 0; i < run.size(); ++i) out.emplace_back(run.substr(i, 1));
    return;
  }
  for (std::size_t i = 0; i < run.size();) {
    std::size_t end = i;
    if (is_han(run[i])) {
      while (end < run.size() && is_han(run[end])) ++end;
      cut_by_states(run.substr(i, end - i), out);
    } else if (is_latin(run[i])) {
      // [a-zA-Z0-9]+(?:\.\d+)?%?
      while (end < run.size() && is_latin(run[end])) ++end;
      if (end + 1 < run.size() && run[end] == U'.' && is_digit(run[end + 1])) {
        ++end;
        while (end < run.size() && is_digit(run[end])) ++end;
      }
      if (end < run.size() && run[end] == U'%') ++end;
      out.emplace_back(run.substr(i, end - i));
    } else {
      while (end < run.size() && !is_han(run[end]) && !is_latin(run[end])) ++end;
      out.emplace_back(run.substr(i, end - i));
    }
    i = end;
  }
}

// Viterbi over beginning, middle, end and single.
void ChineseWords::cut_by_states(View run, Words& out) const {
  std::vector<std::array<double, 4>> value(run.size());
  std::vector<std::array<std::uint8_t, 4>> from(run.size());
  for (std::size_t s = 0; s < 4; ++s) value[0][s] = kStart[s] + emission(s, run[0]);
  for (std::size_t t = 1; t < run.size(); ++t) {
    for (std::size_t s = 0; s < 4; ++s) {
      const double here = emission(s, run[t]);
      const double first = value[t - 1][kBefore[s][0]] + kMove[kBefore[s][0]][s] + here;
      const double second = value[t - 1][kBefore[s][1]] + kMove[kBefore[s][1]][s] + here;
      value[t][s] = std::max(first, second);
      from[t][s] = static_cast<std::uint8_t>(second >= first ? kBefore[s][1] : kBefore[s][0]);
    }
  }
  std::vector<std::size_t> states(run.size());
  states.back() = value.back()[kS] >= value.back()[kE] ? kS : kE;
  for (std::size_t t = run.size() - 1; t > 0; --t) states[t - 1] = from[t][states[t]];
  std::size_t begin = 0, next = 0;
  for (std::size_t t = 0; t < run.size(); ++t) {
    if (states[t] == kB) {
      begin = t;
    } else if (states[t] == kE) {
      out.emplace_back(run.substr(begin, t + 1 - begin));
      next = t + 1;
    } else if (states[t] == kS) {
      out.emplace_back(run.substr(t, 1));
      next = t + 1;
    }
  }
  if (next < run.size()) out.emplace_back(run.substr(next));
}

std::vector<std::u32string> ChineseWords::cut(View text) const {
  Words out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && in_block(text[end])) ++end;
    if (end > i) {
      cut_block(text.substr(i, end - i), out);
    } else {
      end = text.substr(i, 2) == U"\r\n" ? i + 2 : i + 1;
      out.emplace_back(text.substr(i, end - i));
    }
    i = end;
  }
  return out;
}

std::vector<std::u32string> cut_characters(View text) {
  std::vector<std::u32string> out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i + 1;
    if (is_latin(text[i]))
      while (end < text.size() && is_latin(text[end])) ++end;
    out.emplace_back(text.substr(i, end - i));
    i = end;
  }
  return out;
}

}  // namespace c2c::grading
