// A run's folder of results: every sample is on disk as soon as it is done, so that a run that was killed goes on where
// it was. One SQLite file for each process (samples.sqlite, samples.1.sqlite, ...), so that they never wait for each
// other, and run_key.json, which says what was run.
#pragma once
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "c2c/eval/results/sample_result.h"

namespace c2c {

class ResultStore {
 public:
  // Makes the folder, or goes on with it. `fingerprint` is everything that changes results (an object: configuration,
  // hashes of models and prompts), and nothing that may change between tries (number of processes, dates). Throws
  // kUsage naming the keys that differ when the folder holds another run, and when another process writes as the same
  // rank; kInput for a file that is damaged or not ours.
  static ResultStore open(const std::filesystem::path& folder, const nlohmann::json& fingerprint, int rank = 0);
  ResultStore(ResultStore&&) noexcept;
  ResultStore& operator=(ResultStore&&) noexcept;
  ~ResultStore();

  // Ids that are done, by whichever process did them: a restart may have another number of them. `with_errors` false
  // leaves out the samples that could not be evaluated, so that they are tried again.
  std::set<std::string> done(const std::string& system, const std::string& task, const std::string& method,
                             bool with_errors = true) const;
  // On return the sample is done, whatever becomes of the process. A second one of the same key replaces the first.
  // Threads may call it at once.
  void put(const SampleResult& result);

  // Every sample of every process, one for each key (one without error wins, then the lowest rank), ordered by system,
  // task, method, subject, row, id. May be called while the run goes on. Throws kInput.
  static std::vector<SampleResult> read(const std::filesystem::path& folder);
  // What `open` was given.
  static nlohmann::json read_fingerprint(const std::filesystem::path& folder);

 private:
  struct State;
  explicit ResultStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace c2c
