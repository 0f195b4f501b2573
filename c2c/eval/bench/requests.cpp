#include "c2c/eval/bench/requests.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "c2c/infer/engine/engine.h"

namespace c2c::bench {
namespace {

constexpr double kQuickSeconds = 1.5;  // for each number of requests, and for the second question
constexpr std::int64_t kQuestionTokens = 16;

// When each request's tokens came, seconds after the first was submitted.
using TokenTimes = std::vector<std::vector<double>>;

TokenTimes run_at_once(Engine& engine, const std::shared_ptr<const Rosetta>& model,
                       const std::vector<SectionPlan>& plans, std::int64_t new_tokens) {
  TokenTimes times(plans.size());
  std::vector<EngineHandle> handles;
  const Stopwatch watch;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    EngineRequest request{.model = model, .plan = plans[i]};
    request.options.max_new_tokens = new_tokens;
    request.on_token = [&times, &watch, i](std::int64_t, const TokenLogprob*) {
      times[i].push_back(watch.seconds());
      return true;
    };
    request.reuse = false;
    handles.push_back(engine.submit(std::move(request)));
  }
  for (const EngineHandle& handle : handles) handle.wait();
  return times;
}

// Seconds for each token while all requests are decoded: between the last one's first token and the first one's last.
double seconds_per_token(const TokenTimes& times) {
  double begin = 0, end = times.at(0).back();
  for (const auto& request : times) {
    begin = std::max(begin, request.front());
    end = std::min(end, request.back());
  }
  std::int64_t tokens = 0;
  for (const auto& request : times)
    tokens += std::count_if(request.begin(), request.end(), [&](double t) { return t > begin && t <= end; });
  return tokens > 0 ? (end - begin) / static_cast<double>(tokens) : 0;
}

double last_token(const TokenTimes& times) {
  double last = 0;
  for (const auto& request : times) last = std::max(last, request.back());
  return last;
}

double first_token(Engine& engine, const std::shared_ptr<const Rosetta>& model, SectionPlan plan) {
  EngineRequest request{.model = model, .plan = std::move(plan)};
  request.options.max_new_tokens = 1;
  return engine.submit(std::move(request)).wait().first_token_seconds;
}

}  // namespace

std::vector<Row> measure_requests(const BenchPair& pair, const BenchConfig& config, std::int64_t prompt,
                                  std::int64_t turn) {
  std::vector<Row> rows;
  for (const std::int64_t count : config.requests) {
    // While the last prompts are read, the first requests are decoded already: a few tokens more, so that all meet.
    const std::int64_t new_tokens = config.new_tokens + 2 * count;
    std::vector<SectionPlan> plans;
    for (std::int64_t i = 0; i < count; ++i)
      plans.push_back(pair.plan(*pair.alone(), pair.random_ids(prompt, 100 + static_cast<std::uint64_t>(i))));
    Engine engine({.max_running = count, .max_queued = count, .prefix_cache_mb = 0});
    const Contender ours{"c2c", [&] {
                           const TokenTimes times = run_at_once(engine, pair.alone(), plans, new_tokens);
                           Parts parts = {{"requests_whole", last_token(times)}};
                           const double each = seconds_per_token(times);
                           if (each > 0) parts["requests"] = each;
                           return parts;
                         }};
    const auto results = take_turns({ours}, config.rounds(kQuickSeconds));
    for (const auto& [what, samples] : results.at("c2c"))
      rows.push_back({.who = "c2c",
                      .what = what,
                      .weights = pair.weights(),
                      .threads = at::get_num_threads(),
                      .prompt = prompt,
                      .new_tokens = new_tokens,
                      .requests = count,
                      .turn = turn,
                      .tokens = what == "requests" ? 1 : static_cast<double>(count * new_tokens),
                      .samples = samples});
  }
  return rows;
}

std::vector<Row> measure_second_question(const BenchPair& pair, const BenchConfig& config, std::int64_t prompt,
                                         std::int64_t turn) {
  const std::shared_ptr<const Rosetta> model = pair.fused() ? pair.fused() : pair.alone();
  const auto prefix = pair.random_ids(prompt, 1);
  std::uint64_t seed = 1000;
  const auto next_question = [&] {
    auto ids = prefix;
    for (const std::int32_t id : pair.random_ids(kQuestionTokens, ++seed)) ids.push_back(id);
    return pair.plan(*model, std::move(ids));
  };
  Engine engine;
  const Contender ours{"c2c", [&] {
                         engine.clear_prefix_cache();
                         const double first = first_token(engine, model, next_question());
                         return Parts{{"first_question", first},
                                      {"second_question", first_token(engine, model, next_question())}};
                       }};
  auto samples = take_turns({ours}, config.rounds(kQuickSeconds))["c2c"];
  std::vector<Row> rows;
  for (const char* what : {"first_question", "second_question"})
    rows.push_back({.who = "c2c",
                    .what = what,
                    .weights = pair.weights(),
                    .threads = at::get_num_threads(),
                    .prompt = prompt + kQuestionTokens,
                    .new_tokens = 1,
                    .turn = turn,
                    .tokens = static_cast<double>(prompt + kQuestionTokens),
                    .samples = samples[what]});
  return rows;
}

}  // namespace c2c::bench
