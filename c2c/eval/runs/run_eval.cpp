#include "c2c/eval/runs/run_eval.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <filesystem>
#include <map>
#include <utility>

#include "c2c/base/error.h"
#include "c2c/eval/results/result_store.h"
#include "c2c/eval/runs/inquiry.h"
#include "c2c/eval/runs/provenance.h"
#include "c2c/infer/pipelines/torch_errors.h"
#include "c2c/tensor/dist/require_same.h"

namespace c2c {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kBatch = 16;
constexpr std::ptrdiff_t kHopeless = 8;  // so many first samples fail: then all of them would

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::size_t length_of(const EvalSample& sample) {
  std::size_t length = sample.shots.size();
  for (const Message& message : sample.messages) length += message.content.size();
  return length;
}

// Samples of one task in flight, by every method: enough that the engine never waits for us. Methods take turns sample
// by sample, so that what one of them read of the prompt is there for the next.
class Runner {
 public:
  Runner(std::vector<Assignment> methods, ResultStore& store, const EvalRunOptions& options, EvalProgress progress)
      : methods_(std::move(methods)), store_(store), options_(options), progress_(std::move(progress)) {}

  // `todo`: samples of each method.
  void run(const std::vector<std::vector<std::size_t>>& todo) {
    std::vector<std::pair<std::size_t, std::size_t>> line;  // sample, method
    for (std::size_t method = 0; method < todo.size(); ++method)
      for (const std::size_t sample : todo[method]) line.emplace_back(sample, method);
    const auto& samples = methods_.front().data.samples;
    std::sort(line.begin(), line.end(), [&](const auto& a, const auto& b) {
      const std::size_t mine = length_of(samples[a.first]), theirs = length_of(samples[b.first]);
      return mine != theirs ? mine > theirs : a < b;
    });
    const std::int64_t batch = methods_.front().engine.options().max_running;
    std::size_t next = 0;
    while (next < line.size() || !flying_.empty()) {
      for (; next < line.size() && std::ssize(flying_) < 2 * batch; ++next) start(line[next].first, line[next].second);
      if (!collect()) flying_.front().wait_for(std::chrono::milliseconds(20));
    }
  }

 private:
  struct Tally {
    std::int64_t count = 0, failed = 0;
    double sum = 0;
  };
  void start(std::size_t i, std::size_t method) {
    const Assignment& all = methods_[method];
    const auto& samples = all.data.samples;
    const EvalSample& other = samples[(i + samples.size() - 1) % samples.size()];
    flying_.emplace_back(all, samples[i], other).advance();
  }
  // Takes what is done; false: nothing was.
  bool collect() {
    bool any = false;
    for (auto it = flying_.begin(); it != flying_.end();) {
      if (!it->advance()) {
        ++it;
        continue;
      }
      keep(it->take());
      it = flying_.erase(it);
      any = true;
    }
    return any;
  }
  void keep(const SampleResult& result) {
    store_.put(result);
    Tally& tally = tallies_[result.method];
    ++tally.count;
    tally.sum += result.score;
    if (!result.error.empty()) {
      log_warning("sample " + result.id + " of " + result.system + ": " + result.error);
      const auto enough = std::min(kHopeless, std::ssize(methods_.front().data.samples));
      if (++tally.failed == tally.count && tally.failed >= enough)
        fail_input({.where = "system " + result.system,
                    .key = "task " + result.task + ", " + result.method,
                    .found = "the first " + std::to_string(tally.failed) + " samples failed: " + result.error});
    }
    ++progress_.scored;
    ++progress_.done;
    progress_.method = result.method;
    progress_.score = tally.sum / static_cast<double>(tally.count);
    progress_.seconds = seconds_since(started_);
    if (options_.progress) options_.progress(progress_);
  }

  std::vector<Assignment> methods_;
  ResultStore& store_;
  const EvalRunOptions& options_;
  EvalProgress progress_;
  const Clock::time_point started_ = Clock::now();
  std::map<std::string, Tally> tallies_;
  std::deque<Inquiry> flying_;
};

class Evaluation {
 public:
  Evaluation(EvalConfig config, ProcessGroup& group, const EvalRunOptions& options)
      : config_(std::move(config)), group_(group), options_(options) {}

  EvalOutcome operator()() {
    if (options_.add_controls) config_.systems = with_controls(config_.systems);
    for (const EvalTask& task : config_.tasks) tasks_.push_back(load_task(task));
    warn_of_bad_rows();
    const nlohmann::json key = run_key(config_, tasks_);
    require_same(group_, "the evaluation", key.dump(1));
    const std::filesystem::path folder = config_.output_dir;
    contenders_ = make_contenders(config_, options_.loading);
    check();
    if (group_.is_root()) {
      forget_unused(folder, key);
      ResultStore::open(folder, key, 0);  // makes the folder before others look for it
    }
    group_.barrier();
    ResultStore store = ResultStore::open(folder, key, group_.rank());
    start_info(folder);
    for (std::size_t i = 0; i < contenders_.size(); ++i) ask(i, store);
    group_.barrier();
    EvalOutcome outcome;
    if (group_.is_root()) {
      info_.finished = utc_now();
      write_run_info(folder, info_);
      outcome.results = ResultStore::read(folder);
    }
    outcome.info = info_;
    return outcome;
  }

 private:
  // What cannot be asked is said before anything is.
  void check() {
    for (const Contender& contender : contenders_)
      for (std::size_t t = 0; t < tasks_.size(); ++t)
        for (const std::string& method : config_.tasks[t].answer_methods)
          check_assignment({contender, config_.tasks[t], tasks_[t], method, engine_for(config_.tasks[t])});
  }
  // A try that ended before its first sample leaves nothing that another configuration could spoil.
  static void forget_unused(const std::filesystem::path& folder, const nlohmann::json& key) {
    if (!std::filesystem::exists(folder / "run_key.json") || ResultStore::read_fingerprint(folder) == key) return;
    if (!ResultStore::read(folder).empty()) return;
    for (const char* name : {"run_key.json", "run.json"}) std::filesystem::remove(folder / name);
  }
  void warn_of_bad_rows() const {
    for (const TaskData& data : tasks_)
      for (const BadRow& bad : data.bad) log_warning("malformed row left out: " + bad.text());
  }

  // What an earlier try noted is kept: systems that are done are not loaded again.
  void start_info(const std::filesystem::path& folder) {
    info_ = describe_run(config_, tasks_, contenders_);
    info_.command = options_.command;
    info_.versions = options_.versions;
    if (std::filesystem::exists(folder / "run.json")) {
      const RunInfo before = read_run_info(folder);
      info_.started = before.started;
      for (SystemInfo& system : info_.systems)
        if (const SystemInfo* old = before.find_system(system.name)) system.details = old->details;
    }
    if (!options_.add_controls) info_.notes.push_back("no controls were run: no gain of C2C is claimed");
    if (group_.is_root()) write_run_info(folder, info_);
  }

  std::vector<std::size_t> todo(const Assignment& all, const ResultStore& store) const {
    const auto done = store.done(all.contender.name(), all.task.label(), all.method, !options_.retry_errors);
    const auto& samples = all.data.samples;
    std::vector<std::size_t> mine;
    const auto ranks = static_cast<std::size_t>(group_.world_size());
    for (std::size_t i = static_cast<std::size_t>(group_.rank()); i < samples.size(); i += ranks)
      if (!done.contains(samples[i].id)) mine.push_back(i);
    return mine;
  }
  std::int64_t share(const TaskData& data) const {
    const auto size = std::ssize(data.samples);
    return (size - group_.rank() + group_.world_size() - 1) / group_.world_size();
  }

  Engine& engine_for(const EvalTask& task) {
    const std::int64_t batch = task.batch_size > 0 ? task.batch_size : kBatch;
    if (!engine_ || engine_->options().max_running != batch) {
      engine_.reset();
      engine_ = std::make_unique<Engine>(EngineOptions{.max_running = batch, .max_queued = 1 << 16});
    }
    return *engine_;
  }

  void ask(std::size_t index, ResultStore& store) {
    const Contender& contender = contenders_[index];
    bool is_loaded = false;
    for (std::size_t t = 0; t < tasks_.size(); ++t) {
      const EvalTask& task = config_.tasks[t];
      std::vector<Assignment> methods;
      std::vector<std::vector<std::size_t>> mine;
      std::int64_t left = 0;
      for (const std::string& method : task.answer_methods) {
        methods.push_back({contender, task, tasks_[t], method, engine_for(task)});
        mine.push_back(todo(methods.back(), store));
        left += std::ssize(mine.back());
      }
      if (left == 0) continue;
      if (!is_loaded) load(contender, info_.systems[index]);
      is_loaded = true;
      EvalProgress progress{.system = contender.name(), .task = task.label(), .method = ""};
      progress.total = share(tasks_[t]) * std::ssize(methods);
      progress.done = progress.total - left;
      Runner(std::move(methods), store, options_, std::move(progress)).run(mine);
    }
  }
  void load(const Contender& contender, SystemInfo& info) {
    contender.prepare();
    note_models(contender, info);
    if (group_.is_root()) write_run_info(config_.output_dir, info_);
  }

  EvalConfig config_;
  ProcessGroup& group_;
  const EvalRunOptions& options_;
  std::vector<TaskData> tasks_;
  std::vector<Contender> contenders_;
  RunInfo info_;
  std::unique_ptr<Engine> engine_;  // goes first: its thread uses the models
};

}  // namespace

double EvalProgress::seconds_left() const {
  return scored > 0 ? seconds / static_cast<double>(scored) * static_cast<double>(total - done) : 0;
}

std::vector<EvalSystem> with_controls(const std::vector<EvalSystem>& systems) {
  std::vector<EvalSystem> all;
  for (const EvalSystem& system : systems) {
    all.push_back(system);
    if (system.kind() != SystemKind::kC2C || system.control != "none" || system.oracle != "none") continue;
    const auto is_its_control = [&](const EvalSystem& other) {
      return other.control == "other_sample" && other.run_file == system.run_file &&
             other.rosetta.checkpoints == system.rosetta.checkpoints && other.sharer_mask == system.sharer_mask;
    };
    if (std::any_of(systems.begin(), systems.end(), is_its_control)) continue;
    EvalSystem control = system;
    control.name += " (control)";
    control.control = "other_sample";
    if (control.mode == "c2c") control.mode = "control";
    all.push_back(std::move(control));
  }
  return all;
}

EvalOutcome run_eval(EvalConfig config, ProcessGroup& group, const EvalRunOptions& options) {
  return with_torch_errors("evaluate", [&] { return Evaluation(std::move(config), group, options)(); });
}

}  // namespace c2c
