#include "c2c/eval/tasks/prompts.h"

#include <algorithm>
#include <filesystem>

#include "c2c/base/error.h"
#include "c2c/eval/tasks/embedded.h"
#include "c2c/io/config/assign.h"
#include "c2c/io/config/parse_text.h"
#include "c2c/io/formats/sha256.h"

namespace c2c {
namespace {

constexpr std::string_view kFolder = "prompts/";
// Files of that folder that are no sets of question templates.
constexpr std::string_view kOthers[] = {"few-shot", "judge", "two-stage"};

Field text_field_of(const char* key, std::string* target, const char* help) {
  return {.key = key, .flags = "", .help = help, .target = target};
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

std::string letters_text(std::size_t count, const std::string& separator) {
  std::string letters;
  for (std::size_t i = 0; i < std::min<std::size_t>(count, grading::kMaxOptions); ++i)
    letters += (i > 0 ? separator : "") + static_cast<char>('A' + i);
  return letters;
}

nlohmann::ordered_json embedded_tree(const std::string& name) {
  return parse_yaml_text(name, embedded_file(name));
}

template <class Prompts>
Prompts read_embedded(const std::string& name) {
  Prompts prompts;
  assign_fields(fields_of(prompts), embedded_tree(name), {.name = name});
  return prompts;
}

PromptSet read_set(const std::string& name, const std::string& where, std::string_view text) {
  PromptSet prompts;
  assign_fields(fields_of(prompts), parse_yaml_text(where, text), {.name = where});
  prompts.name = name;
  prompts.sha256 = sha256_of(text);
  const auto require = [&](const char* key, const std::string& value, const char* field) {
    if (value.find(field) == value.npos)
      fail_usage({.where = where,
                  .key = key,
                  .found = value.empty() ? "nothing" : "no " + std::string(field),
                  .expected = "a template with " + std::string(field)});
  };
  for (const auto& [key, value] :
       {std::pair{"bare", prompts.bare}, {"choice", prompts.choice}, {"choice_cot", prompts.choice_cot}}) {
    require(key, value, "{{question}}");
    require(key, value, "{{choices}}");
  }
  require("math", prompts.math, "{{question}}");
  require("option", prompts.option, "{{text}}");
  return prompts;
}

}  // namespace

void PromptSet::visit_fields(const FieldVisitor& visit) {
  visit(text_field_of("option", &option, "one choice: {{letter}}, {{text}}"));
  visit(text_field_of("letters_separator", &letters_separator, "between the letters of {{letters}}"));
  visit(text_field_of("bare", &bare, "use_template false"));
  visit(text_field_of("choice", &choice, "a question with choices"));
  visit(text_field_of("choice_cot", &choice_cot, "the same with use_cot"));
  visit(text_field_of("math", &math, "a problem of mathematics"));
}

void FewShotPrompts::visit_fields(const FieldVisitor& visit) {
  visit(text_field_of("option", &option, "one choice"));
  visit(text_field_of("header", &header, "before the examples: {{subject}}"));
  visit(text_field_of("shot", &shot, "an example: {{question}}, {{choices}}, {{answer}}"));
  visit(text_field_of("query", &query, "the question itself"));
}

void JudgePrompts::visit_fields(const FieldVisitor& visit) {
  visit({.key = "tail", .flags = "", .help = "characters of a reply without </think>", .target = &tail, .minimum = 1});
  visit(text_field_of("math", &math, "LaTeX"));
  visit(text_field_of("gsm8k", &gsm8k, "numbers"));
  visit(text_field_of("choice", &choice, "letters"));
  visit(text_field_of("unfinished", &unfinished, "a reply that was cut off"));
}

std::vector<std::string> prompt_set_names() {
  std::vector<std::string> names;
  for (const EmbeddedFile& file : embedded_files()) {
    if (!file.name.starts_with(kFolder)) continue;
    std::string_view name = file.name.substr(kFolder.size());
    name.remove_suffix(std::string_view(".yaml").size());
    if (std::find(std::begin(kOthers), std::end(kOthers), name) == std::end(kOthers)) names.emplace_back(name);
  }
  return names;
}

PromptSet load_prompts(const std::string& name_or_path) {
  const auto names = prompt_set_names();
  if (std::find(names.begin(), names.end(), name_or_path) != names.end()) {
    const std::string file = std::string(kFolder) + name_or_path + ".yaml";
    return read_set(name_or_path, file, embedded_file(file));
  }
  std::error_code error;
  if (std::filesystem::exists(name_or_path, error))
    return read_set(name_or_path, name_or_path, read_config_file(name_or_path));
  std::string known;
  for (const std::string& name : names) known += (known.empty() ? "" : ", ") + name;
  const std::string near = nearest_name(name_or_path, names);
  fail_usage({.where = "prompt",
              .found = name_or_path,
              .expected = "one of " + known + ", or a YAML file",
              .hint = near.empty() ? "" : "did you mean " + near + "?"});
}

std::string fill_template(std::string_view text, const std::vector<Filling>& fillings) {
  std::string filled;
  while (true) {
    const std::size_t open = text.find("{{");
    filled += text.substr(0, open);
    if (open == text.npos) return filled;
    text.remove_prefix(open);
    const std::size_t close = text.find("}}");
    const std::string_view name = close == text.npos ? std::string_view() : text.substr(2, close - 2);
    const auto found = std::find_if(fillings.begin(), fillings.end(), [&](const Filling& f) { return f.name == name; });
    if (name.empty() || found == fillings.end()) {
      filled += text.front();
      text.remove_prefix(1);
      continue;
    }
    filled += found->text;
    text.remove_prefix(close + 2);
  }
}

std::string choices_text(const std::string& option, const std::vector<std::string>& options) {
  std::string lines;
  for (std::size_t i = 0; i < options.size(); ++i)
    lines += fill_template(option, {{"letter", std::string(1, static_cast<char>('A' + i))}, {"text", options[i]}});
  return lines;
}

std::string choice_prompt(const PromptSet& prompts, const PromptStyle& style, const std::string& question,
                          const std::string& choices, std::size_t count) {
  const std::string& text = !style.use_template ? prompts.bare : style.use_cot ? prompts.choice_cot : prompts.choice;
  const bool exact = style.mode == grading::Mode::kExact;
  const std::string letters = letters_text(exact ? 4 : count, prompts.letters_separator);
  if (!exact) return fill_template(text, {{"question", question}, {"choices", choices}, {"letters", letters}});
  std::string prompt = fill_template(text, {{"letters", letters}});
  if (!style.use_template) return fill_template(prompt, {{"question", question}, {"choices", choices}});
  replace_all(prompt, "{{question}}", question);
  replace_all(prompt, "{{choices}}", choices);
  return prompt;
}

std::string math_prompt(const PromptSet& prompts, const std::string& question) {
  return fill_template(prompts.math, {{"question", question}});
}

const FewShotPrompts& few_shot_prompts() {
  static const auto prompts = read_embedded<FewShotPrompts>("prompts/few-shot.yaml");
  return prompts;
}

const JudgePrompts& judge_prompts() {
  static const auto prompts = read_embedded<JudgePrompts>("prompts/judge.yaml");
  return prompts;
}

std::string judge_prompts_sha256() {
  return sha256_of(embedded_file("prompts/judge.yaml"));
}

std::string background_prompt(const std::string& name) {
  const auto tree = embedded_tree("prompts/two-stage.yaml");
  const auto& known = tree.at("background");
  if (const auto found = known.find(name); found != known.end()) return found->get<std::string>();
  std::string names;
  for (const auto& item : known.items()) names += (names.empty() ? "" : ", ") + item.key();
  fail_usage({.where = "background_prompt", .found = name, .expected = "one of " + names});
}

std::string second_stage_prompt() {
  return embedded_tree("prompts/two-stage.yaml").at("second_stage").get<std::string>();
}

}  // namespace c2c
