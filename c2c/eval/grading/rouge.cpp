#include "c2c/eval/grading/rouge.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "c2c/eval/grading/characters.h"

namespace c2c::grading {
namespace {

using Sentence = std::vector<std::uint32_t>;  // numbers of words

class Vocabulary {
 public:
  // Pieces between full stops that are not empty; one of white space only holds the empty word.
  std::vector<Sentence> sentences(std::u32string_view text) {
    constexpr std::size_t kMostWords = 16'384;
    std::vector<Sentence> out;
    std::size_t words = 0;
    for (std::size_t begin = 0; begin <= text.size() && words < kMostWords;) {
      const std::size_t end = std::min(text.find(U'.', begin), text.size());
      if (end > begin) {
        Sentence sentence;
        for (const std::u32string& word : split(text.substr(begin, end - begin))) {
          if (words++ >= kMostWords) break;
          sentence.push_back(number(word));
        }
        if (sentence.empty()) sentence.push_back(number(U""));
        out.push_back(std::move(sentence));
      }
      begin = end + 1;
    }
    return out;
  }

 private:
  std::uint32_t number(const std::u32string& word) {
    return numbers_.try_emplace(word, static_cast<std::uint32_t>(numbers_.size())).first->second;
  }
  std::unordered_map<std::u32string, std::uint32_t> numbers_;
};

std::size_t different_words(const std::vector<Sentence>& sentences) {
  std::set<std::uint32_t> words;
  for (const Sentence& sentence : sentences) words.insert(sentence.begin(), sentence.end());
  return words.size();
}

// Adds the words of a longest common subsequence of `x` and `y`; of several the one the package walks back to.
void add_common(const Sentence& x, const Sentence& y, std::set<std::uint32_t>& words) {
  enum Step : std::uint8_t { kBoth, kX, kY };
  const std::size_t width = y.size();
  std::vector<std::uint8_t> steps(x.size() * width);
  std::vector<std::uint32_t> above(width + 1, 0), row(width + 1, 0);
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t j = 0; j < width; ++j) {
      if (x[i] == y[j]) {
        row[j + 1] = above[j] + 1;
        steps[i * width + j] = kBoth;
      } else {
        row[j + 1] = std::max(above[j + 1], row[j]);
        steps[i * width + j] = above[j + 1] > row[j] ? kX : kY;
      }
    }
    above.swap(row);
  }
  for (std::size_t i = x.size(), j = width; i > 0 && j > 0;) {
    const std::uint8_t step = steps[(i - 1) * width + j - 1];
    if (step == kBoth) words.insert(x[i - 1]);
    if (step != kY) --i;
    if (step != kX) --j;
  }
}

}  // namespace

double rouge_l(std::u32string_view prediction, std::u32string_view truth) {
  Vocabulary vocabulary;
  const std::vector<Sentence> said = vocabulary.sentences(prediction);
  const std::vector<Sentence> wanted = vocabulary.sentences(truth);
  if (said.empty() || wanted.empty()) return 0;
  std::set<std::uint32_t> common;
  for (const Sentence& x : wanted)
    for (const Sentence& y : said) add_common(x, y, common);
  const auto both = static_cast<double>(common.size());
  const double recall = both / static_cast<double>(different_words(wanted));
  const double precision = both / static_cast<double>(different_words(said));
  return 2.0 * ((precision * recall) / (precision + recall + 1e-8));
}

}  // namespace c2c::grading
