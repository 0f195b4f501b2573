#include "c2c/eval/tasks/read_gpqa.h"

#include <algorithm>

#include "c2c/eval/tasks/md5.h"
#include "c2c/eval/tasks/read_choices.h"
#include "c2c/train/data/extract.h"
#include "c2c/train/data/python_random.h"

namespace c2c {
namespace {

// The revised column where it says something.
std::string pick(const RowFields& row, const std::string& field) {
  const std::string revised = "Extra Revised " + field;
  if (row.has(revised))
    if (std::string text = row.text(revised); !stripped(text).empty()) return text;
  return row.text(field);
}

}  // namespace

std::uint32_t gpqa_seed(const std::array<std::string, 5>& texts) {
  std::string joined = texts[0];
  for (std::size_t i = 1; i < texts.size(); ++i) joined += "||" + texts[i];
  const auto digest = md5_of(joined);  // a big-endian number: its last four bytes are what is left mod 2^32
  std::uint32_t seed = 0;
  for (std::size_t i = 12; i < 16; ++i) seed = seed << 8 | digest[i];
  return seed;
}

std::array<int, 4> gpqa_order(std::uint32_t seed) {
  std::vector<int> order = {0, 1, 2, 3};
  PythonRandom(seed).shuffle(order);
  return {order[0], order[1], order[2], order[3]};
}

RowDraft read_gpqa(const RowFields& row, const RowContext&) {
  std::array<std::string, 5> texts = {pick(row, "Question"), pick(row, "Correct Answer"),
                                      pick(row, "Incorrect Answer 1"), pick(row, "Incorrect Answer 2"),
                                      pick(row, "Incorrect Answer 3")};
  const std::array<int, 4> order = gpqa_order(gpqa_seed(texts));
  RowDraft draft;
  draft.sample.question = texts[0];
  std::vector<std::string> options;
  for (const int index : order) options.push_back(texts[static_cast<std::size_t>(index) + 1]);
  // The first of equal texts, as list.index finds it.
  const auto right = std::find(options.begin(), options.end(), texts[1]) - options.begin();
  set_options(draft, std::move(options), "Correct Answer");
  set_answer(draft, right, "Correct Answer", show_text(texts[1]));
  draft.sample.category = row.text_or("High-level domain", "");
  return draft;
}

}  // namespace c2c
