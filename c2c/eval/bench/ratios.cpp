#include <algorithm>
#include <functional>

#include "c2c/eval/bench/report.h"

namespace c2c::bench {
namespace {

constexpr const char* kOurs = "c2c";

const Row* find(const Report& report, const std::function<bool(const Row&)>& is_it) {
  const auto found = std::find_if(report.rows.begin(), report.rows.end(), is_it);
  return found == report.rows.end() ? nullptr : &*found;
}

Ratio ratio_of(const Row& row, const std::string& against, double value) {
  return {.what = row.what,
          .against = against,
          .weights = row.weights,
          .threads = row.threads,
          .prompt = row.prompt,
          .requests = row.requests,
          .value = value};
}

double quotient(double a, double b) {
  return b > 0 ? a / b : 0;
}

// Shares of what the machine can do, measured with as many threads; reading in the same turn where it was swept there.
void against_ceilings(const Report& report, const Row& row, std::vector<Ratio>& ratios) {
  const Row* const sweep =
      find(report, [&](const Row& other) { return other.what == kReadSweep && other.turn == row.turn; });
  if (row.bytes > 0 && sweep != nullptr && sweep->bytes_per_second() > 0)
    ratios.push_back(ratio_of(row, "read bandwidth", row.bytes_per_second() / sweep->bytes_per_second()));
  const auto found = std::find_if(report.ceilings.begin(), report.ceilings.end(),
                                  [&](const Ceilings& ceilings) { return ceilings.threads == row.threads; });
  if (found == report.ceilings.end()) return;
  if (row.bytes > 0 && sweep == nullptr && found->read_bytes_per_second > 0)
    ratios.push_back(ratio_of(row, "read bandwidth", row.bytes_per_second() / found->read_bytes_per_second));
  const double peak = found->gemm_peak(row.weights);
  if (row.flops > 0 && peak > 0) ratios.push_back(ratio_of(row, "GEMM peak", row.flops_per_second() / peak));
}

// Times of the same thing, taken in turn.
void against_rivals(const Report& report, const Row& row, std::vector<Ratio>& ratios) {
  for (const Row& rival : report.rows)
    if (rival.turn == row.turn && rival.what == row.what && rival.who != kOurs)
      ratios.push_back(ratio_of(row, rival.who, quotient(rival.samples.median(), row.samples.median())));
}

void against_ourselves(const Report& report, const Row& row, std::vector<Ratio>& ratios) {
  const auto compare = [&](const std::string& what, std::int64_t requests, const std::string& name) {
    const Row* const other = find(report, [&](const Row& candidate) {
      return candidate.turn == row.turn && candidate.what == what && candidate.requests == requests &&
             candidate.who == kOurs;
    });
    if (other != nullptr)
      ratios.push_back(ratio_of(row, name, quotient(row.tokens_per_second(), other->tokens_per_second())));
  };
  if (row.what == "c2c_answer") compare("text_to_text_answer", 1, "text-to-text");
  if (row.what == "requests" && row.requests > 1) compare("requests", 1, "one request");
  if (row.what == "requests_whole" && row.requests > 1) compare("requests_whole", 1, "one request");
  if (row.what == "second_question") compare("first_question", 1, "first question");
}

}  // namespace

double Row::tokens_per_second() const {
  return quotient(tokens, samples.median());
}
double Row::flops_per_second() const {
  return quotient(flops, samples.median());
}
double Row::bytes_per_second() const {
  return quotient(bytes, samples.median());
}

std::int64_t MemoryRow::bound_bytes() const {
  const double held = 1.15 * static_cast<double>(weight_bytes + cache_bytes);
  return static_cast<std::int64_t>(held) + baseline_bytes + (std::int64_t{100} << 20);
}

std::vector<Ratio> ratios_of(const Report& report) {
  std::vector<Ratio> ratios;
  for (const Row& row : report.rows) {
    if (row.who != kOurs) continue;
    against_ceilings(report, row, ratios);
    against_rivals(report, row, ratios);
    against_ourselves(report, row, ratios);
  }
  for (const MemoryRow& row : report.memory)
    ratios.push_back({.what = "peak_memory",
                      .against = "memory bound",
                      .weights = row.weights,
                      .prompt = row.prompt,
                      .value = quotient(static_cast<double>(row.peak_bytes), static_cast<double>(row.bound_bytes()))});
  return ratios;
}

}  // namespace c2c::bench
