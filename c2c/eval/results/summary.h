// From samples to what a table says: one cell for each system, task and answer method.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "c2c/eval/results/run_info.h"
#include "c2c/eval/results/sample_result.h"
#include "c2c/eval/results/statistics.h"

namespace c2c {

struct SummaryOptions {
  std::string baseline;  // empty: the run's
  BootstrapOptions bootstrap;
  double significance = 0.05;
};

struct Estimate {
  double value = 0;
  Interval interval;
};

// Of one subject, subcategory or category.
struct GroupSummary {
  std::string name;
  std::int64_t count = 0, errors = 0;
  Estimate score;
};

struct CellSummary {
  std::string system, task, method;
  std::int64_t count = 0;              // samples; those with an error count as wrong
  std::int64_t errors = 0;             // samples that could not be evaluated
  std::int64_t unanswered = 0;         // samples of generate in which no answer was found
  Estimate score;                      // accuracy, or mean of the metric; cross_entropy: nats per token of the reply
  std::optional<Interval> wilson;      // of scores that are all 0 or 1
  std::optional<Estimate> score_norm;  // loglikelihood
  std::optional<Estimate> nats_per_byte;
  std::optional<double> chance;                                   // of guessing, where every sample has options
  std::vector<GroupSummary> subjects, subcategories, categories;  // by name
  // On the ids that both have; of cross-entropy: nats per byte, which do not depend on the tokenizer, and lower is
  // better.
  std::optional<PairedTest> against_baseline, against_control;
  bool not_claimed = false;  // better than the baseline, and not better than its control
  Distribution prompt_tokens, sharer_tokens, new_tokens, context_tokens;
  Distribution prefill_ms, fuse_ms, decode_ms, total_ms;  // of the samples without error

  bool is_cross_entropy() const { return method == "cross_entropy"; }
  // Of a test against another system: is this one better, and surely so?
  bool is_better(const std::optional<PairedTest>& test, double significance) const;
};

struct SummaryColumn {
  std::string task, method;
};

struct Summary {
  std::string baseline;
  std::vector<std::string> systems;    // rows of the table, in the run's order, then by name
  std::vector<SummaryColumn> columns;  // in the run's order of tasks, then by name
  std::vector<CellSummary> cells;      // by column, then system; a system without samples of a column has none
  std::vector<std::string> notes;      // what a reader of the table must know
  double significance = 0.05;
  const CellSummary* find(const std::string& system, const SummaryColumn& column) const;
};

Summary summarize(const std::vector<SampleResult>& results, const RunInfo& info, const SummaryOptions& options = {});
nlohmann::ordered_json to_json(const Summary& summary);

// Rows: systems. Columns: task and method; the interval in brackets. Then the notes. Markdown, or aligned plain text.
enum class TableStyle { kText, kMarkdown };
std::string summary_table(const Summary& summary, TableStyle style = TableStyle::kText);

}  // namespace c2c
