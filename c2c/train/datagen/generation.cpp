#include "c2c/train/datagen/generation.h"

#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

#include "c2c/base/content_hash.h"
#include "c2c/base/error.h"
#include "c2c/train/data/extract.h"
#include "c2c/train/datagen/generated_files.h"
#include "c2c/train/datagen/journal.h"

namespace c2c {
namespace {

using Clock = std::chrono::steady_clock;

// Hands rows to threads, takes their replies, and knows when to stop.
class Run {
 public:
  Run(const GenerationOptions& options, const QuestionRows& rows, Journal& journal, Teacher& teacher)
      : options_(options), rows_(rows), journal_(journal), teacher_(teacher) {
    progress_.total = rows.size();
  }

  void answer_all() {
    std::vector<std::thread> threads;
    for (std::int64_t i = 0; i < std::min(options_.parallel, rows_.size()); ++i)
      threads.emplace_back([this] { work(); });
    for (std::thread& thread : threads) thread.join();
    if (problem_) std::rethrow_exception(problem_);
  }

 private:
  void work() {
    try {
      for (std::int64_t i = 0; (i = next()) >= 0;) ask(i);
    } catch (...) {
      const std::scoped_lock lock(mutex_);
      if (!problem_) problem_ = std::current_exception();
    }
  }

  std::int64_t next() {
    const std::scoped_lock lock(mutex_);
    return problem_ || next_ == rows_.size() ? -1 : next_++;
  }

  void ask(std::int64_t i) {
    const auto question = rows_.question(i);
    const std::int64_t row = rows_.row(i);
    const Journal::State state = question ? journal_.state(row) : Journal::State::kAnswered;
    const bool is_open = state == Journal::State::kOpen || (state == Journal::State::kFailed && options_.retry_errors);
    if (!is_open) return note(false, state == Journal::State::kFailed, {});
    JournalEntry entry{.row = row, .key = question_key(*question)};
    try {
      entry.reply = teacher_.answer(question->messages, row_seed(options_.seed, row));
      if (stripped(entry.reply.text).empty()) entry.error = "the reply is empty (" + entry.reply.finish + ")";
    } catch (const TeacherGone&) {
      throw;
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kInternal) throw;
      entry.error = error.what();
    }
    journal_.put(entry);
    note(true, !entry.error.empty(), entry.error);
  }

  void note(bool was_asked, bool has_failed, const std::string& error) {
    const std::scoped_lock lock(mutex_);
    ++progress_.done;
    progress_.asked += was_asked ? 1 : 0;
    progress_.failed += has_failed ? 1 : 0;
    progress_.seconds = std::chrono::duration<double>(Clock::now() - begun_).count();
    if (options_.progress) options_.progress(progress_);
    if (!was_asked) return;
    in_a_row_ = has_failed ? in_a_row_ + 1 : 0;
    if (options_.most_failures > 0 && in_a_row_ >= options_.most_failures)
      fail_input({.where = "teacher",
                  .found = std::to_string(in_a_row_) + " rows failed one after another, the last with: " + error,
                  .expected = "replies",
                  .hint = "mend it and start again with --retry-errors; what is done is kept"});
  }

  const GenerationOptions& options_;
  const QuestionRows& rows_;
  Journal& journal_;
  Teacher& teacher_;
  std::mutex mutex_;
  std::int64_t next_ = 0, in_a_row_ = 0;
  GenerationProgress progress_;
  const Clock::time_point begun_ = Clock::now();
  std::exception_ptr problem_;
};

// Replies belong to questions, not to numbers: a row that has changed since is no longer answered.
void check_questions(const QuestionRows& rows, const Journal& journal, const std::filesystem::path& output) {
  for (std::int64_t i = 0; i < rows.size(); ++i) {
    if (journal.state(rows.row(i)) == Journal::State::kOpen) continue;
    const auto entry = journal.find(rows.row(i));
    const auto question = rows.question(i);
    if (question && entry->key == question_key(*question)) continue;
    fail_usage({.where = output.string(),
                .key = "row " + std::to_string(rows.row(i)) + " of " + rows.name(),
                .found = "another question than the one that was answered",
                .expected = "the input with which this folder was begun",
                .hint = "name another output folder, or move this one away"});
  }
}

}  // namespace

double GenerationProgress::seconds_left() const {
  const double speed = rows_per_second();
  return speed > 0 ? static_cast<double>(total - done) / speed : 0;
}

std::uint64_t row_seed(std::uint64_t seed, std::int64_t row) {
  ContentHash hash;
  hash.add(static_cast<std::int64_t>(seed));
  hash.add(row);
  return std::stoull(hash.hex().substr(0, 16), nullptr, 16);
}

GenerationCounts generate_data(const GenerationOptions& options, Teacher& teacher) {
  C2C_CHECK(options.parallel >= 1, "at least one question at once");
  const QuestionRows rows(options.source);
  const nlohmann::ordered_json fingerprint = {{"type", rows.kind().name},
                                              {"system", options.source.system},
                                              {"seed", options.seed},
                                              {"teacher", teacher.identity()}};
  Journal journal(options.output / "journal.jsonl", fingerprint);
  check_questions(rows, journal, options.output);
  Run(options, rows, journal, teacher).answer_all();
  journal.sync();
  return write_generated_files(options.output, rows, journal, fingerprint);
}

}  // namespace c2c
