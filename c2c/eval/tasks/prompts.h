// The words around a question: sets of templates from tasks/prompts/ or from a user's file, filled in.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "c2c/eval/grading/letters.h"
#include "c2c/io/config/field.h"

namespace c2c {

// Templates with {{question}}, {{choices}} and {{letters}}.
struct PromptSet {
  std::string name;
  std::string option = "{{letter}}. {{text}}\n";
  std::string letters_separator = "/";
  std::string bare, choice, choice_cot, math;
  std::string sha256;  // of the file, for a run's provenance
  void visit_fields(const FieldVisitor& visit);
};

// A set of tasks/prompts/ by name (c2c, letter-only, swahili) or a YAML file with the same keys. Throws kUsage naming
// the sets, kInput or kUsage for a file that cannot be read or lacks a template.
PromptSet load_prompts(const std::string& name_or_path);
std::vector<std::string> prompt_set_names();

struct PromptStyle {
  bool use_cot = false, use_template = true;
  grading::Mode mode = grading::Mode::kExact;
};

// Options as lines, A first.
std::string choices_text(const std::string& option, const std::vector<std::string>& options);
// `choices`: lines as above. `count`: how many there are. Mode kExact asks for A/B/C/D whatever the count, and replaces
// {{question}} before {{choices}}, as the reference does; kFixed names the letters that there are.
std::string choice_prompt(const PromptSet& prompts, const PromptStyle& style, const std::string& question,
                          const std::string& choices, std::size_t count);
std::string math_prompt(const PromptSet& prompts, const std::string& question);

struct Filling {
  std::string_view name, text;
};
// Every {{name}} at once, so that what a text says is not taken for a field. Unknown names stay.
std::string fill_template(std::string_view text, const std::vector<Filling>& fillings);

// Examples before a question (tasks/prompts/few-shot.yaml).
struct FewShotPrompts {
  std::string option, header, shot, query;
  void visit_fields(const FieldVisitor& visit);
};
const FewShotPrompts& few_shot_prompts();

// What a judging model is asked (tasks/prompts/judge.yaml): templates with {{reply}} and {{truth}}.
struct JudgePrompts {
  std::int64_t tail = 0;  // characters of a reply without </think>, from its end
  std::string math, gsm8k, choice, unfinished;
  void visit_fields(const FieldVisitor& visit);
};
const JudgePrompts& judge_prompts();
std::string judge_prompts_sha256();

// Text-to-text (tasks/prompts/two-stage.yaml): {question}, {context}.
std::string background_prompt(const std::string& name = "default");  // throws kUsage naming the known ones
std::string second_stage_prompt();

}  // namespace c2c
