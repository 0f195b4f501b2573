#include "c2c/eval/bench/run_bench.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "c2c/eval/bench/answers.h"
#include "c2c/eval/bench/bench_pair.h"
#include "c2c/eval/bench/memory_run.h"
#include "c2c/eval/bench/quality.h"
#include "c2c/eval/bench/requests.h"
#include "c2c/eval/bench/timings.h"

namespace c2c::bench {
namespace {

constexpr double kQuickTimingSeconds = 7;
constexpr std::int64_t kRequestPrompt = 128;

class Run {
 public:
  Run(const BenchConfig& config, const BenchServices& services) : config_(config), services_(services) {
    threads_ = config.threads;
    if (threads_.empty()) threads_ = {at::get_num_threads()};
  }

  Report run() {
    const Stopwatch watch;
    report_.machine = describe_machine();
    // First: a child beside this process's models would not see less memory, but slower disks.
    if (config_.has_stage("memory")) measure_memory();
    if (config_.has_stage("ceilings"))
      for (const std::int64_t threads : threads_) measure_ceilings_with(threads);
    const bool needs_models = config_.has_stage("timings") || config_.has_stage("answers") ||
                              config_.has_stage("requests") || config_.has_stage("prefix") ||
                              config_.has_stage("quality");
    if (needs_models)
      for (const std::string& weights : config_.weights) measure_weights(weights);
    report_.seconds = watch.seconds();
    return std::move(report_);
  }

 private:
  void say(const std::string& what) {
    if (services_.progress) services_.progress(what, 0, 0);
  }

  void measure_memory() {
    for (const std::string& weights : config_.weights) {
      say("memory, " + weights);
      MemoryRow row = services_.memory(weights);
      row.baseline_bytes = services_.baseline_bytes;
      report_.memory.push_back(row);
    }
  }

  void measure_ceilings_with(std::int64_t threads) {
    say("what the machine can do, threads: " + std::to_string(threads));
    at::set_num_threads(static_cast<int>(threads));
    CeilingOptions options;
    if (config_.gemm_size > 0)
      options.gemm_sizes = {config_.gemm_size};
    else if (config_.quick)
      options.gemm_sizes = {2048};
    if (config_.quick) options.rounds.seconds = 0.3;
    report_.ceilings.push_back(measure_ceilings(options));
  }

  void measure_weights(const std::string& weights) {
    BenchPair pair(config_, weights, services_.progress);
    for (ModelRow& row : pair.describe()) report_.models.push_back(std::move(row));
    if (config_.has_stage("timings")) measure_prompts(pair);
    // The rest once, with the first thread count.
    at::set_num_threads(static_cast<int>(threads_[0]));
    if (config_.has_stage("answers")) {
      if (pair.can_answer()) {
        say("C2C against text-to-text, " + weights);
        append(measure_answers(pair, config_, ++turn_));
      } else {
        report_.left_out.push_back({"answers", "the run has no fuser of its own (--fuser)"});
      }
    }
    if (config_.has_stage("requests")) {
      say("requests at once, " + weights);
      append(measure_requests(pair, config_, std::min(kRequestPrompt, config_.prompts[0]), ++turn_));
    }
    if (config_.has_stage("prefix")) {
      say("a second question, " + weights);
      append(measure_second_question(pair, config_, config_.prompts[0], ++turn_));
    }
    if (config_.has_stage("quality")) predict(pair);
  }

  void predict(BenchPair& pair) {
    if (services_.texts.empty()) {
      const bool said = std::any_of(report_.left_out.begin(), report_.left_out.end(),
                                    [](const LeftOut& left) { return left.what == "quality"; });
      if (!said)
        report_.left_out.push_back({"quality", "no texts: no heldout.json beside the fuser, and no --heldout"});
      return;
    }
    say("predicting answers, " + pair.weights());
    Rivals rivals = rivals_of(pair);
    for (QualityRow& row : measure_quality(pair, services_.texts, rivals)) report_.quality.push_back(std::move(row));
    report_.rivals.update(rivals.described());
  }

  Rivals rivals_of(BenchPair& pair) {
    const bool has_pair = pair.fused() != nullptr;
    return Rivals(config_.rivals,
                  {.receiver = pair.session().receiver().text.path.string(),
                   .sharer = has_pair ? pair.session().sharer(0).text.path.string() : "",
                   .hidden = config_.hidden},
                  report_.left_out);
  }

  void measure_prompts(BenchPair& pair) {
    Rivals rivals = rivals_of(pair);
    for (const std::int64_t threads : threads_)
      for (const std::int64_t prompt : config_.prompts) {
        say("prompts of " + std::to_string(prompt) + " tokens, " + pair.weights() +
            ", threads: " + std::to_string(threads));
        at::set_num_threads(static_cast<int>(threads));
        append(measure_timings(pair, rivals, {prompt, config_.new_tokens, threads}, config_.rounds(kQuickTimingSeconds),
                               ++turn_));
      }
    report_.rivals.update(rivals.described());
  }

  void append(std::vector<Row> rows) {
    for (Row& row : rows) report_.rows.push_back(std::move(row));
  }

  const BenchConfig& config_;
  const BenchServices& services_;
  std::vector<std::int64_t> threads_;
  std::int64_t turn_ = 0;
  Report report_;
};

}  // namespace

Report run_bench(const BenchConfig& config, const BenchServices& services) {
  return Run(config, services).run();
}

}  // namespace c2c::bench
