// Options that a question's own text lists ("A. ...", "b) ...", "(C) ...") and what a reply looks like that names one:
// sets of OpenAI evals hold them as text only, and log-likelihood needs them one by one.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace c2c {

struct OptionLine {
  std::string line;  // "b) Paris"
  std::string text;  // "Paris"
  char letter;       // as written: 'b'
};

// The last run of lines with labels from A (or a) on; fewer than two: none.
std::vector<OptionLine> find_option_lines(std::string_view text);

struct NamedOption {
  std::size_t index = 0;             // which option the ideal names
  std::vector<std::string> replies;  // what the ideal would be for each of them
};
// How `ideal` names one of `lines`: its line, its text, or its letter with something around it ("[B]", "The answer is
// B"). replies is empty where it names none.
NamedOption name_option(const std::vector<OptionLine>& lines, std::string_view ideal);

}  // namespace c2c
