// Folders and samples for the tests of eval/results.
#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "c2c/base/error.h"
#include "c2c/eval/results/run_info.h"
#include "c2c/eval/results/sample_result.h"
#include "tests/testing/temporary_folder.h"

namespace c2c::testing {

inline SampleResult make_result(const std::string& system, int row, double score) {
  SampleResult r;
  r.system = system;
  r.task = "quiz";
  r.method = "generate";
  r.row = row;
  r.subject = row % 2 == 0 ? "physics" : "law";
  r.subcategory = r.subject;
  r.category = row % 2 == 0 ? "STEM" : "humanities";
  r.id = r.subject + "/" + std::to_string(row);
  r.question = "Question " + std::to_string(row) + "?";
  r.options = {"one", "two", "three", "four"};
  r.prompt = "<user>" + r.question;
  r.truth = "B";
  r.reply = score == 1 ? "The correct answer is B" : "The correct answer is C";
  r.predicted = score == 1 ? "B" : "C";
  r.score = score;
  r.prompt_tokens = 40 + row;
  r.new_tokens = 4;
  r.prefill_ms = 10 + row;
  r.decode_ms = 5;
  r.total_ms = 15 + row;
  return r;
}

// The error that a call throws, for tests of what it says.
template <class Call>
Error error_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error was thrown";
  return Error("none");
}

}  // namespace c2c::testing
