#include "c2c/eval/grading/math_extract.h"

#include <algorithm>

#include "c2c/base/utf8.h"
#include "c2c/eval/grading/latex_normal.h"
#include "c2c/eval/grading/latex_parser.h"
#include "c2c/eval/grading/math_patterns.h"
#include "c2c/eval/grading/plain_parser.h"

namespace c2c::grading {
namespace {

using View = std::u32string_view;

struct Source {
  const std::vector<RankedPattern>* patterns;
  bool latex;
  NormalOptions normal;
};

struct Candidate {
  Match match;
  const Pattern* pattern;
  const Source* source;
};

// Mentions of i, of the complex numbers and of matrix functions: symbols are then not taken for real.
bool is_complex(View latex, Budget& budget) {
  static const Pattern pattern(
      R"(\\mathbb\{C\}|\\i\b|\bi\b|\\text\{i\}|\\mathrm\{i\}|\\imath\b|\\det|\\operatorname\{tr\}|\\operatorname\{rank\}|)"
      R"(\\text\{rank\}|\\arg\{|\\Re\{|\\Im\{|\\operatorname\{Re\}|\\operatorname\{Im\}|\\text\{Re\}|\\text\{Im\})");
  Match match;
  return pattern.search(latex, match, budget);
}

// Past the last of several equals signs, in text without commas.
View last_side(View latex, Budget& budget) {
  if (latex.find(U',') != View::npos || latex.find(U';') != View::npos) return latex;
  static const Pattern equals(R"((?<!\\|\<|\!|\>)=)");
  const std::vector<Match> found = equals.find_all(latex, budget);
  return found.size() > 1 ? latex.substr(found.back().end()) : latex;
}

Extraction from_latex(const Match& match, const Pattern& pattern, View text, const Source& source, Budget& budget) {
  // Names come as first_latex..., first_percent, next1_latex..., next1_percent, ...
  Exprs values;
  std::vector<std::u32string> texts;
  bool all_parsed = true;
  const auto& names = pattern.names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto& [name, group] = names[i];
    if (name.find("_latex") == std::string::npos || match.text(text, group).empty()) continue;
    const std::string percent = name.substr(0, name.find('_')) + "_percent";
    const auto percent_group =
        std::find_if(names.begin(), names.end(), [&](const auto& n) { return n.first == percent; });
    const bool is_percent = percent_group != names.end() && match.has(percent_group->second);
    NormalOptions normal = source.normal;
    normal.last_box = name == "first_latexBoxed";
    texts.push_back(normal_latex(match.text(text, group), normal, budget));
    Expr value = parse_normal_latex(texts.back(), budget);
    all_parsed = all_parsed && value;
    values.push_back(value && is_percent ? percent_expr(value) : value);
  }
  if (texts.empty()) return {};
  if (texts.size() == 1 || !all_parsed) return {values[0], to_utf8(texts[0])};
  Exprs elements;
  std::u32string joined;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool is_set = values[i]->is(Kind::kSet);
    elements.insert(elements.end(), is_set ? values[i]->args.begin() : values.begin() + static_cast<std::ptrdiff_t>(i),
                    is_set ? values[i]->args.end() : values.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    joined += (i == 0 ? U"" : U" and ") + texts[i];
  }
  return {set_expr(elements), to_utf8(joined)};
}

Extraction from_plain(const Match& match, const Pattern& pattern, View text, Budget& budget) {
  std::u32string integer, decimal, expression;
  bool percent = false;
  for (const auto& [name, group] : pattern.names()) {
    const View part = match.text(text, group);
    if (part.empty()) continue;
    if (name.starts_with("integer") && integer.empty()) integer = part;
    if (name.starts_with("decimal") && decimal.empty()) decimal = part;
    if (name == "percent") percent = true;
    if (name == "expr") expression = part;
  }
  if (integer.empty() && decimal.empty()) {
    std::replace(expression.begin(), expression.end(), U'\n', U' ');
    Extraction out{nullptr, to_utf8(match.text(text, pattern.names()[0].second))};
    try {
      out.value = parse_plain(expression, budget);
    } catch (const ParseFailed&) {
      // the text stands alone
    }
    return out;
  }
  std::erase_if(integer, [](char32_t c) { return c == U',' || c == U' '; });
  integer.erase(0, std::min(integer.find_first_not_of(U'0'), integer.size()));
  if (integer.empty()) integer = U"0";
  std::replace(decimal.begin(), decimal.end(), U',', U'.');
  const std::string number = to_utf8(integer + decimal);
  Extraction out{nullptr, number};
  try {
    if (const auto value = Rational::from_decimal(number)) {
      out.value = number_expr(*value, !decimal.empty());
      if (percent) out.value = percent_expr(out.value);
    }
  } catch (const TooLarge&) {
    // the text stands alone
  }
  return out;
}

// The candidates of one priority, the one that ends last first, of those the longest.
std::vector<Candidate> candidates(View text, const std::vector<Source>& sources, int priority, Budget& budget) {
  std::vector<Candidate> out;
  for (const Source& source : sources)
    for (const RankedPattern& ranked : *source.patterns)
      if (ranked.priority == priority)
        for (Match& match : ranked.pattern.find_all(text, budget))
          out.push_back({std::move(match), &ranked.pattern, &source});
  std::stable_sort(out.begin(), out.end(), [](const Candidate& a, const Candidate& b) {
    if (a.match.end() != b.match.end()) return a.match.end() > b.match.end();
    return a.match.begin() < b.match.begin();
  });
  return out;
}

Extraction extract(View text, const std::vector<Source>& sources, bool first_only, Budget& budget) {
  Extraction out;
  for (const int priority : {0, 50, 100, 200, 300}) {
    for (const Candidate& candidate : candidates(text, sources, priority, budget)) {
      const Source& source = *candidate.source;
      const Extraction one = source.latex ? from_latex(candidate.match, *candidate.pattern, text, source, budget)
                                          : from_plain(candidate.match, *candidate.pattern, text, budget);
      if (!out.text && one.text && !one.text->empty()) out.text = one.text;
      out.value = one.value;
      if (out.value || first_only) return out;
    }
  }
  return out;
}

const std::vector<RankedPattern>& plain() {
  static const std::vector<RankedPattern> patterns = plain_patterns();
  return patterns;
}

}  // namespace

Expr parse_normal_latex(View latex, Budget& budget) {
  constexpr std::size_t kLongest = 4000;
  if (latex.size() > kLongest) return nullptr;
  try {
    return parse_latex(latex, !is_complex(latex, budget), budget);
  } catch (const ParseFailed&) {
    // the last side of a chain of equations may parse
  }
  const View last = last_side(latex, budget);
  if (last.size() == latex.size()) return nullptr;
  try {
    return parse_latex(last, !is_complex(last, budget), budget);
  } catch (const ParseFailed&) {
    return nullptr;
  }
}

Extraction extract_reply(View reply, Budget& budget) {
  static const std::vector<RankedPattern> latex = latex_patterns(true, 0);
  return extract(reply, {{&latex, true, {}}, {&plain(), false, {}}}, true, budget);
}
Extraction extract_latex_truth(View truth, Budget& budget) {
  static const std::vector<RankedPattern> latex = latex_patterns(false, 50);
  return extract(truth, {{&latex, true, {.nits = true, .malformed_operators = true}}}, false, budget);
}
Extraction extract_number_truth(View truth, Budget& budget) {
  return extract(truth, {{&plain(), false, {}}}, false, budget);
}

}  // namespace c2c::grading
