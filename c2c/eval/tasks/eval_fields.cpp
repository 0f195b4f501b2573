// The keys of an evaluation's file: the reference's first, then ours.
#include "c2c/eval/tasks/eval_config.h"

namespace c2c {
namespace {

Field field(const char* key, FieldTarget target, const char* help, std::vector<std::string> choices = {}) {
  return {.key = key, .flags = "", .help = help, .target = std::move(target), .choices = std::move(choices)};
}
Field path(const char* key, FieldTarget target, const char* help) {
  Field given = field(key, std::move(target), help);
  given.is_path = true;
  return given;
}
Field range(double minimum, double maximum, Field given) {
  given.minimum = minimum, given.maximum = maximum;
  return given;
}
Field at_least(double minimum, Field given) {
  given.minimum = minimum;
  return given;
}

}  // namespace

void EvalGeneration::visit_fields(const FieldVisitor& visit) {
  visit(field("do_sample", &do_sample, "draw tokens instead of taking the likeliest"));
  visit(at_least(1, field("max_new_tokens", &max_new_tokens, "tokens of a reply")));
  visit(at_least(1, field("max_length", &max_length, "tokens of prompt and reply")));
  visit(at_least(0, field("temperature", &temperature, "of sampling")));
  visit(range(0, 1, field("top_p", &top_p, "probability that is kept")));
  visit(field("top_k", &top_k, "likeliest tokens that are kept; -1 or 0: all"));
  visit(range(0, 1, field("min_p", &min_p, "share of the likeliest token's probability that a token needs")));
  visit(field("repetition_penalty", &repetition_penalty, "divides logits of tokens that were seen"));
  visit(field("presence_penalty", &presence_penalty, "subtracted once from tokens that were seen"));
  visit(field("frequency_penalty", &frequency_penalty, "subtracted for each time a token was seen"));
}

void EvalRosetta::visit_fields(const FieldVisitor& visit) {
  visit(path("base_model", &base_model, "the receiver"));
  visit(path("teacher_model", &teacher_models, "the sharer, a list of them, or a map of name to model"));
  visit(field("teacher_names", &teacher_names, "names of the sharers; a map says them by itself"));
  visit(path("checkpoints_dir", &checkpoints, "folder of projectors, one for each sharer"));
  visit(field("multi_source_fusion_mode", &fusion, "how several sharers meet", {"sequential", "parallel"}));
  visit(field("include_response", &include_response, "reply tokens are fused too"));
  visit(field("is_do_alignment", &align, "sharers read tokens of their own"));
  visit(field("alignment_strategy", &alignment_strategy, "how tokens are paired", {"first", "longest", "span"}));
}

void EvalSystem::visit_fields(const FieldVisitor& visit) {
  visit(field("name", &name, "in tables and file names"));
  visit(path("model_name", &model_name, "Rosetta, two_stage, two_stage_rosetta, or a model"));
  visit({.key = "generation_config", .flags = "", .help = "of replies", .target = field_group(generation)});
  visit({.key = "rosetta_config", .flags = "", .help = "receiver and sharers", .target = field_group(rosetta)});
  visit(field("is_do_alignment", &align, "wins over rosetta_config's"));
  visit(path("context_model_path", &context_model_path, "two stages: the model that writes the background"));
  visit(path("answer_model_path", &answer_model_path, "two stages: the model that answers"));
  visit(field("background_prompt", &background_prompt, "what the first stage is asked: {question}"));
  visit(path("rosetta_checkpoint_dir", &rosetta_checkpoint_dir, "two stages with C2C: the run's folder"));
  visit(field("rosetta_subfolder", &rosetta_subfolder, "of that folder"));
  visit(at_least(2, field("max_length", &max_length, "tokens of a LongBench prompt")));
  visit(path("run_file", &run_file, "a run file of c2c: receiver, sharers, fuser"));
  visit(field("mode", &mode, "who of run_file answers; a system given as a plain text is its mode",
              {"receiver", "sharer", "t2t", "c2c", "control", "t2t_c2c"}));
  visit(field("sharer_mask", &sharer_mask, "sharers that are heard, by number from 1 or name; not said: all"));
  visit(field("control", &control, "other_sample: sharers read another sample's prompt", {"none", "other_sample"}));
  visit(field("oracle", &oracle, "K and V from elsewhere", {"none", "enrich", "replace"}));
  visit(path("oracle_model", &oracle_model, "replace: whose K and V"));
  visit(path("tokenizer", &tokenizer, "instead of the model's own"));
  visit(path("chat_template", &chat_template, "Jinja file instead of the model's own"));
  visit(field("weights", &weights, "how weights are held"));
  visit(field("dtype", &dtype, "of the arithmetic"));
  visit(range(0, 1, field("kv_cache_proportion", &kv_cache_proportion, "instead of the task's")));
  visit(field("kv_cache_order_mode", &kv_cache_order_mode, "instead of the task's", {"front", "back"}));
}

void WordNetTask::visit_fields(const FieldVisitor& visit) {
  visit(field("part", &part, "part of speech", {"noun", "verb", "adj", "adv"}));
  visit(at_least(4, field("held_out", &held_out, "pairs that training left out")));
  visit(at_least(0, field("seed", &seed, "of the shuffle, as `c2c data wordnet`")));
}

void EvalTask::visit_fields(const FieldVisitor& visit) {
  visit(field("dataset", &dataset, "a benchmark or a format of local files"));
  visit(field("gpu_ids", &gpu_ids, "devices; in mode exact as many parts"));
  visit(field("answer_method", &answer_methods, "how answers are taken; one or a list",
              {"generate", "logits", "loglikelihood", "cross_entropy"}));
  visit(field("use_cot", &use_cot, "ask for reasons"));
  visit(field("use_template", &use_template, "ask with instructions"));
  visit(at_least(1, field("sample_interval", &sample_interval, "every n-th row")));
  visit(field("limit", &limit_texts, "first n rows of each subject, or [start, end]"));
  visit(field("subjects", &subjects, "only these"));
  visit(field("response_text", &response_text, "how a reply begins (logits, loglikelihood)"));
  visit(range(0, 1, field("kv_cache_proportion", &kv_cache_proportion, "part of the prompt that is fused")));
  visit(field("kv_cache_order_mode", &kv_cache_order_mode, "which part", {"front", "back"}));
  visit(at_least(1, field("communication_max_new_tokens", &communication_max_new_tokens, "two stages: background")));
  visit(at_least(1, field("response_max_new_tokens", &response_max_new_tokens, "two stages: reply")));
  visit(at_least(1, field("max_new_tokens", &max_new_tokens, "two stages, where generation_config has none")));
  visit(path("checkpoints_dir", &checkpoints, "legacy place of rosetta_config.checkpoints_dir"));
  visit(field("longbench_e", &longbench_e, "LongBench-E"));
  visit(path("longbench_prompt_format_path", &longbench_prompts, "JSON of prompts; not said: LongBench's own"));
  visit(path("longbench_maxlen_format_path", &longbench_max_lengths, "JSON of reply lengths; not said: LongBench's"));
  visit(field("debug_dump_bad_samples", &dump_bad_samples, "write samples that failed to bad_samples/"));
  visit(field("cuda_launch_blocking", &cuda_launch_blocking, "read and ignored"));
  visit(field("math_grading_method", &math_grading_method, "read and ignored, as in the reference"));
  visit(field("name", &name, "of the task, in tables"));
  visit(path("data_path", &data_path, "file or folder instead of the benchmark's repository"));
  visit(field("set", &set, "evals: which set of the registry in data_path"));
  visit(field("split", &split, "instead of the benchmark's"));
  visit(field("mode", &mode_name, "exact: as the reference; fixed: without its mistakes", {"exact", "fixed"}));
  visit(field("prompt", &prompt, "a set of prompts, or a YAML file of them"));
  visit(range(0, 1000, field("shots", &shots, "examples before a question")));
  visit(path("shots_path", &shots_path, "file or folder of examples instead of the benchmark's"));
  visit(field("error_types", &error_types, "mmlu-redux: only rows of these"));
  visit(field("longbench_all", &longbench_all, "also the three quarters left for training"));
  visit(path("jieba", &jieba, "folder of jieba, whose words LongBench's Chinese scores count; not said: characters"));
  visit(field("match", &match, "how ideals are compared", {"match", "includes", "fuzzy_match", "exact"}));
  visit({.key = "wordnet", .flags = "", .help = "of the WordNet tasks", .target = field_group(wordnet)});
  visit(at_least(0, field("seed", &seed, "of every draw")));
  visit(at_least(0, field("batch_size", &batch_size, "samples at once; 0: as fits")));
}

void EvalJudge::visit_fields(const FieldVisitor& visit) {
  visit(field("endpoint", &endpoint, "OpenAI-compatible service, https://host/v1; not said: nobody judges"));
  visit(field("model", &model, "that judges, as the service calls it"));
  visit(field("api_key_env", &api_key_env, "environment variable that holds the service's key"));
  visit(path("api_key_file", &api_key_file, "file that holds it, instead"));
  visit(range(1, 256, field("parallel", &parallel, "questions at once")));
  visit(range(1, 100, field("tries", &tries, "of a question, where the service is busy or away")));
  visit(at_least(1, field("max_tokens", &max_tokens, "of the judge's reply; not said: the service's own")));
  visit(range(0, 2, field("temperature", &temperature, "of the judge; not said: the service's own")));
  visit(range(0.1, 86400, field("timeout", &timeout, "seconds of one try")));
}

}  // namespace c2c
