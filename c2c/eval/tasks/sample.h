// One question of a benchmark, as every system is asked it, and what counts as its answer.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "c2c/text/chat/chat_template.h"

namespace c2c {

enum class TruthKind {
  kLetter,     // one of the options
  kMath,       // a number, or LaTeX
  kIdeals,     // one of several texts, by the task's IdealMatch
  kLongBench,  // one of several texts, by the metric of its LongBench task
  kText,       // a reply whose probability is measured (cross-entropy), as a continuation of the messages
};

struct Truth {
  TruthKind kind = TruthKind::kLetter;
  std::string text;          // as the reference's true_answer: the letter, the number, the LaTeX; kText: the reply
  std::vector<int> options;  // right options, 0 is A; more than one only where the data says so (mode fixed)
  std::vector<std::string> answers;  // kIdeals, kLongBench
};

// What LongBench's files of predictions carry along.
struct LongBenchRow {
  std::string task;  // without "_e"
  std::string id;    // _id
  std::vector<std::string> classes;
  std::int64_t length = 0;
  std::int64_t max_new_tokens = 0;  // of this task, as LongBench itself sets it
};

struct EvalSample {
  std::string id;  // "nutrition/17": subject and row; unique in its task, the same in every run
  std::string subject;
  std::string subcategory, category;  // empty where the benchmark has none
  std::string split;
  std::int64_t row = 0;              // in its table: the reference's question_id
  std::string question;              // without options: what the first of two stages is asked
  std::vector<std::string> options;  // texts, A first; empty: no choice to make
  // The replies that log-likelihood compares, in the order of `options`; empty: the options' texts.
  std::vector<std::string> replies;
  Messages messages;       // the prompt; without the shots
  std::string shots;       // examples that may stand before the question (`shots: N`)
  std::string shot_query;  // the question in the form of the shots, which follows them
  Truth truth;
  // The prompt is a text to continue, not a chat message (some tasks of LongBench, mode fixed).
  bool plain_text = false;
  LongBenchRow longbench;
};

}  // namespace c2c
