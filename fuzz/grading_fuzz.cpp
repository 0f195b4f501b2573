// Graders of replies: the first byte picks one, the rest is the reply and, after a line feed of its own, the truth.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "c2c/base/error.h"
#include "c2c/eval/grading/ideals.h"
#include "c2c/eval/grading/judge_verdict.h"
#include "c2c/eval/grading/letters.h"
#include "c2c/eval/grading/longbench.h"
#include "c2c/eval/grading/math.h"
#include "c2c/eval/grading/numbers.h"

namespace {

void grade(std::uint8_t which, std::string_view reply, const std::string& truth) {
  using namespace c2c::grading;
  const Mode mode = (which & 1) != 0 ? Mode::kFixed : Mode::kExact;
  switch (which / 2 % 6) {
    case 0:
      grade_math(reply, truth, MathTruth::kLatex, mode);
      grade_math("Answer: $" + std::string(reply) + "$", truth, MathTruth::kLatex, mode);
      break;
    case 1:
      grade_math(reply, truth, MathTruth::kNumber, mode);
      gsm8k_truth(reply, mode);
      same_number(reply, truth);
      break;
    case 2:
      extract_letter(reply, mode, 10);
      read_verdict(reply);
      grade_math(reply, truth, MathTruth::kLetter, mode);
      break;
    case 3:
      for (int metric = 0; metric <= static_cast<int>(LongBenchMetric::kCodeSimilarity); ++metric) {
        const std::vector<std::string> classes = {truth};
        longbench_score(static_cast<LongBenchMetric>(metric), reply, truth, {.classes = classes});
      }
      break;
    case 4:
      ChineseWords(reply, truth).cut(U"北京 abc 3.5% 大学");
      break;
    default:
      same_math(truth, reply);
      judge_ideals(reply, std::vector<std::string>{truth}, IdealMatch::kFuzzy);
      break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t feed = text.find('\n');
  const std::string truth(feed == std::string_view::npos ? text : text.substr(feed + 1));
  try {
    grade(data[0], text.substr(0, feed), truth);
  } catch (const c2c::Error& error) {
    if (error.kind() == c2c::ErrorKind::kInternal) throw;
  }
  return 0;
}
