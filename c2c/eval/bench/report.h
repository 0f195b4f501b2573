// Everything one run measured, as data; as JSON (keys: docs/benchmarks.md) and as a table.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "c2c/eval/bench/ceilings.h"
#include "c2c/eval/bench/samples.h"

namespace c2c::bench {

// What a row of who = machine is: one sweep over memory, taken in turn with the others.
inline constexpr const char* kReadSweep = "read_sweep";

// One timed thing of one contender.
struct Row {
  std::string who;  // c2c, llama.cpp, reference, machine
  // prefill, decode, fused_first_token, fused_decode, c2c_answer, text_to_text_answer, requests, requests_whole,
  // first_question, second_question, read_sweep
  std::string what;
  std::string weights;
  std::int64_t threads = 0, prompt = 0, new_tokens = 0, requests = 1;
  std::int64_t turn = 0;  // rows of one number took turns
  double tokens = 0;      // in the time of one sample
  Samples samples;
  double flops = 0, bytes = 0;  // that the timed thing must at least do and read; 0: not counted

  double tokens_per_second() const;
  double flops_per_second() const;
  double bytes_per_second() const;
};

// Peak memory of a process of its own, and what it may be: 1.15 x (weights + caches) + a bare LibTorch program + 100
// MiB.
struct MemoryRow {
  std::string weights;
  std::int64_t prompt = 0;
  std::int64_t weight_bytes = 0, cache_bytes = 0, baseline_bytes = 0, peak_bytes = 0;

  std::int64_t bound_bytes() const;
};

struct ModelRow {
  std::string role, name;  // role: receiver, sharer, fuser
  std::string weights;
  std::int64_t parameters = 0;  // elements of its matrices, embedding and head not counted
  std::int64_t held_bytes = 0;
};

// Cross-entropy of one text's answer.
struct TextScore {
  double nats = 0;  // of all its tokens
  std::int64_t tokens = 0;
};

// How well known answers are predicted.
struct QualityRow {
  std::string who;    // c2c, llama.cpp
  std::string hears;  // receiver: nobody; fused: its sharer; shuffled: the control, another text's sharer cache
  std::string weights;
  std::vector<TextScore> texts;

  std::int64_t tokens() const;
  double nats() const;  // a token's
};

// What one packing loses against another of the same program on the same texts.
struct QualityLoss {
  std::string who, hears, weights, against;
  double percent = 0;  // of the other's cross-entropy; above 0: worse
  double error = 0;    // standard error of that, over texts
};

// `value` times as good as `against`: above 1 is better, but for shares of a ceiling, where 1 is the end.
struct Ratio {
  std::string what, against, weights;
  std::int64_t threads = 0, prompt = 0, requests = 1;
  double value = 0;
};

struct LeftOut {
  std::string what, why;
};

struct Machine {
  std::string cpu, libtorch_uses, kernels_use;
  std::int64_t logical_cores = 0, memory_bytes = 0;
  double load = 0;  // programs that ran or waited, the last minute's average, before the run
};

struct Report {
  std::string version, date;
  std::vector<std::string> command;
  Machine machine;
  nlohmann::ordered_json rivals = nlohmann::ordered_json::object();  // name -> what it says about itself
  std::vector<Ceilings> ceilings;
  std::vector<ModelRow> models;
  std::vector<Row> rows;
  std::vector<MemoryRow> memory;
  std::vector<QualityRow> quality;
  std::vector<LeftOut> left_out;
  double seconds = 0;  // of the whole run
};

Machine describe_machine();
std::vector<Ratio> ratios_of(const Report& report);
// Every row against the f32 and the bf16 row of its kind, where there are such.
std::vector<QualityLoss> quality_losses(const Report& report);
nlohmann::ordered_json to_json(const Report& report);
std::string to_table(const Report& report);

}  // namespace c2c::bench
