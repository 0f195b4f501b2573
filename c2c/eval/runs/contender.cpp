#include "c2c/eval/runs/contender.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "c2c/base/error.h"
#include "c2c/io/config/assign.h"
#include "c2c/io/formats/sha256.h"

namespace c2c {
namespace {

bool same_file(const std::string& a, const std::string& b) {
  if (a == b) return true;
  std::error_code error;
  return std::filesystem::equivalent(a, b, error) && !error;
}

bool same_entry(const ModelEntry& a, const ModelEntry& b) {
  return same_file(a.model, b.model) && a.tokenizer == b.tokenizer && a.chat_template == b.chat_template;
}

bool same_storage(const RunConfig& a, const RunConfig& b) {
  return a.dtype == b.dtype && a.weights == b.weights && a.kv == b.kv && a.system == b.system &&
         a.thinking == b.thinking;
}

bool same_fusion(const RunConfig& a, const RunConfig& b) {
  if (!same_entry(a.receiver, b.receiver) || a.sharers.size() != b.sharers.size() || a.align != b.align ||
      a.fusion != b.fusion || a.include_response != b.include_response)
    return false;
  for (std::size_t i = 0; i < a.sharers.size(); ++i)
    if (!same_entry(a.sharers[i], b.sharers[i]) || a.sharers[i].align != b.sharers[i].align ||
        !same_file(a.sharers[i].fuser, b.sharers[i].fuser) || a.sharers[i].subfolder != b.sharers[i].subfolder)
      return false;
  return true;
}

class Sessions {
 public:
  explicit Sessions(ProgressFn progress) : progress_(std::move(progress)) {}

  std::shared_ptr<Session> pair(const RunConfig& config) {
    for (const auto& session : sessions_)
      if (same_storage(session->config(), config) && same_fusion(session->config(), config)) return session;
    return sessions_.emplace_back(std::make_shared<Session>(config, progress_));
  }
  // One model alone; where a pair that is there already has it, that one's.
  Voice alone(const ModelEntry& model, RunConfig config) {
    for (const auto& session : sessions_) {
      RunConfig& held = session->config();
      if (!same_storage(held, config)) continue;
      if (same_entry(held.receiver, model)) return {session, "receiver"};
      if (!held.sharers.empty() && same_entry(held.sharers[0], model)) return {session, "sharer"};
    }
    config.receiver = model;
    config.sharers.clear();
    return {sessions_.emplace_back(std::make_shared<Session>(config, progress_)), "receiver"};
  }

 private:
  ProgressFn progress_;
  std::vector<std::shared_ptr<Session>> sessions_;
};

ModelEntry entry_of(const std::string& model) {
  ModelEntry entry;
  entry.model = model;
  return entry;
}

// By number from 1, or by name.
std::string mask_of(const EvalSystem& system) {
  if (system.sharer_mask.empty()) return "all";
  SharerMask mask = 0;
  for (const std::string& text : system.sharer_mask) {
    const auto& names = system.rosetta.teacher_names;
    const auto named = std::find(names.begin(), names.end(), text);
    std::size_t number = static_cast<std::size_t>(named - names.begin()) + 1;
    if (named == names.end()) {
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error != std::errc() || end != text.data() + text.size() || number == 0 || number > 62)
        fail_usage({.where = "system " + system.name,
                    .key = "sharer_mask",
                    .found = text,
                    .expected = "a sharer's number from 1, or its name"});
    }
    mask |= SharerMask{1} << (number - 1);
  }
  return std::to_string(mask);
}

void check_oracle(const EvalSystem& system) {
  const auto refuse = [&](const char* key, const std::string& found, const char* expected) {
    fail_usage({.where = "system " + system.name, .key = key, .found = found, .expected = expected});
  };
  const SystemKind kind = system.kind();
  if (system.oracle == "none") return;
  if (kind == SystemKind::kTwoStage || kind == SystemKind::kTwoStageC2C)
    refuse("oracle", system.oracle + " with two stages", "a single model, or C2C");
  if (system.oracle == "replace" && kind != SystemKind::kC2C)
    refuse("oracle", "replace with a single model", "C2C: where it would fuse, the other model's K and V stand");
  if (system.oracle == "replace" && system.oracle_model.empty())
    refuse("oracle_model", "nothing", "the model whose K and V are put in");
}

Contender make_contender(const EvalSystem& system, Sessions& sessions) {
  check_oracle(system);
  const RunConfig run = run_config_of(system);
  const bool is_control = system.control == "other_sample";
  switch (system.kind()) {
    case SystemKind::kC2C: {
      const Voice source = system.oracle == "replace" ? sessions.alone(entry_of(system.oracle_model), run) : Voice{};
      return {system, {sessions.pair(run), is_control ? "control" : "c2c"}, {}, source};
    }
    case SystemKind::kTwoStage: {
      const Voice writer = sessions.alone(run.sharers.at(0), run);
      return {system, sessions.alone(run.receiver, run), writer};
    }
    case SystemKind::kTwoStageC2C: {
      const auto pair = sessions.pair(run);
      const bool by_sharer = system.context_model_path.empty();
      const Voice writer = by_sharer ? Voice{pair, "sharer"} : sessions.alone(entry_of(system.context_model_path), run);
      return {system, {pair, "c2c"}, writer};
    }
    case SystemKind::kSingle:
      break;
  }
  const bool is_sharer = system.mode == "sharer";
  if (is_sharer && run.sharers.empty())
    fail_usage({.where = "system " + system.name, .key = "mode", .found = "sharer", .expected = "a run file with one"});
  return {system, sessions.alone(is_sharer ? run.sharers[0] : run.receiver, run), {}};
}

}  // namespace

RunConfig run_config_of(const EvalSystem& system) {
  RunConfig run;
  if (!system.run_file.empty()) {
    assign_file(fields_of(run), system.run_file);
    run.apply_overrides();
  }
  if (!system.dtype.empty()) run.dtype = system.dtype;
  if (!system.weights.empty()) run.weights = system.weights;
  const SystemKind kind = system.kind();
  if (system.run_file.empty()) {
    if (kind == SystemKind::kSingle) run.receiver.model = system.model_name;
    if (kind == SystemKind::kTwoStage) {
      run.receiver.model = system.answer_model_path;
      run.sharers.emplace_back().model = system.context_model_path;
    }
    if (kind == SystemKind::kC2C) {
      const EvalRosetta& rosetta = system.rosetta;
      run.receiver.model = rosetta.base_model;
      for (std::size_t i = 0; i < rosetta.teacher_models.size(); ++i) {
        SharerConfig& sharer = run.sharers.emplace_back();
        sharer.model = rosetta.teacher_models[i];
        sharer.fuser = rosetta.checkpoints.at(i);
      }
      run.align = system.is_aligned() ? rosetta.alignment_strategy : "off";
      run.fusion = rosetta.fusion;
      run.include_response = rosetta.include_response;
    }
    if (kind == SystemKind::kTwoStageC2C) {
      SharerConfig& sharer = run.sharers.emplace_back();
      sharer.fuser = system.rosetta_checkpoint_dir;
      sharer.subfolder = system.rosetta_subfolder;
    }
  }
  if (!system.tokenizer.empty()) run.receiver.tokenizer = system.tokenizer;
  if (!system.chat_template.empty()) run.receiver.chat_template = system.chat_template;
  return run;
}

Contender::Contender(EvalSystem system, Voice answerer, Voice writer, Voice source)
    : system_(std::move(system)),
      answerer_(std::move(answerer)),
      writer_(std::move(writer)),
      source_(std::move(source)),
      mask_(mask_of(system_)) {}

void Contender::prepare() const {
  if (answerer_.is_fused()) answerer_.session->config().mask = mask_;
  answerer_.speaker();
  if (has_two_stages()) writer_.speaker();
  if (source_.session != nullptr) source_.speaker();
}

std::string Contender::fingerprint() const {
  std::string text = answerer_.speaker().rosetta->fingerprint();
  if (has_two_stages()) text += "\n" + writer_.speaker().rosetta->fingerprint();
  if (source_.session != nullptr) text += "\n" + source_.speaker().rosetta->fingerprint();
  return sha256_of(text);
}

// Pairs first, so that their models are there for those who speak alone.
std::vector<Contender> make_contenders(const EvalConfig& config, const ProgressFn& progress) {
  Sessions sessions(progress);
  for (const EvalSystem& system : config.systems)
    if (system.kind() == SystemKind::kC2C || system.kind() == SystemKind::kTwoStageC2C)
      sessions.pair(run_config_of(system));
  std::vector<Contender> contenders;
  for (const EvalSystem& system : config.systems) contenders.push_back(make_contender(system, sessions));
  return contenders;
}

}  // namespace c2c
