#include "c2c/eval/judge/question.h"

#include "c2c/base/utf8.h"
#include "c2c/eval/tasks/prompts.h"

namespace c2c {
namespace {

std::string stripped(const std::string& text) {
  constexpr const char* kBlank = " \t\n\r\f\v";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

std::string shown_part(const std::string& reply, std::int64_t tail) {
  constexpr std::string_view kEndOfThoughts = "</think>";
  const std::size_t thought = reply.find(kEndOfThoughts);
  if (thought != reply.npos) return stripped(reply.substr(thought + kEndOfThoughts.size()));
  const std::u32string characters = to_utf32(reply);
  const auto most = static_cast<std::size_t>(tail);
  return characters.size() <= most ? reply : to_utf8(std::u32string_view(characters).substr(characters.size() - most));
}

const std::string& template_of(JudgeTopic topic) {
  const JudgePrompts& prompts = judge_prompts();
  switch (topic) {
    case JudgeTopic::kGsm8k:
      return prompts.gsm8k;
    case JudgeTopic::kChoice:
      return prompts.choice;
    case JudgeTopic::kMath:
      break;
  }
  return prompts.math;
}

}  // namespace

std::optional<JudgeTopic> judge_topic(const Benchmark& benchmark) {
  if (benchmark.truth == TruthKind::kLetter) return JudgeTopic::kChoice;
  if (benchmark.truth != TruthKind::kMath) return std::nullopt;
  return benchmark.name == "gsm8k" ? JudgeTopic::kGsm8k : JudgeTopic::kMath;
}

bool is_cut_off(const SampleResult& generated) {
  return generated.extra.is_object() && generated.extra.value("cut_off", false);
}

std::string judge_question(JudgeTopic topic, const SampleResult& generated) {
  const JudgePrompts& prompts = judge_prompts();
  const bool cut_off = is_cut_off(generated);
  const std::string reply = cut_off ? generated.reply : shown_part(generated.reply, prompts.tail);
  const std::string& wording = cut_off ? prompts.unfinished : template_of(topic);
  return stripped(fill_template(wording, {{"reply", reply}, {"truth", generated.truth}}));
}

}  // namespace c2c
