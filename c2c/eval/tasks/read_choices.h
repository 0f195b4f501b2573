// What readers of multiple-choice rows share.
#pragma once
#include <string>

#include "c2c/eval/tasks/benchmark.h"

namespace c2c {

// 0 for "A"; nothing for a text that is not one capital letter.
std::optional<std::int64_t> letter_index(const std::string& text);
std::string letter_of(std::int64_t index);

// Takes the options and checks their number: 2 to 26.
void set_options(RowDraft& draft, std::vector<std::string> options, const std::string& field);
// The right option. Throws FieldProblem, naming `field` and what it said (`found`), where there is no such option.
void set_answer(RowDraft& draft, std::int64_t index, const std::string& field, const std::string& found);

}  // namespace c2c
