#include "c2c/cli/eval_files.h"

#include <cctype>
#include <chrono>
#include <cstdio>
#include <ctime>

#include "c2c/eval/results/lm_eval_files.h"
#include "c2c/eval/results/reference_files.h"
#include "c2c/io/formats/source.h"

namespace c2c::cli {
namespace {

namespace fs = std::filesystem;

std::string utc(const char* format) {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[40];
  std::strftime(text, sizeof text, format, &parts);
  return text;
}

std::string file_name(std::string text) {
  for (char& c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '.') c = '_';
  return text;
}

void write_bad_samples(const fs::path& folder, const RunInfo& info, const std::vector<SampleResult>& results) {
  for (const SampleResult& result : results) {
    if (result.error.empty()) continue;
    const TaskInfo* task = info.find_task(result.task);
    const std::string dataset = task != nullptr ? task->dataset : result.task;
    const nlohmann::ordered_json bad = {
        {"dataset", dataset},    {"subject", result.subject},   {"question_id", result.row}, {"system", result.system},
        {"error", result.error}, {"question", result.question}, {"prompt", result.prompt}};
    fs::create_directories(folder / "bad_samples");
    const std::string name = "bad_" + dataset + "_" + result.subject + "_" + std::to_string(result.row) + "_" +
                             result.system + (result.method == kJudgeMethod ? "_judge" : "");
    write_file_atomically(folder / "bad_samples" / (file_name(name) + ".json"),
                          bad.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  }
}

// Files of other programs have no place for a judge's.
std::vector<SampleResult> without_verdicts(std::vector<SampleResult> results) {
  std::erase_if(results, [](const SampleResult& result) { return result.method == kJudgeMethod; });
  return results;
}

}  // namespace

Summary write_eval_files(const fs::path& folder, const RunInfo& info, const std::vector<SampleResult>& results) {
  const Summary summary = summarize(results, info);
  write_file_atomically(folder / "summary.json", to_json(summary).dump(2) + "\n");
  write_file_atomically(folder / "table.md", summary_table(summary, TableStyle::kMarkdown) + "\n");
  const std::vector<SampleResult> answers = without_verdicts(results);
  write_reference_files(folder / "reference", info, answers, utc("%Y%m%d_%H%M%S"));
  write_lm_eval_files(folder / "lm_eval", info, answers, utc("%Y-%m-%dT%H-%M-%S.000000"));
  write_bad_samples(folder, info, results);
  write_report(folder / "report.html", {{info, results}}, "");
  return summary;
}

void write_report(const fs::path& page, const std::vector<ReportRun>& runs, const std::string& title) {
  write_file_atomically(page, html_report(runs, {.title = title, .summary = {}}));
}

std::string judge_detail(const JudgeProgress& now) {
  char text[80];
  std::snprintf(text, sizeof text, ": %.3f right so far", now.right);
  return text + (now.failed > 0 ? ", " + std::to_string(now.failed) + " without a verdict" : std::string());
}

std::string progress_detail(const EvalProgress& now) {
  char text[80];
  const long left = static_cast<long>(now.seconds_left() + 0.5);
  std::snprintf(text, sizeof text, ": %s %.3f so far, %ld:%02ld left", now.method.c_str(), now.score, left / 60,
                left % 60);
  return text;
}

}  // namespace c2c::cli
