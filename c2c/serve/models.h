// What the server has: one session for each run file, all on one engine, and the model ids that requests name.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "c2c/infer/pipelines/session.h"
#include "c2c/serve/api/generation_fields.h"

namespace c2c {

// What a model id stands for.
struct ServedModel {
  std::string id;
  std::shared_ptr<Session> session;
  std::string mode;                  // that is used when a request names none
  std::vector<std::string> modes;    // that may be asked for
  std::size_t sharer = 0;            // mode sharer: which, 0-based
  std::string receiver;              // its name; empty for a sharer alone
  std::vector<std::string> sharers;  // names, in the order of the run file
};

class Models {
 public:
  // One session a run; loads nothing. `aliases`: ids of the first runs, in their order. Throws kUsage where two runs
  // would have the same id.
  Models(std::vector<RunConfig> runs, const std::vector<std::string>& aliases, std::shared_ptr<Engine> engine,
         const ProgressFn& progress);

  // Loads everything that any mode needs, and reads the models' fingerprints, so that no request has to wait for them.
  void load();
  // After load(). Throws ApiError 404 for an id that is not there; empty: the first.
  const ServedModel& find(const std::string& id) const;
  const std::vector<ServedModel>& list() const { return models_; }

 private:
  struct Run {
    std::shared_ptr<Session> session;
    std::string alias;
  };
  void add(ServedModel model);
  void add_run(const Run& run);

  std::vector<Run> runs_;
  std::vector<ServedModel> models_;
};

// The strings' side of the model that answers: the sharer's in mode sharer.
const TextSide& speaking_text(const ServedModel& model, const Request& request);
// Its context in tokens; 0: not known. `sharer`: which answers in mode sharer.
std::int64_t context_length(const ServedModel& model, const std::string& mode, std::size_t sharer);

}  // namespace c2c
