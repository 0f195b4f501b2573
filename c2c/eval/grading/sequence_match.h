// difflib.SequenceMatcher(None, a, b).ratio() of Python: what fuzzywuzzy's ratio is made of where python-Levenshtein is
// not installed, as LongBench's requirements leave it.
#pragma once
#include <string_view>

namespace c2c::grading {

// 2 x matching characters / all characters, 1 for two empty texts. Only the first 5,000 characters of each are read.
double sequence_ratio(std::u32string_view a, std::u32string_view b);
// fuzzywuzzy.fuzz.ratio: a whole number from 0 to 100; 0 where one text is empty and the other is not.
int fuzzy_ratio(std::u32string_view a, std::u32string_view b);

}  // namespace c2c::grading
