#include "c2c/eval/grading/fixed_letters.h"

#include <algorithm>
#include <string>

#include "c2c/eval/grading/characters.h"
#include "c2c/eval/grading/pattern.h"

namespace c2c::grading {
namespace {

using View = std::u32string_view;

// Words that announce an answer, with what "answer" is called in the languages of MMMLU and C-Eval.
constexpr View kStrongCues[] = {U"answer",    U"answers", U"response", U"correct",  U"jibu",     U"sahihi",
                                U"respuesta", U"réponse", U"antwort",  U"risposta", U"resposta", U"jawaban",
                                U"ìdáhùn",    U"idahun",  U"答案",     U"答え",     U"正解",     U"回答",
                                U"정답",      U"الإجابة", U"উত্তর",     U"उत्तर",     U"\\boxed"};
constexpr View kWeakCues[] = {U"option", U"choice", U"opción", U"opção", U"opzione", U"选", U"選択肢", U"chaguo"};

// What may stand between such a word and its letter.
constexpr View kFillers[] = {U"is",         U"was",       U"would",    U"be",      U"should",   U"must",     U"the",
                             U"option",     U"choice",    U"letter",   U"answer",  U"correct",  U"best",     U"most",
                             U"likely",     U"therefore", U"thus",     U"to",      U"this",     U"question", U"final",
                             U"my",         U"your",      U"lako",     U"sahihi",  U"ni",       U"es",       U"est",
                             U"ist",        U"è",         U"é",        U"adalah",  U"la",       U"le",       U"die",
                             U"correcta",   U"correct",   U"response", U"clearly", U"probably", U"right",    U"one",
                             U"definitely", U"simply",    U"just",     U"indeed",  U"likely"};

// What may follow a capital A or I that is a letter and no word.
constexpr View kAfterLetter[] = {U"or",  U"because",   U"since", U"as",    U"is",   U"which", U"for",
                                 U"due", U"based",     U"and",   U"but",   U"so",   U"with",  U"from",
                                 U"in",  U"according", U"would", U"seems", U"looks"};

template <std::size_t N>
bool is_one_of(View word, const View (&words)[N]) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

// Scripts without spaces between words leave no boundary beside a letter.
bool joins(char32_t c) {
  return is_word(c) && c < 0x2E80;
}

class Reader {
 public:
  Reader(View text, int options) : text_(text), small_(lower(text)), options_(options) {}

  std::optional<char> read() const {
    if (const auto letter = announced(kStrongCues, true)) return letter;
    if (const auto letter = whole()) return letter;
    if (const auto letter = announced(kWeakCues, false)) return letter;
    if (const auto letter = leading()) return letter;
    return last();
  }

 private:
  char32_t at(std::size_t i) const { return i < text_.size() ? text_[i] : U'\0'; }
  std::optional<char> letter_of(char32_t c) const {
    const char32_t big = c >= U'a' && c <= U'z' ? c - 32 : c;
    if (big < U'A' || big >= U'A' + static_cast<char32_t>(options_)) return std::nullopt;
    return static_cast<char>(big);
  }
  bool alone(std::size_t i) const { return (i == 0 || !joins(text_[i - 1])) && !joins(at(i + 1)); }

  // The run of lower-cased word characters at `i`.
  View word_at(std::size_t i) const {
    std::size_t end = i;
    while (end < small_.size() && joins(small_[end])) ++end;
    budget_.spend(static_cast<std::int64_t>(end - i) + 1);
    return View(small_).substr(std::min(i, small_.size()), end - i);
  }
  std::size_t skip_spaces(std::size_t i) const {
    const std::size_t begin = i;
    while (i < text_.size() && is_space(text_[i])) ++i;
    budget_.spend(static_cast<std::int64_t>(i - begin) + 1);
    return i;
  }

  // "A dog", "I think": a capital that is a word of English.
  bool is_article(std::size_t i) const {
    if (text_[i] != U'A' && text_[i] != U'I' && text_[i] != U'a') return false;
    if (text_[i] == U'I' && (at(i + 1) == U'\'' || at(i + 1) == U'’')) return true;
    const std::size_t next = skip_spaces(i + 1);
    if (next == i + 1 || next >= text_.size() || !joins(text_[next])) return false;
    for (std::size_t k = i + 1; k < next; ++k)
      if (text_[k] == U'\n') return false;
    return !is_one_of(word_at(next), kAfterLetter);
  }

  // "A/B/C/D", "A or B": the prompt's own list, or no decision.
  bool is_list(std::size_t i) const {
    std::size_t next = skip_spaces(i + 1);
    if (at(next) == U'/' || at(next) == U'|') {
      next = skip_spaces(next + 1);
    } else if (word_at(next) == U"or") {
      next = skip_spaces(next + 2);
    } else {
      return false;
    }
    return next < text_.size() && letter_of(text_[next]) && !joins(at(next + 1));
  }

  bool ends_list(std::size_t i) const {
    std::size_t before = i;
    while (before > 0 && is_space(text_[before - 1])) --before;
    if (before > 0 && (text_[before - 1] == U'/' || text_[before - 1] == U'|')) return true;
    if (word_before(i) != U"or" || before < 4) return false;
    std::size_t letter = before - 3;
    while (letter > 0 && is_space(text_[letter])) --letter;
    return letter_of(text_[letter]) && alone(letter);
  }

  View word_before(std::size_t i) const {
    std::size_t end = i;
    while (end > 0 && !joins(text_[end - 1]) && text_[end - 1] != U'\n') --end;
    std::size_t begin = end;
    while (begin > 0 && joins(text_[begin - 1])) --begin;
    budget_.spend(static_cast<std::int64_t>(i - begin) + 1);
    return View(small_).substr(begin, end - begin);
  }
  bool negated(std::size_t i) const { return word_before(i) == U"not"; }

  // Beside a sign of arithmetic a letter is a variable. A hyphen counts only between spaces and one-character
  // operands: not in "self-evident: B" nor in a list of "- B".
  bool in_formula(std::size_t i) const {
    const auto sign = [](char32_t c) {
      return c == U'+' || c == U'=' || c == U'^' || c == U'/' || c == U'<' || c == U'>';
    };
    std::size_t before = i;
    while (before > 0 && text_[before - 1] == U' ') --before;
    std::size_t after = i + 1;
    while (at(after) == U' ') ++after;
    if (sign(at(after)) || (before > 0 && sign(text_[before - 1]))) return true;
    if (at(after) == U'-' && after > i + 1 && at(after + 1) == U' ' && is_operand(skip_spaces(after + 1))) return true;
    return before >= 3 && before < i && text_[before - 1] == U'-' && text_[before - 2] == U' ' &&
           joins(text_[before - 3]) && (before == 3 || !joins(text_[before - 4]));
  }
  // "x - B" is arithmetic, "B - Paris" is not.
  bool is_operand(std::size_t i) const {
    const View word = word_at(i);
    return word.size() == 1 || (!word.empty() && is_ascii_digit(word.front()));
  }

  bool is_candidate(std::size_t i) const {
    return text_[i] < 0x80 && letter_of(text_[i]) && text_[i] < U'a' && alone(i) && !is_article(i) && !in_formula(i);
  }

  // Past marks, LaTeX wrappers and filler words.
  std::size_t skip_fillers(std::size_t i) const {
    constexpr View kMarks = U":：=*_\"'“”‘’([{（「【$>`#";
    constexpr View kWrappers[] = {U"\\boxed{", U"\\text{", U"\\mathrm{", U"\\textbf{", U"\\mathbf{", U"\\(", U"\\["};
    while (i < text_.size()) {
      budget_.spend();
      if (is_space(text_[i]) || kMarks.find(text_[i]) != View::npos) {
        ++i;
        continue;
      }
      const auto wrapper = std::find_if(std::begin(kWrappers), std::end(kWrappers),
                                        [&](View w) { return text_.substr(i, w.size()) == w; });
      if (wrapper != std::end(kWrappers)) {
        i += wrapper->size();
      } else if (const View word = word_at(i); word.size() > 1 && is_one_of(word, kFillers)) {
        i += word.size();
      } else if (text_[i] == U'是' || text_[i] == U'为' || text_[i] == U'は' || text_[i] == U'择' ||
                 text_[i] == U'은') {
        ++i;
      } else {
        break;
      }
    }
    return i;
  }

  // A letter right after a cue: small ones too, where nothing but a mark follows.
  std::optional<char> letter_at(std::size_t i) const {
    if (i >= text_.size() || !letter_of(text_[i]) || !alone(i) || is_list(i) || is_article(i)) return std::nullopt;
    if (text_[i] >= U'a') {
      const std::size_t next = skip_spaces(i + 1);
      bool line_ends = next >= text_.size();
      for (std::size_t k = i + 1; k < next; ++k) line_ends = line_ends || text_[k] == U'\n';
      if (!line_ends && View(U".,;:!?)]}*\"'").find(at(i + 1)) == View::npos) return std::nullopt;
    }
    return letter_of(text_[i]);
  }

  std::optional<char> after_cue(std::size_t i, bool rest_of_line) const {
    i = skip_fillers(i);
    if (const auto letter = letter_at(i)) return letter;
    if (!rest_of_line) return std::nullopt;
    constexpr std::size_t kReach = 100;
    for (const std::size_t end = std::min(text_.size(), i + kReach); i < end && text_[i] != U'\n'; ++i) {
      if (text_[i] == U'.' && is_space(at(i + 1))) break;
      if (is_candidate(i) && !negated(i)) return is_list(i) ? std::nullopt : letter_of(text_[i]);
    }
    return std::nullopt;
  }

  // The last cue that a letter follows; for strong cues also "B is correct".
  template <std::size_t N>
  std::optional<char> announced(const View (&cues)[N], bool rest_of_line) const {
    for (std::size_t i = text_.size(); i-- > 0;) {
      if (rest_of_line && is_candidate(i) && followed_by_is_correct(i)) return letter_of(text_[i]);
      for (const View cue : cues) {
        if (View(small_).substr(i, cue.size()) != cue || small_.size() != text_.size()) continue;
        const bool latin = joins(cue.front());
        if (latin && ((i > 0 && joins(text_[i - 1])) || joins(at(i + cue.size())))) continue;
        if (const auto letter = after_cue(i + cue.size(), rest_of_line)) return letter;
      }
    }
    return std::nullopt;
  }
  bool followed_by_is_correct(std::size_t i) const {
    std::size_t next = i + 1;
    while (next < text_.size() && View(U")]*\"' ").find(text_[next]) != View::npos) ++next;
    if (word_at(next) != U"is") return false;
    next = skip_spaces(next + 2);
    if (word_at(next) == U"the") next = skip_spaces(next + 3);
    const View word = word_at(next);
    return word == U"correct" || word == U"right" || word == U"best";
  }

  // Nothing but a letter and marks.
  std::optional<char> whole() const {
    std::size_t found = text_.size();
    for (std::size_t i = 0; i < text_.size(); ++i) {
      if (!is_word(text_[i])) continue;
      if (found < text_.size()) return std::nullopt;
      found = i;
    }
    return found < text_.size() ? letter_of(text_[found]) : std::nullopt;
  }

  // "B. Paris" or "(B) because": one line, not a list of them, starts with a letter and a mark.
  std::optional<char> leading() const {
    std::optional<char> out;
    int lines = 0;
    for (std::size_t line = 0; line < text_.size();) {
      std::size_t i = line;
      while (i < text_.size() && (text_[i] == U' ' || text_[i] == U'(' || text_[i] == U'*' || text_[i] == U'[')) ++i;
      if (i < text_.size() && text_[i] < U'a' && letter_of(text_[i]) && alone(i) &&
          View(U".):*]").find(at(i + 1)) != View::npos && at(i + 1) != U'\0') {
        ++lines;
        if (line == 0) out = letter_of(text_[i]);
      }
      const std::size_t end = text_.find(U'\n', line);
      line = end == View::npos ? text_.size() : end + 1;
    }
    return lines == 1 ? out : std::nullopt;
  }

  std::optional<char> last() const {
    for (std::size_t i = text_.size(); i-- > 0;) {
      if (!is_candidate(i) || negated(i)) continue;
      if (is_list(i) || ends_list(i)) continue;
      return letter_of(text_[i]);
    }
    return std::nullopt;
  }

  View text_;
  std::u32string small_;
  int options_;
  mutable Budget budget_;
};

// What a reasoning model says before its answer is not its answer.
View after_thinking(View text) {
  constexpr View kEnd = U"</think>";
  const std::size_t end = text.rfind(kEnd);
  if (end == View::npos) return text;
  const View rest = strip(text.substr(end + kEnd.size()));
  return rest.empty() ? text : rest;
}

}  // namespace

std::optional<char> fixed_letter(View text, int options) {
  text = strip(after_thinking(strip(text)));
  if (text.empty()) return std::nullopt;
  return Reader(text, options).read();
}

}  // namespace c2c::grading
