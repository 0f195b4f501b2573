// One sample asked of one system by one method: requests to the engine, one after another or at once, until its result
// is there. Never waits by itself, so that many of them run at once.
#pragma once
#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "c2c/eval/results/sample_result.h"
#include "c2c/eval/runs/contender.h"
#include "c2c/eval/tasks/load_task.h"
#include "c2c/infer/engine/engine.h"

namespace c2c {

// What all samples of a system, task and method have in common.
struct Assignment {
  const Contender& contender;
  const EvalTask& task;
  const TaskData& data;
  std::string method;  // generate, logits, loglikelihood, cross_entropy
  Engine& engine;
};

// Throws kUsage where the method cannot be asked of this task or system.
void check_assignment(const Assignment& assignment);

class Inquiry {
 public:
  // `other`: whose prompt the sharers read, for the control.
  Inquiry(const Assignment& assignment, const EvalSample& sample, const EvalSample& other);
  Inquiry(Inquiry&&) noexcept;
  Inquiry& operator=(Inquiry&&) noexcept;
  ~Inquiry();

  // Goes on as far as it can without waiting; true: done. What was wrong with the sample becomes result.error.
  bool advance();
  // Sleeps until there may be something to go on with, at most so long.
  void wait_for(std::chrono::milliseconds most) const;
  SampleResult take();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Logits of the option letters (the first token of " A", " B", ...), A first: what method logits compares.
std::vector<float> letter_logits(const Assignment& assignment, const EvalSample& sample, const at::Tensor& logits_V);
// How an option's text follows prompt and lead: behind a lead or a plain text a space comes first, as in lm-eval; a
// chat's reply begins without.
std::string option_space(const EvalTask& task, bool plain_text);
// The sample's prompt for the model that answers; `context`: what the first of two stages wrote.
Prompt answer_prompt(const Assignment& assignment, const EvalSample& sample, const std::string* context);
// What the first of two stages is asked.
Prompt context_prompt(const Assignment& assignment, const EvalSample& sample);

}  // namespace c2c
