// The normalisations of SQuAD-like scores, shared by LongBench and PyPI `evals`.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace c2c::grading {

// Lower case, without ASCII punctuation, articles (a, an, the) and extra white space.
std::u32string normal_answer(std::u32string_view text);
// Lower case, without ASCII and Chinese punctuation and without any white space.
std::u32string normal_chinese_answer(std::u32string_view text);

// Harmonic mean of precision and recall over the tokens both have, each as often as both have it; 0 for none.
double token_f1(std::vector<std::u32string> prediction, std::vector<std::u32string> truth);

}  // namespace c2c::grading
