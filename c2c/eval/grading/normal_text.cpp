#include "c2c/eval/grading/normal_text.h"

#include <algorithm>

#include "c2c/eval/grading/characters.h"

namespace c2c::grading {
namespace {

bool is_ascii_punctuation(char32_t c) {
  return (c >= 0x21 && c <= 0x2F) || (c >= 0x3A && c <= 0x40) || (c >= 0x5B && c <= 0x60) || (c >= 0x7B && c <= 0x7E);
}

bool is_chinese_punctuation(char32_t c) {
  constexpr std::u32string_view kPunctuation =
      U"！？｡。＂＃＄％＆＇（）＊＋，－／：；＜＝＞＠［＼］＾＿｀｛｜｝～｟｠｢｣､、〃》「」『』【】〔〕〖〗〘〙〚〛〜〝"
      U"〞〟〰〾〿"
      U"–—‘’‛“”„‟…‧﹏.";
  return kPunctuation.find(c) != std::u32string_view::npos;
}

bool is_article(std::u32string_view word) {
  return word == U"a" || word == U"an" || word == U"the";
}

}  // namespace

std::u32string normal_answer(std::u32string_view text) {
  std::u32string small = lower(text);
  std::erase_if(small, is_ascii_punctuation);
  // Runs of word characters that are articles become a space each.
  std::u32string open;
  for (std::size_t i = 0; i < small.size();) {
    std::size_t end = i;
    while (end < small.size() && is_word(small[end])) ++end;
    const std::u32string_view word = std::u32string_view(small).substr(i, end - i);
    if (is_article(word)) {
      open += U' ';
    } else {
      open += word;
    }
    if (end < small.size()) open += small[end++];
    i = end;
  }
  std::u32string out;
  for (const std::u32string& word : split(open)) {
    if (!out.empty()) out += U' ';
    out += word;
  }
  return out;
}

std::u32string normal_chinese_answer(std::u32string_view text) {
  std::u32string out = lower(text);
  std::erase_if(out, [](char32_t c) { return is_ascii_punctuation(c) || is_chinese_punctuation(c) || is_space(c); });
  return out;
}

double token_f1(std::vector<std::u32string> prediction, std::vector<std::u32string> truth) {
  std::sort(prediction.begin(), prediction.end());
  std::sort(truth.begin(), truth.end());
  std::vector<std::u32string> both;
  std::set_intersection(prediction.begin(), prediction.end(), truth.begin(), truth.end(), std::back_inserter(both));
  if (both.empty()) return 0;
  const double same = static_cast<double>(both.size());
  const double precision = same / static_cast<double>(prediction.size());
  const double recall = same / static_cast<double>(truth.size());
  return 2 * precision * recall / (precision + recall);
}

}  // namespace c2c::grading
