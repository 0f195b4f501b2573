// The systems of an evaluation, ready to answer. Those that are made of the same models share them.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "c2c/eval/runs/prompt_plan.h"
#include "c2c/eval/tasks/eval_config.h"
#include "c2c/infer/pipelines/session.h"

namespace c2c {

// A session and who of it speaks.
struct Voice {
  std::shared_ptr<Session> session;
  std::string mode;  // receiver, sharer, c2c or control

  Session::Speaker speaker() const { return session->speaker(mode); }
  const TextSide& text() const { return mode == "sharer" ? session->sharer_text(0) : session->receiver_text(); }
  bool is_fused() const { return mode == "c2c" || mode == "control"; }
};

class Contender {
 public:
  Contender(EvalSystem system, Voice answerer, Voice writer, Voice source = {});

  const EvalSystem& system() const { return system_; }
  const std::string& name() const { return system_.name; }
  const Voice& answerer() const { return answerer_; }
  bool has_two_stages() const { return writer_.session != nullptr; }
  const Voice& writer() const { return writer_; }  // of the background
  const Voice& source() const { return source_; }  // oracle replace: whose K and V
  bool is_oracle() const { return system_.oracle != "none"; }
  bool is_control() const { return answerer_.mode == "control"; }

  // Loads models, and sets what sessions that are shared must be told anew: which sharers are heard.
  void prepare() const;
  // Hashes of every byte that answers come from.
  std::string fingerprint() const;

 private:
  EvalSystem system_;
  Voice answerer_, writer_, source_;
  std::string mask_;
};

// Sessions load nothing before prepare(). Throws kUsage naming system and key.
std::vector<Contender> make_contenders(const EvalConfig& config, const ProgressFn& progress);

// The run that a system amounts to.
RunConfig run_config_of(const EvalSystem& system);

}  // namespace c2c
