// The messages of each stage (reference: rosetta/baseline/multi_stage.py; LongBench's cut: spec/evaluation.md 12).
#include "c2c/base/error.h"
#include "c2c/eval/runs/inquiry.h"
#include "c2c/eval/tasks/prompts.h"

namespace c2c {
namespace {

std::string filled(std::string text, const std::string& hole, const std::string& with) {
  const std::size_t at = text.find(hole);
  if (at == text.npos)
    fail_usage({.where = "background_prompt", .found = "no " + hole, .expected = "a prompt with " + hole});
  return text.replace(at, hole.size(), with);
}

std::string background(const EvalSystem& system, const EvalSample& sample) {
  const std::string prompt = system.background_prompt.empty() ? background_prompt() : system.background_prompt;
  const std::string& question = sample.question.empty() ? sample.messages.back().content : sample.question;
  return filled(prompt, "{question}", question);
}

// First and last half of the tokens that a LongBench prompt may have.
void cut_middle(const Tokenizer& tokenizer, std::int64_t most, std::string& text) {
  const auto ids = tokenizer.encode_ids(text, false);
  if (static_cast<std::int64_t>(ids.size()) <= most) return;
  const auto half = static_cast<std::ptrdiff_t>(most / 2);
  text =
      tokenizer.decode({ids.begin(), ids.begin() + half}, true) + tokenizer.decode({ids.end() - half, ids.end()}, true);
}

Messages own_messages(const Assignment& assignment, const EvalSample& sample) {
  Messages messages = with_shots(sample);
  if (!sample.longbench.task.empty())
    cut_middle(*assignment.contender.answerer().text().tokenizer, assignment.contender.system().max_length,
               messages.back().content);
  return messages;
}

}  // namespace

Prompt context_prompt(const Assignment& assignment, const EvalSample& sample) {
  Prompt prompt{sample.messages, false};
  prompt.messages.back().content = background(assignment.contender.system(), sample);
  return prompt;
}

Prompt answer_prompt(const Assignment& assignment, const EvalSample& sample, const std::string* context) {
  Prompt prompt{own_messages(assignment, sample), sample.plain_text};
  if (context == nullptr) return prompt;
  prompt.plain_text = false;
  const Message question = prompt.messages.back();
  prompt.messages.pop_back();
  if (sample.question.empty()) {
    // The question first: what is put in must not be taken for a hole.
    const std::string text =
        filled(filled(second_stage_prompt(), "{question}", question.content), "{context}", *context);
    prompt.messages.push_back({question.role, text});
    return prompt;
  }
  prompt.messages.push_back({"user", background(assignment.contender.system(), sample)});
  prompt.messages.push_back({"assistant", *context});
  prompt.messages.push_back(question);
  return prompt;
}

}  // namespace c2c
