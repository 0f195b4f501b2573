// ROUGE-L over sentences and words, as PyPI rouge 1.0.1 computes it.
#pragma once
#include <string_view>

namespace c2c::grading {

// F of rouge-l: sentences end at '.', words at white space, the union of the longest common subsequences as sets of
// different words. 0 where either has no sentence. Only the first 16,384 words of each are read.
double rouge_l(std::u32string_view prediction, std::u32string_view truth);

}  // namespace c2c::grading
