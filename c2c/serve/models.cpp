#include "c2c/serve/models.h"

#include <algorithm>
#include <filesystem>

#include "c2c/base/error.h"
#include "c2c/serve/api/api_error.h"

namespace c2c {
namespace {

// "org/name@revision" and "folder/name.gguf" -> "name"
std::string short_name(const std::string& name) {
  std::string last = std::filesystem::path(name).filename().string();
  if (last.empty()) last = std::filesystem::path(name).parent_path().filename().string();
  if (last.ends_with(".gguf")) last.resize(last.size() - 5);
  return last.substr(0, last.find('@'));
}

bool has_all_fusers(const RunConfig& run) {
  return !run.sharers.empty() &&
         std::all_of(run.sharers.begin(), run.sharers.end(), [](const auto& sharer) { return !sharer.fuser.empty(); });
}

std::vector<std::string> modes_of(const RunConfig& run) {
  if (run.sharers.empty()) return {"receiver"};
  if (!has_all_fusers(run)) return {"receiver", "sharer", "t2t"};
  return mode_names();
}

}  // namespace

Models::Models(std::vector<RunConfig> runs, const std::vector<std::string>& aliases, std::shared_ptr<Engine> engine,
               const ProgressFn& progress) {
  if (runs.empty())
    fail_usage({.where = "serve", .found = "no run file", .expected = "at least one", .hint = "c2c serve RUNFILE..."});
  if (aliases.size() > runs.size())
    fail_usage({.where = "--alias",
                .found = std::to_string(aliases.size()) + " names",
                .expected = "at most one for each of " + std::to_string(runs.size()) + " run files"});
  for (std::size_t i = 0; i < runs.size(); ++i)
    runs_.push_back({std::make_shared<Session>(std::move(runs[i]), progress, engine),
                     i < aliases.size() ? aliases[i] : std::string()});
}

void Models::load() {
  for (const Run& run : runs_) {
    Session& session = *run.session;
    for (const std::string& mode : modes_of(session.config())) session.speaker(mode).rosetta->fingerprint();
    for (std::size_t i = 0; i < session.sharer_count(); ++i) session.speaker("sharer", i).rosetta->fingerprint();
    add_run(run);
  }
}

void Models::add_run(const Run& run) {
  Session& session = *run.session;
  ServedModel pair{.session = run.session, .modes = modes_of(session.config())};
  const std::string receiver = short_name(session.receiver_text().name);
  pair.id = pair.receiver = receiver;
  for (std::size_t i = 0; i < session.sharer_count(); ++i) {
    pair.sharers.push_back(short_name(session.sharer_text(i).name));
    pair.id += "+" + pair.sharers.back();
  }
  if (!run.alias.empty()) pair.id = run.alias;
  const std::string& wanted = session.config().mode;
  const bool can = std::find(pair.modes.begin(), pair.modes.end(), wanted) != pair.modes.end();
  pair.mode = can ? wanted : "receiver";
  const bool is_taken =
      std::any_of(models_.begin(), models_.end(), [&](const ServedModel& other) { return other.id == pair.id; });
  if (is_taken)
    fail_usage({.where = "serve", .found = "two run files for " + pair.id, .hint = "name them apart with --alias"});
  add(pair);
  // Each model of it alone; several runs may share one, and one is enough.
  add({.id = receiver, .session = run.session, .mode = "receiver", .modes = {"receiver"}, .receiver = receiver});
  for (std::size_t i = 0; i < session.sharer_count(); ++i)
    add({.id = pair.sharers[i], .session = run.session, .mode = "sharer", .modes = {"sharer"}, .sharer = i});
}

void Models::add(ServedModel model) {
  for (const ServedModel& other : models_)
    if (other.id == model.id) return;
  models_.push_back(std::move(model));
}

const ServedModel& Models::find(const std::string& id) const {
  C2C_CHECK(!models_.empty(), "Models: not loaded");
  if (id.empty()) return models_.front();
  for (const ServedModel& model : models_)
    if (model.id == id) return model;
  std::string known;
  for (const ServedModel& model : models_) known += (known.empty() ? "" : ", ") + model.id;
  throw api::ApiError({.status = 404,
                       .message = "model: there is no " + id.substr(0, 100) + " here, but " + known,
                       .type = "not_found_error",
                       .param = "model",
                       .code = "model_not_found"});
}

const TextSide& speaking_text(const ServedModel& model, const Request& request) {
  return request.mode == "sharer" ? model.session->sharer_text(request.sharer) : model.session->receiver_text();
}

std::int64_t context_length(const ServedModel& model, const std::string& mode, std::size_t sharer) {
  Session& session = *model.session;
  const LoadedModel& loaded = mode == "sharer" ? session.sharer(sharer) : session.receiver();
  return loaded.lm->config().max_positions;
}

}  // namespace c2c
