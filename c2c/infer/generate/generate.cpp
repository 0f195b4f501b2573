#include "c2c/infer/generate/generate.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <chrono>

#include "c2c/base/error.h"

namespace c2c {
namespace {

struct Row {
  Sampler sampler;
  GeneratedRow result;
  bool running = true;
};

std::vector<Row> start_rows(std::size_t count, const std::vector<std::vector<std::int64_t>>& prompts,
                            const GenerateOptions& options) {
  C2C_CHECK(prompts.empty() || prompts.size() == count, "generate: one prompt per row of logits, or none");
  C2C_CHECK(options.row_seeds.empty() || options.row_seeds.size() == count, "generate: one seed per row, or none");
  std::vector<Row> rows;
  for (std::size_t r = 0; r < count; ++r) {
    std::optional<std::uint64_t> seed = options.sampling.seed;
    if (seed) *seed += r;
    if (!options.row_seeds.empty()) seed = options.row_seeds[r];
    static const std::vector<std::int64_t> kNoPrompt;
    rows.push_back({Sampler(options.sampling, prompts.empty() ? kNoPrompt : prompts[r], seed), {}});
  }
  return rows;
}

// Takes the row's next token from its logits; the row stops at a stop token or when the caller says so.
void advance(Row& row, std::size_t index, const at::Tensor& logits_V, const GenerateOptions& options,
             const OnToken& on_token) {
  const std::int64_t id = row.sampler.next(logits_V);
  row.result.ids.push_back(id);
  if (options.logprobs >= 0) row.result.logprobs.push_back(log_probability(logits_V, id, options.logprobs));
  if (std::find(options.stop_ids.begin(), options.stop_ids.end(), id) != options.stop_ids.end()) {
    row.result.finish = FinishReason::kStop;
    row.running = false;
  }
  if (on_token && !on_token(index, id) && row.running) {
    row.result.finish = FinishReason::kCancelled;
    row.running = false;
  }
}

}  // namespace

std::vector<GeneratedRow> generate(const at::Tensor& first_logits,
                                   const std::vector<std::vector<std::int64_t>>& prompts, const Step& step,
                                   const GenerateOptions& options, const OnToken& on_token, GenerateTiming* timing) {
  C2C_CHECK(first_logits.dim() == 2, "generate: first_logits is (B, V)");
  const at::NoGradGuard no_grad;
  std::vector<Row> rows = start_rows(static_cast<std::size_t>(first_logits.size(0)), prompts, options);
  std::chrono::steady_clock::time_point first_done;
  std::int64_t steps = 0;
  at::Tensor logits = first_logits;
  for (std::int64_t produced = 0; produced < options.max_new_tokens; ++produced) {
    if (produced > 0) {
      std::vector<std::int64_t> ids;
      for (const Row& row : rows) ids.push_back(row.running ? row.result.ids.back() : options.pad_id);
      logits = step(at::tensor(ids, at::kLong).to(first_logits.device()));
      ++steps;
    }
    for (std::size_t r = 0; r < rows.size(); ++r)
      if (rows[r].running) advance(rows[r], r, logits[static_cast<std::int64_t>(r)], options, on_token);
    if (produced == 0) first_done = std::chrono::steady_clock::now();
    if (std::none_of(rows.begin(), rows.end(), [](const Row& row) { return row.running; })) break;
  }
  if (timing != nullptr && options.max_new_tokens > 0)
    *timing = {std::chrono::duration<double>(std::chrono::steady_clock::now() - first_done).count(), steps};
  std::vector<GeneratedRow> results;
  for (Row& row : rows) results.push_back(std::move(row.result));
  return results;
}

}  // namespace c2c
