#include "c2c/eval/bench/answers.h"

#include <ATen/Parallel.h>

#include <array>

#include "c2c/base/error.h"

namespace c2c::bench {
namespace {

constexpr double kQuickSeconds = 6;

constexpr std::array<const char*, 20> kWords = {"lantern",    "harbor",   "pianist",  "glacier", "orchard",
                                                "compass",    "tribunal", "velvet",   "quarry",  "sonnet",
                                                "turbine",    "meadow",   "alphabet", "furnace", "embroidery",
                                                "parliament", "vaccine",  "pendulum", "estuary", "apprentice"};

}  // namespace

std::vector<std::string> word_questions(std::int64_t count) {
  std::vector<std::string> questions;
  for (std::int64_t i = 0; i < count; ++i)
    questions.push_back("What does the word \"" + std::string(kWords[static_cast<std::size_t>(i) % kWords.size()]) +
                        "\" mean?");
  return questions;
}

std::vector<Row> measure_answers(BenchPair& pair, const BenchConfig& config, std::int64_t turn) {
  const auto questions = word_questions(config.questions);
  std::int64_t prompt = 0;
  std::size_t asked = 0;  // each contender asks the warm-up's question, then the others in turn
  const auto ask = [&](const std::string& mode, const std::string& part) {
    Request request;
    request.messages = {{"user", questions[(asked / 2) % questions.size()]}};
    request.mode = mode;
    ++asked;
    const Stopwatch watch;
    const Answer answer = pair.session().run(request);
    const double seconds = watch.seconds();
    const auto wrote = static_cast<std::int64_t>(answer.ids.size());
    if (wrote != config.answer_tokens || (mode == "t2t" && answer.context_tokens != config.context_tokens))
      fail_input({.where = "answers",
                  .key = mode,
                  .found = std::to_string(answer.context_tokens) + " and " + std::to_string(wrote) + " tokens",
                  .expected = std::to_string(config.context_tokens) + " and " + std::to_string(config.answer_tokens),
                  .hint = "a longer context length, or other models"});
    if (mode == "c2c") prompt = answer.prompt_tokens;
    return Parts{{part, seconds}};
  };
  const Rounds rounds{config.questions, config.rounds(kQuickSeconds).seconds};
  auto results = take_turns(
      {{"c2c", [&] { return ask("c2c", "c2c_answer"); }}, {"t2t", [&] { return ask("t2t", "text_to_text_answer"); }}},
      rounds);
  const auto row = [&](const char* contender, const char* what) {
    return Row{.who = "c2c",
               .what = what,
               .weights = pair.weights(),
               .threads = at::get_num_threads(),
               .prompt = prompt,
               .new_tokens = config.answer_tokens,
               .turn = turn,
               .tokens = static_cast<double>(config.answer_tokens),
               .samples = results[contender][what]};
  };
  return {row("c2c", "c2c_answer"), row("t2t", "text_to_text_answer")};
}

}  // namespace c2c::bench
