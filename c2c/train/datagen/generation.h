// A teacher's replies to every question of a source: asked several at once, each on disk when it is there, written out
// in the order of the source when all are.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "c2c/train/datagen/question_rows.h"
#include "c2c/train/datagen/teacher.h"

namespace c2c {

struct GenerationProgress {
  std::int64_t done = 0, total = 0;  // rows; done counts what an earlier run did
  std::int64_t asked = 0;            // of this run
  std::int64_t failed = 0;           // of all that are done
  double seconds = 0;                // of this run
  double rows_per_second() const { return seconds > 0 ? static_cast<double>(asked) / seconds : 0; }
  double seconds_left() const;
};

struct GenerationOptions {
  QuestionSource source;
  std::filesystem::path output;
  std::uint64_t seed = 0;  // of sampled replies; each row has its own, made of this and its number
  std::int64_t parallel = 8;
  bool retry_errors = false;
  // So many failures one after another, no reply between them, end the run: the teacher is gone. 0: never.
  std::int64_t most_failures = 16;
  std::function<void(const GenerationProgress&)> progress;  // after every row, one thread at a time
};

struct GenerationCounts {
  std::int64_t rows = 0;        // of the source, after limit and every
  std::int64_t skipped = 0;     // ask nothing, or cannot be read
  std::int64_t answered = 0;    // in the files
  std::int64_t unfinished = 0;  // of these, cut off before their end
  std::int64_t failed = 0;      // in errors.jsonl
  std::string first_problem;    // of a row that failed or could not be read
};

// Goes on where an earlier run ended. Throws kUsage for a folder of another configuration or another source, kInput
// where the source cannot be read, no row has an answer or the teacher is gone.
GenerationCounts generate_data(const GenerationOptions& options, Teacher& teacher);

// Of the row's own random stream.
std::uint64_t row_seed(std::uint64_t seed, std::int64_t row);

}  // namespace c2c
