// LongBench's scores, each from 0 to 1, as its metrics.py and eval.py (THUDM/LongBench, 2024) define them.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "c2c/eval/grading/chinese_words.h"

namespace c2c::grading {

enum class LongBenchMetric {
  kQaF1,
  kQaF1Chinese,
  kRouge,
  kRougeChinese,
  kClassification,
  kRetrieval,
  kRetrievalChinese,
  kCount,
  kCodeSimilarity,
};

// By a task's name, with or without the "_e" of LongBench-E; nothing for a name that is not one of the 21.
std::optional<LongBenchMetric> longbench_metric(std::string_view task);
// "qa_f1", "qa_f1_zh", "rouge", "rouge_zh", "classification", "retrieval", "retrieval_zh", "count", "code_sim".
std::string_view longbench_metric_name(LongBenchMetric metric);
// Whether the metric counts Chinese words and so depends on `words` below.
bool longbench_uses_words(LongBenchMetric metric);

struct LongBenchContext {
  std::span<const std::string> classes;  // all_classes of the row; kClassification only
  const ChineseWords* words = nullptr;   // null: cut_characters, whose scores differ from published ones
};

// One prediction against one answer. Throws kInput where a retrieval answer names no paragraph.
double longbench_score(LongBenchMetric metric, std::string_view prediction, std::string_view answer,
                       const LongBenchContext& context = {});

// As eval.py scores a sample: the best over its answers (0 for none), the first line only for trec, triviaqa, samsum
// and lsht. Throws kUsage for an unknown task.
double longbench_sample_score(std::string_view task, std::string_view prediction, std::span<const std::string> answers,
                              const LongBenchContext& context = {});

}  // namespace c2c::grading
