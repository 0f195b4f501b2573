#include "c2c/infer/generate/generate.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <chrono>

#include "c2c/base/error.h"
#include "c2c/infer/generate/growing_row.h"

namespace c2c {
namespace {

std::vector<GrowingRow> start_rows(std::size_t count, const std::vector<std::vector<std::int64_t>>& prompts,
                                   const GenerateOptions& options) {
  C2C_CHECK(prompts.empty() || prompts.size() == count, "generate: one prompt per row of logits, or none");
  C2C_CHECK(options.row_seeds.empty() || options.row_seeds.size() == count, "generate: one seed per row, or none");
  std::vector<GrowingRow> rows;
  for (std::size_t r = 0; r < count; ++r) {
    std::optional<std::uint64_t> seed = options.sampling.seed;
    if (seed) *seed += r;
    if (!options.row_seeds.empty()) seed = options.row_seeds[r];
    static const std::vector<std::int64_t> kNoPrompt;
    rows.emplace_back(options, prompts.empty() ? kNoPrompt : prompts[r], seed);
  }
  return rows;
}

}  // namespace

std::vector<GeneratedRow> generate(const at::Tensor& first_logits,
                                   const std::vector<std::vector<std::int64_t>>& prompts, const Step& step,
                                   const GenerateOptions& options, const OnToken& on_token, GenerateTiming* timing) {
  C2C_CHECK(first_logits.dim() == 2, "generate: first_logits is (B, V)");
  const at::NoGradGuard no_grad;
  std::vector<GrowingRow> rows = start_rows(static_cast<std::size_t>(first_logits.size(0)), prompts, options);
  const auto is_running = [](const GrowingRow& row) { return row.is_running(); };
  std::chrono::steady_clock::time_point first_done;
  std::int64_t steps = 0;
  at::Tensor logits = first_logits;
  for (bool first = true; std::any_of(rows.begin(), rows.end(), is_running); first = false) {
    if (!first) {
      std::vector<std::int64_t> ids;
      for (const GrowingRow& row : rows) ids.push_back(row.is_running() ? row.last_id() : options.pad_id);
      logits = step(at::tensor(ids, at::kLong).to(first_logits.device()));
      ++steps;
    }
    for (std::size_t r = 0; r < rows.size(); ++r) {
      if (!rows[r].is_running()) continue;
      rows[r].take(logits[static_cast<std::int64_t>(r)],
                   [&](std::int64_t id, const TokenLogprob*) { return !on_token || on_token(r, id); });
    }
    if (first) first_done = std::chrono::steady_clock::now();
  }
  if (timing != nullptr && options.max_new_tokens > 0)
    *timing = {std::chrono::duration<double>(std::chrono::steady_clock::now() - first_done).count(), steps};
  std::vector<GeneratedRow> results;
  for (GrowingRow& row : rows) results.push_back(std::move(row.result()));
  return results;
}

}  // namespace c2c
