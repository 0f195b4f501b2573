#include "c2c/eval/runs/run_eval.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <filesystem>
#include <numeric>

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
constexpr std::int64_t kHopeless = 8;  // so many first samples fail: then all of them would

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::size_t length_of(const EvalSample& sample) {
  std::size_t length = sample.shots.size();
  for (const Message& message : sample.messages) length += message.content.size();
  return length;
}

// Samples in flight: enough that the engine never waits for us.
class Runner {
 public:
  Runner(const Assignment& assignment, ResultStore& store, const EvalRunOptions& options, EvalProgress progress)
      : all_(assignment), store_(store), options_(options), progress_(std::move(progress)) {}

  void run(const std::vector<std::size_t>& todo) {
    const std::int64_t batch = all_.engine.options().max_running;
    std::size_t next = 0;
    while (next < todo.size() || !flying_.empty()) {
      while (next < todo.size() && std::ssize(flying_) < 2 * batch) start(todo[next++]);
      if (!collect()) flying_.front().wait_for(std::chrono::milliseconds(20));
    }
  }

 private:
  void start(std::size_t i) {
    const auto& samples = all_.data.samples;
    const EvalSample& other = samples[(i + samples.size() - 1) % samples.size()];
    flying_.emplace_back(all_, samples[i], other).advance();
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
    ++progress_.scored;
    ++progress_.done;
    sum_ += result.score;
    failed_ += result.error.empty() ? 0 : 1;
    if (!result.error.empty()) log_warning("sample " + result.id + " of " + result.system + ": " + result.error);
    if (failed_ == progress_.scored && failed_ >= std::min<std::int64_t>(kHopeless, progress_.total))
      fail_input({.where = "system " + result.system,
                  .key = "task " + result.task + ", " + result.method,
                  .found = "the first " + std::to_string(failed_) + " samples failed: " + result.error});
    progress_.score = sum_ / static_cast<double>(progress_.scored);
    progress_.seconds = seconds_since(started_);
    if (options_.progress) options_.progress(progress_);
  }

  Assignment all_;
  ResultStore& store_;
  const EvalRunOptions& options_;
  EvalProgress progress_;
  const Clock::time_point started_ = Clock::now();
  double sum_ = 0;
  std::int64_t failed_ = 0;
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
    std::stable_sort(mine.begin(), mine.end(),
                     [&](std::size_t a, std::size_t b) { return length_of(samples[a]) > length_of(samples[b]); });
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
    for (std::size_t t = 0; t < tasks_.size(); ++t)
      for (const std::string& method : config_.tasks[t].answer_methods) {
        const Assignment all{contender, config_.tasks[t], tasks_[t], method, engine_for(config_.tasks[t])};
        const std::vector<std::size_t> mine = todo(all, store);
        if (mine.empty()) continue;
        if (!is_loaded) load(contender, info_.systems[index]);
        is_loaded = true;
        const std::int64_t total = share(tasks_[t]);
        EvalProgress progress{.system = contender.name(), .task = all.task.label(), .method = method};
        progress.total = total;
        progress.done = total - std::ssize(mine);
        Runner(all, store, options_, std::move(progress)).run(mine);
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
