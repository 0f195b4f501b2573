#include "c2c/eval/grading/latex_normal.h"

#include <algorithm>
#include <array>
#include <vector>

#include "c2c/base/utf8.h"
#include "c2c/eval/grading/characters.h"

namespace c2c::grading {
namespace {

using View = std::u32string_view;

// As the package lists them, the odd ones too.
constexpr const char* kUnits =
    "integerpoint|feet|sue|digit|pound|meal|edge|student|children ticket|multiple|east|degree|mph|kmph|ft|m square| m "
    "east|"
    "sq m|deg|mile|q .|monkey|prime|ratio|profit of rs|rd|o|gm|p . m|lb|tile|per|dm|lt|gain|ab|way|west|a .|b .|c .|d "
    ".|"
    "e .|f .|g .|h .|t|h|no change|men|soldier|pie|bc|excess|st|inches|noon|cent|by|gal|kmh|c|acre|rise|a . m|th|π r "
    "2|sq|"
    "mark|l|toy|coin|sq . m|gallon|° f|profit|minw|yr|women|am|pm|hr|cu cm|square|v â € "
    "™|are|rupee|rounds|cubic|cc|mtr|s|"
    "ohm|number|kmph|day|hour|minute|min|second|man|woman|sec|cube|mt|sq inch|mp|∏ cm ³|hectare|more|sec|unit|cu . m|"
    "cm 2|rs .|rs|kg|g|month|km|m|cm|mm|apple|liter|loss|yard|pure|year|increase|decrease|d|less|Surface|litre|pi sq m|"
    "s .|metre|meter|inch";

struct Replacement {
  Pattern pattern;
  std::u32string with;
};

void replace_all(std::u32string& text, View what, View with) {
  std::u32string out;
  std::size_t copied = 0;
  for (std::size_t at = text.find(what); at != View::npos; at = text.find(what, copied)) {
    out.append(text, copied, at - copied);
    out += with;
    copied = at + what.size();
  }
  if (copied != 0) text = out.append(text, copied);
}

// The alternatives of one pass over the text: at each place the first that matches.
struct Choice {
  const char* name;
  const char* pattern;
  const char32_t* with;
};
constexpr Choice kChoices[] = {
    {"math", R"(\\math(?:rm|it|bf))", U"\\text"},
    {"text", R"(\\text(?:normal|bf|it|rm))", U"\\text"},
    {"frac", R"(\\(?:d|t|c)frac)", U"\\frac"},
    {"decimal_space", R"(\s\.)", U" 0."},
    {"decimal_brace", R"(\{\.)", U"{0."},
    {"approx", R"(\~\=)", U"\\approx"},
    {"comma", R"(\s*\{\s*,\s*\})", U","},
    {"and_or", R"((?<![a-zA-Z])(,?\s*(?:and|or))(?![a-zA-Z]))", U","},
    {"and_or_text", R"((,?\s*\\text{\s*(?:and|or)\s*}))", U","},
    {"backslash_space", R"((?<!\\)\\\s)", U" "},
    {"infinity", R"(infinity)", U"\\infty"},
    {"dot", R"(,?(\\ldots))", U" "},
    {"percentage", R"(\s*\bpercentage\b)", U"\\%"},
    {"percentage_in_text", R"(\\text{percentage})", U"%"},
    {"percent", R"(\s*\bpercent\b)", U"\\%"},
    {"percent_in_text", R"(\\text{percent})", U"%"},
    {"pct", R"(\s*\bpct\b)", U"\\%"},
    {"pct_in_text", R"(\\text{pct})", U"%"},
    {"inf", R"(((?<!\\)inf(?!inity)))", U"\\infty"},
    {"sqrt", R"( sqrt)", U"\\sqrt"},
};

std::u32string with_choices(View text, Budget& budget) {
  static const Pattern pattern = [] {
    std::string source;
    for (const Choice& choice : kChoices) {
      if (!source.empty()) source += '|';
      source += "(?P<" + std::string(choice.name) + ">" + choice.pattern + ")";
    }
    return Pattern(source);
  }();
  std::u32string out;
  std::size_t copied = 0;
  for (const Match& match : pattern.find_all(text, budget)) {
    out += text.substr(copied, match.begin() - copied);
    for (std::size_t i = 0; i < pattern.names().size(); ++i)
      if (match.has(pattern.names()[i].second)) out += kChoices[i].with;
    copied = match.end();
  }
  out += text.substr(copied);
  return out;
}

std::u32string basic(std::u32string text, Budget& budget) {
  static const Pattern left(
      R"(\\m?left(\\\{|\{|\\\||\||\[|\(|\\rbracl|\\lgroup|\\lbrace|\\lbrack|\\vert|\\lvert|\\lceil|\\lfloor|\\vert|)"
      R"(\\lvert|\\langle|\\llcorner|\\ulcorner))");
  static const Pattern right(
      R"(\\m?right(\\\}|\}|\\\||\||\]|\)|\\rbrack|\\rgroup|\\rbrace|\\rbrack|\\vert|\\rvert|\\rceil|\\rfloor|\\vert|)"
      R"(\\rvert|\\rangle|\\lrcorner|\\urcorner))");
  static const Pattern permutation(R"(\(([a-zA-Z0-9+\-*/\\ ]+?)\)_{([a-zA-Z0-9+\-*/\\ ]+?)})");
  static const Pattern removed(
      R"(\\mathrm\{th\}|\\!\s*|\\text\s*\{\s*\}|\\text\s*\{\s*\}|\\\$|\$|(?<!\\)["']|\\displaystyle)");
  static const Pattern doubled(R"(\\\\(?=[a-zA-Z]))");
  replace_all(text, U"\\mathrm{T}", U"T");
  replace_all(text, U"\\mathrm{d}", U"d");
  replace_all(text, U"{\\rm d}", U"d");
  replace_all(text, U"\\left[\\begin{matrix}", U"\\begin{bmatrix}");
  replace_all(text, U"\\end{matrix}\\right]", U"\\end{bmatrix}");
  text = left.replace(text, U"\\1", budget);
  text = right.replace(text, U"\\1", budget);
  text = permutation.replace(text, U"\\\\frac{(\\1)!}{((\\1)-(\\2))!}", budget);
  text = removed.replace(text, U"", budget);
  text = with_choices(text, budget);
  for (char32_t& c : text)
    if (c == U'\n' || c == U'\t') c = U' ';
  if (text.find(U"matrix") == View::npos) text = doubled.replace(text, U"\\\\", budget);
  return text;
}

std::u32string without_units(std::u32string text, Budget& budget) {
  static const Pattern text_unit(R"((\\(?:text|mbox){.*?})(\^\d|\{\^\d\})?$)");
  static const Pattern unit("(\\d|\\}|\\s)\\s*(?:(?:" + std::string(kUnits) + ")(?:s|es)?)\\s*$");
  std::u32string shorter(strip(text_unit.replace(text, U"", budget)));
  if (!shorter.empty() && shorter != text) text = shorter;
  for (int i = 0; i < 2; ++i) {
    shorter = unit.replace(text, U"\\1", budget);
    if (!shorter.empty() && shorter != text) text = shorter;
  }
  return text;
}

// --- malformed operators
std::vector<std::u32string> split_at(View text, View separator) {
  std::vector<std::u32string> out;
  std::size_t begin = 0;
  for (std::size_t at = text.find(separator); at != View::npos; at = text.find(separator, begin)) {
    out.emplace_back(text.substr(begin, at - begin));
    begin = at + separator.size();
  }
  out.emplace_back(text.substr(begin));
  return out;
}
std::u32string without_leading_space(std::u32string text) {
  const auto first = std::find_if_not(text.begin(), text.end(), is_space);
  text.erase(text.begin(), first);
  return text;
}
std::u32string braced(char32_t c) {
  return std::u32string(U"{") + c + U"}";
}

std::u32string with_whole_roots(const std::u32string& text) {
  std::u32string out;
  bool first = true;
  for (std::u32string part : split_at(text, U"\\sqrt")) {
    if (!first) {
      part = without_leading_space(part);
      out += U"\\sqrt";
      if (!part.empty() && part[0] != U'{' && part[0] != U'[') {
        out += braced(part[0]);
        part.erase(0, 1);
      }
    }
    out += part;
    first = false;
  }
  return out;
}

std::u32string with_whole_fractions(const std::u32string& text) {
  std::u32string out;
  bool first = true;
  for (std::u32string part : split_at(text, U"\\frac")) {
    if (!first) {
      part = without_leading_space(part);
      out += U"\\frac";
      if (part.empty() || part[0] != U'{') {
        if (part.size() < 2) return text;
        out += braced(part[0]);
        out += part[1] == U'{' ? std::u32string(U"{") : braced(part[1]);
        part.erase(0, 2);
      }
    }
    out += part;
    first = false;
  }
  return out;
}

// 2/3, whole numbers only and written as Python prints them.
std::u32string with_slash_fraction(const std::u32string& text) {
  static const Pattern fraction(R"(^(0|-?[1-9]\d*)/(0|-?[1-9]\d*)$)");
  Budget budget;
  Match match;
  if (text.empty() || text.back() == U'\n' || !fraction.search(text, match, budget)) return text;
  return U"\\frac{" + std::u32string(match.text(text, 1)) + U"}{" + std::u32string(match.text(text, 2)) + U"}";
}

std::u32string with_whole_operators(std::u32string text, Budget& budget) {
  static const std::array<Replacement, 7> kRepairs = {
      Replacement{Pattern(R"(\^\s?\((.*?)\))"), U"^{\\1}"},
      Replacement{Pattern(R"(sqrt\s?\((.*?)\))"), U"\\\\sqrt{\\1}"},
      Replacement{Pattern(R"(\\frac\s?(\d)\s?(\d+))"), U"\\\\frac{\\1}{\\2}"},
      Replacement{Pattern(R"(\\log_\s?(\d)\s?(\d+))"), U"\\\\log_{\\1}{\\2}"},
      Replacement{Pattern(R"(\\frac\s?{(.*?)}\s?(\d))"), U"\\\\frac{\\1}{\\2}"},
      Replacement{Pattern(R"(\\frac\s?(\d)\s?{(.*?)})"), U"\\\\frac{\\1}{\\2}"},
      Replacement{Pattern(R"(\\sqrt\s?(\d))"), U"\\\\sqrt{\\1}"}};
  for (const Replacement& repair : kRepairs) text = repair.pattern.replace(text, repair.with, budget);
  replace_all(text, U" sqrt", U"\\sqrt");
  return with_slash_fraction(with_whole_fractions(with_whole_roots(text)));
}

// --- boxes
bool has_separator(View text, Budget& budget) {
  static const Pattern separator(R"(\b(and|or)\b|,|;)");
  Match match;
  return separator.search(text, match, budget);
}

// Position of the brace that closes the one at `open`, before `end`; npos without one.
std::size_t closing_brace(View text, std::size_t open, std::size_t end) {
  int depth = 0;
  for (std::size_t i = open; i < end; ++i) {
    if (text[i] == U'{') ++depth;
    if (text[i] == U'}' && --depth == 0) return i;
  }
  return View::npos;
}

}  // namespace

std::u32string boxed_content(View text, bool last_only, Budget& budget) {
  constexpr std::size_t kMostBoxes = 1000;
  std::vector<std::u32string> found;
  std::size_t end = text.size();
  std::size_t later_start = View::npos;
  for (std::size_t count = 0; count < kMostBoxes; ++count) {
    budget.spend(static_cast<std::int64_t>(end) / 8 + 1);
    const auto before = [&](View what) {
      const std::size_t at = end < what.size() ? View::npos : text.rfind(what, end - what.size());
      return at;
    };
    const std::size_t boxed = before(U"\\boxed");
    const std::size_t fbox = before(U"\\fbox");
    if (boxed == View::npos && fbox == View::npos) break;
    const bool is_boxed = fbox == View::npos || (boxed != View::npos && boxed > fbox);
    const std::size_t start = is_boxed ? boxed : fbox;
    std::size_t open = start + (is_boxed ? 6 : 5);
    while (open < end && is_space(text[open])) ++open;
    if (open >= end) break;
    const std::size_t close = text[open] == U'{' ? closing_brace(text, open, end) : View::npos;
    if (close == View::npos) {
      // A box without an end is the last one, and all the rest is in it.
      if (found.empty()) found.emplace_back(text.substr(open));
      break;
    }
    const std::u32string content(strip(text.substr(open + 1, close - open - 1)));
    if (last_only && later_start != View::npos) {
      const View between = text.substr(close + 1, later_start - close - 1);
      const bool joined =
          between.size() < 10 || (found.back() != content && between.size() < 70 && has_separator(between, budget));
      if (!joined) break;
    }
    if (found.empty() || found.back() != content) found.push_back(content);
    later_start = start;
    end = start;
  }
  if (found.empty()) return std::u32string(text);
  std::u32string out;
  for (auto content = found.rbegin(); content != found.rend(); ++content) {
    if (content != found.rbegin()) out += U',';
    out += *content;
  }
  return out;
}

std::u32string normal_latex(View text, const NormalOptions& options, Budget& budget) {
  std::u32string out = without_units(basic(boxed_content(text, options.last_box, budget), budget), budget);
  if (options.nits) {
    if (out.starts_with(U'.')) out.insert(0, 1, U'0');
    if (out == U"0.5") out = U"\\frac{1}{2}";
  }
  if (options.malformed_operators) out = with_whole_operators(std::move(out), budget);
  return std::u32string(strip(out));
}

}  // namespace c2c::grading
