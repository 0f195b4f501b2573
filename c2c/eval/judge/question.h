// What a judging model is asked about a reply: the reference's questions (tasks/prompts/judge.yaml).
#pragma once
#include <optional>
#include <string>

#include "c2c/eval/results/sample_result.h"
#include "c2c/eval/tasks/benchmark.h"

namespace c2c {

enum class JudgeTopic { kMath, kGsm8k, kChoice };

// By the benchmark's truth; nothing for those that the reference has no question about (texts, LongBench).
std::optional<JudgeTopic> judge_topic(const Benchmark& benchmark);

// Was the reply ended by its limit of tokens? As eval/runs notes it.
bool is_cut_off(const SampleResult& generated);

// The question about a result of method generate. A finished reply is shown from behind its first </think>, or its last
// 1000 characters where there is none; one that was cut off is shown whole, with a question of its own.
std::string judge_question(JudgeTopic topic, const SampleResult& generated);

}  // namespace c2c
