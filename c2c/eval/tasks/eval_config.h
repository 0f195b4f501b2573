// An evaluation as a YAML or JSON file: the reference's keys (spec/evaluation.md 2), and keys of ours that all have
// defaults. Several systems (`systems`) and several tasks (`tasks`) in one file each start from what `model` and `eval`
// say, so that one file makes one table.
#pragma once
#include <cstdint>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "c2c/eval/grading/letters.h"
#include "c2c/io/config/field.h"

namespace c2c {

// `generation_config`. Not said: no value, which the reference treats differently for plain and fused models.
struct EvalGeneration {
  static constexpr double kUnset = std::numeric_limits<double>::quiet_NaN();
  std::optional<bool> do_sample;
  std::optional<std::int64_t> max_new_tokens, max_length, top_k;
  double temperature = kUnset, top_p = kUnset, min_p = kUnset, repetition_penalty = kUnset, presence_penalty = kUnset,
         frequency_penalty = kUnset;
  bool said = false;  // was the map there, and not empty?
  void visit_fields(const FieldVisitor& visit);
};

// `rosetta_config`: a receiver and its sharers.
struct EvalRosetta {
  std::string base_model;
  std::vector<std::string> teacher_models, teacher_names;  // names: where the file maps name to path
  std::vector<std::string> checkpoints;                    // one folder of projectors for each sharer
  std::string fusion = "sequential", alignment_strategy = "first";
  bool include_response = false, align = false;
  void visit_fields(const FieldVisitor& visit);
};

enum class SystemKind { kSingle, kC2C, kTwoStage, kTwoStageC2C };

// One `model`, or one of `systems`.
struct EvalSystem {
  std::string name;  // in tables; not said: the last part of model_name, which also names files
  std::string model_name;
  EvalGeneration generation;
  EvalRosetta rosetta;
  std::optional<bool> align;  // model.is_do_alignment, which wins over rosetta_config's
  std::string context_model_path, answer_model_path, background_prompt;
  std::string rosetta_checkpoint_dir, rosetta_subfolder = "final";
  std::int64_t max_length = 32768;  // LongBench prompts are cut to it
  // Ours.
  std::string run_file;                  // a run file of c2c (presets/): receiver, sharers, fuser
  std::string mode;                      // who of the run file answers: receiver, sharer, t2t, c2c, control
  std::vector<std::string> sharer_mask;  // sharers that are heard, by number from 1 or name; empty: all
  std::string control = "none";          // other_sample: the sharers read another sample's prompt
  std::string oracle = "none";           // enrich or replace (spec/baselines-and-analysis.md 6 and 7)
  std::string oracle_model;              // replace: the model whose K and V are put in
  std::string tokenizer, chat_template;  // instead of the model's own
  std::string weights, dtype;            // how weights are held; empty: the run's defaults
  double kv_cache_proportion = EvalGeneration::kUnset;  // instead of the task's
  std::string kv_cache_order_mode;                      // the same; empty: the task's

  // By model_name, in the reference's order (spec/evaluation.md 3).
  SystemKind kind() const;
  bool is_aligned() const { return align.value_or(rosetta.align); }
  void visit_fields(const FieldVisitor& visit);
};

// Which rows: the first n of a subject, or those of [start, end).
struct EvalLimit {
  std::optional<std::int64_t> first, start, end;
};

struct WordNetTask {
  std::string part = "noun";
  std::int64_t held_out = 200;  // the pairs that training leaves out (`c2c data wordnet`)
  std::int64_t seed = 42;
  void visit_fields(const FieldVisitor& visit);
};

// The `eval` section, or one of `tasks`.
struct EvalTask {
  std::string name;  // in tables; not said: the data set
  std::string dataset = "mmlu-redux";
  std::vector<std::string> answer_methods;  // generate, logits, loglikelihood, cross_entropy; one or several
  bool use_cot = false, use_template = true;
  std::int64_t sample_interval = 1;
  std::vector<std::string> limit_texts;
  EvalLimit limit;  // of limit_texts
  std::vector<std::string> subjects;
  std::string response_text = "The correct answer is";
  double kv_cache_proportion = 1.0;
  std::string kv_cache_order_mode = "front";
  std::int64_t communication_max_new_tokens = 1024, response_max_new_tokens = 1024, max_new_tokens = 1024;
  std::vector<std::string> checkpoints;  // legacy place of rosetta_config.checkpoints_dir
  std::vector<std::string> gpu_ids;
  bool longbench_e = false;
  std::string longbench_prompts, longbench_max_lengths;  // JSON files; empty: LongBench's own
  bool dump_bad_samples = true, cuda_launch_blocking = false;
  std::string math_grading_method;  // read and ignored, as in the reference
  // Ours.
  std::string data_path;  // file or folder instead of the benchmark's repository
  std::string set;        // evals: which set of the registry
  std::string split;      // instead of the benchmark's
  std::string mode_name = "exact";
  grading::Mode mode = grading::Mode::kExact;  // of mode_name
  std::string prompt = "c2c";                  // a set of tasks/prompts, or a YAML file
  std::int64_t shots = 0;
  std::string shots_path;                // file or folder of examples instead of the benchmark's
  std::vector<std::string> error_types;  // mmlu-redux: only these; empty: all that can be graded
  bool longbench_all = false;            // also the three quarters that training may have seen
  std::string jieba;                     // folder of jieba, whose words Chinese scores count; empty: characters
  std::string match;                     // of ideals: match, includes, fuzzy_match, exact; empty: the set's own
  WordNetTask wordnet;
  std::int64_t seed = 42;
  std::int64_t batch_size = 0;  // 0: as fits

  const std::string& label() const { return name.empty() ? dataset : name; }
  void visit_fields(const FieldVisitor& visit);
};

// The `judge` section: a model behind an OpenAI-compatible endpoint that judges replies.
struct EvalJudge {
  std::string endpoint;  // as OpenAI's own clients take it: https://host/v1; empty: nobody judges
  std::string model;
  std::string api_key_env = "OPENAI_API_KEY";  // name of the variable that holds the key; the key itself is no key here
  std::string api_key_file;                    // a file whose one line is the key, instead
  std::int64_t parallel = 4, tries = 5;
  std::optional<std::int64_t> max_tokens;       // of its replies; unset: the service's own
  double temperature = EvalGeneration::kUnset;  // the same
  double timeout = 120;                         // seconds, of one try
  bool is_said() const { return !endpoint.empty(); }
  void visit_fields(const FieldVisitor& visit);
};

struct EvalConfig {
  EvalSystem model;
  EvalTask eval;
  EvalJudge judge;
  std::string output_dir;
  std::vector<EvalSystem> systems;  // never empty after reading: `model` where none are said
  std::vector<EvalTask> tasks;      // never empty after reading: `eval` where none are said
  std::filesystem::path path;
  std::string text;  // as it was read, with overrides applied
  void visit_fields(const FieldVisitor& visit);
};

// Throws kUsage naming file and key for unknown keys (with the nearest known one), wrong types and what cannot be;
// kInput for a file that cannot be read or parsed. `overrides`: "eval.limit=20", "systems.0.name=x".
EvalConfig load_eval_config(const std::filesystem::path& path, const std::vector<std::string>& overrides = {});
EvalConfig parse_eval_config(const std::string& text, const std::filesystem::path& path,
                             const std::vector<std::string>& overrides = {});

}  // namespace c2c
