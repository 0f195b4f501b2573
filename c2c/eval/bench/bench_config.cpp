#include "c2c/eval/bench/bench_config.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "c2c/base/error.h"
#include "c2c/io/config/assign.h"

namespace c2c::bench {
namespace {

std::vector<std::string> split(const std::vector<std::string>& texts) {
  std::vector<std::string> words;
  for (const std::string& text : texts)
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find(',', begin), text.size());
      const std::string word = text.substr(begin, end - begin);
      if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
      begin = end + 1;
    }
  return words;
}

// Words out of a known set.
std::vector<std::string> parse_names(const std::vector<std::string>& texts, const std::string& flag,
                                     const std::vector<std::string>& known) {
  std::string all;
  for (const std::string& name : known) all += (all.empty() ? "" : ", ") + name;
  const auto words = split(texts);
  for (const std::string& word : words) {
    if (std::find(known.begin(), known.end(), word) != known.end()) continue;
    const std::string near = nearest_name(word, known);
    fail_usage({.where = flag,
                .found = word.empty() ? "an empty text" : word,
                .expected = all,
                .hint = near.empty() ? "" : "did you mean " + near + "?"});
  }
  return words;
}

}  // namespace

std::vector<std::int64_t> parse_counts(const std::vector<std::string>& texts, const std::string& flag,
                                       std::int64_t minimum) {
  constexpr std::int64_t kMost = 1'000'000;
  std::vector<std::int64_t> counts;
  for (const std::string& word : split(texts)) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size() || value < minimum || value > kMost)
      fail_usage({.where = flag,
                  .found = word.empty() ? "an empty text" : word,
                  .expected = "numbers from " + std::to_string(minimum) + " to " + std::to_string(kMost) +
                              ", separated by commas"});
    counts.push_back(value);
  }
  return counts;
}

const std::vector<std::string>& stage_names() {
  static const std::vector<std::string> names = {"ceilings", "timings", "answers", "requests",
                                                 "prefix",   "quality", "memory"};
  return names;
}

void RivalConfig::visit_fields(const FieldVisitor& visit) {
  visit({.key = "",
         .flags = "--python",
         .help = "interpreter that has torch and transformers, for the Python reference",
         .target = &python,
         .is_path = true});
  visit({.key = "",
         .flags = "--llama-python",
         .help = "interpreter that has llama_cpp, for llama.cpp; unset: --python",
         .target = &llama_python,
         .is_path = true});
  visit({.key = "",
         .flags = "--ref",
         .help = "checkout of the reference implementation (thu-nics/C2C)",
         .target = &reference,
         .is_path = true});
  visit({.key = "",
         .flags = "--bench-cache",
         .help = "folder for the files that rivals make of the models; unset: c2c/bench in the user's cache folder",
         .target = &cache,
         .is_path = true});
  visit({.key = "", .flags = "--no-rivals", .help = "only this program", .target = &disabled});
}

void BenchConfig::visit_fields(const FieldVisitor& visit) {
  visit_what(visit);
  visit_how(visit);
  rivals.visit_fields(visit);
}

void BenchConfig::visit_what(const FieldVisitor& visit) {
  visit({.key = "",
         .flags = "-m,--model,--receiver",
         .help = "the receiver: folder, GGUF file or org/name; unset: the run file's",
         .target = &run.receiver.model,
         .is_path = true});
  visit({.key = "",
         .flags = "--sharer",
         .help = "a model whose cache is shared; unset: the run file's",
         .target = &run.sharer_flags,
         .is_path = true});
  visit({.key = "",
         .flags = "--fuser",
         .help = "its fuser, for whole answers (and for all, with --hidden 0); unset: the run file's",
         .target = &run.fuser_flags,
         .is_path = true});
  visit({.key = "",
         .flags = "--weights",
         .help = "how weights are held: f32, bf16, q8, q4; a list, as in bf16,q8",
         .target = &weight_texts_});
  visit({.key = "",
         .flags = "--kv",
         .help = "how keys and values are held; auto: as the arithmetic's type",
         .target = &run.kv,
         .choices = {"auto", "f32", "bf16", "q8"}});
  visit({.key = "",
         .flags = "-p,--prompt,--n-prompt",
         .help = "prompt lengths, as in 32,128,512",
         .target = &prompt_texts_});
  visit({.key = "",
         .flags = "-n,--n-gen",
         .help = "tokens that are decoded after each prompt",
         .target = &new_tokens,
         .minimum = 1,
         .maximum = 100000});
  visit({.key = "", .flags = "-t,--threads", .help = "thread counts, as in 1,2; unset: all", .target = &thread_texts_});
  visit({.key = "",
         .flags = "--hidden",
         .help = "hidden size of the random fuser, all gates open; 0: the run's own fuser",
         .target = &hidden,
         .minimum = 0,
         .maximum = 65536});
}

void BenchConfig::visit_how(const FieldVisitor& visit) {
  visit({.key = "",
         .flags = "-r,--repetitions,--repeat",
         .help = "of each timing, in turn with the rivals'; medians are shown",
         .target = &repeat,
         .minimum = 1,
         .maximum = 10000});
  visit({.key = "", .flags = "--parallel", .help = "requests at once, as in 1,2,4,8", .target = &request_texts_});
  visit({.key = "",
         .flags = "-q,--questions",
         .help = "questions for C2C against text-to-text",
         .target = &questions,
         .minimum = 1,
         .maximum = 10000});
  visit({.key = "",
         .flags = "--stages",
         .help = "only these, as in ceilings,timings: ceilings, timings, answers, requests, prefix, quality, memory",
         .target = &stage_texts_});
  visit({.key = "",
         .flags = "--gemm-size",
         .help = "size of the square matrices of the GEMM ceilings; 0: 2048 and 4096",
         .target = &gemm_size,
         .minimum = 0,
         .maximum = 16384});
  visit({.key = "",
         .flags = "--quick",
         .help = "within 50 s, without rivals: every ratio to the machine and to ourselves",
         .target = &quick});
}

void BenchConfig::finish() {
  const auto or_else = [](const std::vector<std::string>& texts, const std::string& otherwise) {
    return texts.empty() ? std::vector<std::string>{otherwise} : texts;
  };
  weights = parse_names(or_else(weight_texts_, "bf16"), "--weights", {"f32", "bf16", "q8", "q4"});
  prompts = parse_counts(or_else(prompt_texts_, "512"), "--prompt", 2);
  requests = parse_counts(or_else(request_texts_, quick ? "1,8" : "1,2,4,8"), "--parallel");
  threads = thread_texts_.empty() ? std::vector<std::int64_t>{} : parse_counts(thread_texts_, "--threads");
  stages = stage_texts_.empty() ? stage_names() : parse_names(stage_texts_, "--stages", stage_names());
  if (quick) {
    if (stage_texts_.empty()) std::erase(stages, "quality");
    rivals.disabled = true;
    new_tokens = std::min<std::int64_t>(new_tokens, 16);
  }
  if (rivals.llama_python.empty()) rivals.llama_python = rivals.python;
  run.apply_overrides();
}

bool BenchConfig::has_stage(const std::string& stage) const {
  return std::find(stages.begin(), stages.end(), stage) != stages.end();
}

Rounds BenchConfig::rounds(double quick_seconds) const {
  return {.count = repeat, .seconds = quick ? quick_seconds : std::numeric_limits<double>::infinity()};
}

}  // namespace c2c::bench
