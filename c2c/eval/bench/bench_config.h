// What `c2c bench` measures: models, shapes, repetitions, rivals.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "c2c/eval/bench/samples.h"
#include "c2c/infer/pipelines/run_config.h"
#include "c2c/io/config/field.h"

namespace c2c::bench {

// Where the programs that we are compared with are. Empty: that rival is left out.
struct RivalConfig {
  std::string python;             // an interpreter that has torch and transformers
  std::string llama_python;       // one that has llama_cpp; empty: `python`
  std::string reference;          // checkout of the reference implementation
  std::string cache;              // folder for the packings and folders that rivals need
  std::filesystem::path scripts;  // folder of llamacpp.py and reference.py; the program knows where
  bool disabled = false;
  bool show_messages = false;

  void visit_fields(const FieldVisitor& visit);
};

// "32,128" or several texts of that kind; every number once, in the order given. Throws kUsage naming `flag`.
std::vector<std::int64_t> parse_counts(const std::vector<std::string>& texts, const std::string& flag,
                                       std::int64_t minimum = 1);

struct BenchConfig {
  RunConfig run;  // receiver, sharers, fusers; dtype and weights are set for each of `weights`
  std::vector<std::string> weights;
  std::vector<std::int64_t> prompts, threads, requests;
  std::vector<std::string> stages;
  std::int64_t new_tokens = 64;
  std::int64_t repeat = 5;
  std::int64_t hidden = 1024;  // of the random fuser; 0: the run's own fuser
  std::int64_t questions = 20, context_tokens = 64, answer_tokens = 32;
  std::int64_t gemm_size = 0;  // 0: 2048 and 4096 (quick: 2048)
  bool quick = false;
  RivalConfig rivals;

  void visit_fields(const FieldVisitor& visit);
  // After the flags: texts to lists, defaults of what was not given, bounds. Throws kUsage.
  void finish();
  bool has_stage(const std::string& stage) const;
  // Repetitions within the time that a quick run has for a stage.
  Rounds rounds(double quick_seconds) const;

 private:
  void visit_what(const FieldVisitor& visit);  // models and shapes
  void visit_how(const FieldVisitor& visit);

  std::vector<std::string> weight_texts_, prompt_texts_, thread_texts_, request_texts_, stage_texts_;
};

const std::vector<std::string>& stage_names();  // in the order in which they run

}  // namespace c2c::bench
