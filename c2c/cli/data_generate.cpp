#include "c2c/cli/data_generate.h"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "c2c/base/error.h"
#include "c2c/cli/terminal.h"
#include "c2c/io/config/parse_text.h"
#include "c2c/train/datagen/endpoint_teacher.h"
#include "c2c/train/teacher/local_teacher.h"

namespace c2c::cli {
namespace {

std::string duration(double seconds) {
  char text[48];
  const auto whole = static_cast<long long>(seconds + 0.5);
  if (whole < 60)
    std::snprintf(text, sizeof text, "%lld s", whole);
  else if (whole < 3600)
    std::snprintf(text, sizeof text, "%lld min %02lld s", whole / 60, whole % 60);
  else
    std::snprintf(text, sizeof text, "%lld h %02lld min", whole / 3600, whole / 60 % 60);
  return text;
}

// ": 3.21 rows/s, 2 min 05 s left, 1 failed"
std::string progress_detail(const GenerationProgress& now) {
  if (now.asked == 0) return {};
  char speed[48];
  std::snprintf(speed, sizeof speed, ": %.2f rows/s, ", now.rows_per_second());
  const std::string failed = now.failed > 0 ? ", " + std::to_string(now.failed) + " failed" : "";
  return speed + duration(now.seconds_left()) + " left" + failed;
}

void report(const std::string& output, const QuestionKind& kind, const GenerationCounts& counts) {
  std::cout << output << ": " << counts.answered << " replies to " << counts.rows << " rows in generated.jsonl, "
            << kind.table << " and dataset; " << counts.answered - counts.unfinished
            << " that ended by themselves in generated_finished.jsonl and dataset_finished\n";
  if (counts.skipped > 0) log_warning(std::to_string(counts.skipped) + " rows ask nothing and were skipped");
  if (counts.failed > 0)
    log_warning(std::to_string(counts.failed) + " rows failed (errors.jsonl); --retry-errors asks them again");
  if (!counts.first_problem.empty()) log_warning("the first one: " + counts.first_problem);
}

}  // namespace

DataGenerate::DataGenerate() {
  run_.mode = "receiver";
  run_.engine.max_running = 16;  // as many as the reference's scripts ask at once
}

void DataGenerate::visit_source(const FieldVisitor& visit) {
  visit({.key = "",
         .flags = "--input",
         .help = "file, folder or org/name of the rows (default: the repository of --type)",
         .target = &source_.input,
         .is_path = true});
  visit({.key = "", .flags = "--subset", .help = "configuration of a repository", .target = &source_.subset});
  visit({.key = "", .flags = "--split", .help = "its split", .target = &source_.split});
  visit({.key = "", .flags = "--limit", .help = "the first so many rows", .target = &source_.limit, .minimum = 1});
  visit({.key = "", .flags = "--every", .help = "every n-th row", .target = &source_.every, .minimum = 1});
  visit({.key = "", .flags = "--system", .help = "system message for every question", .target = &source_.system});
  visit({.key = "",
         .flags = "--retry-errors",
         .help = "ask the rows again that failed in an earlier run",
         .target = &retry_errors_});
  visit({.key = "",
         .flags = "--most-failures",
         .help = "so many failures one after another end the run; 0: never",
         .target = &most_failures_,
         .minimum = 0});
}

void DataGenerate::visit_teacher(const FieldVisitor& visit) {
  visit_model_entry(run_.receiver, visit, "--teacher", "the model that answers");
  visit({.key = "",
         .flags = "-n,--max-new-tokens",
         .help = "most tokens of a reply (default: the reference's: 2048, dolly and openhermes 32768)",
         .target = &max_new_tokens_,
         .minimum = 1});
  const std::string wanted[] = {"--thinking", "--dtype", "--weights", "--kv", "--stop"};
  run_.visit_fields([&](const Field& field) {
    for (const std::string& flag : wanted)
      if (field.flags.find(flag) != std::string::npos) visit(field);
  });
  // The seed is one that the verbs of `c2c data` share.
  run_.sampling.visit_fields([&](const Field& field) {
    if (field.key != "seed") visit(field);
  });
  visit({.key = "",
         .flags = "--parallel",
         .help = "questions that are answered at once: the teacher's batch, or requests under way",
         .target = &run_.engine.max_running,
         .minimum = 1,
         .maximum = 1024});
}

// Defaults are those of the reference's scripts.
void DataGenerate::visit_endpoint(const FieldVisitor& visit) {
  visit({.key = "",
         .flags = "--endpoint",
         .help = "an OpenAI-compatible service as the teacher: https://host/v1",
         .target = &endpoint_});
  visit({.key = "", .flags = "--model", .help = "the model's name there", .target = &model_});
  visit({.key = "",
         .flags = "--api-key-env",
         .help = "environment variable that holds its key; not set: none is sent",
         .target = &api_key_env_});
  visit({.key = "",
         .flags = "--api-key-file",
         .help = "file that holds its key, instead",
         .target = &api_key_file_,
         .is_path = true});
  visit({.key = "", .flags = "--timeout", .help = "seconds that a reply may take", .target = &timeout_, .minimum = 1});
  visit({.key = "",
         .flags = "--tries",
         .help = "how often a question is sent where it may succeed later",
         .target = &tries_,
         .minimum = 1,
         .maximum = 100});
  visit({.key = "",
         .flags = "--retry-delay",
         .help = "seconds before the second try; doubled for each further one",
         .target = &retry_delay_,
         .minimum = 0,
         .maximum = 3600});
  visit({.key = "", .flags = "--extra", .help = "more fields for every request, a JSON object", .target = &extra_});
}

void DataGenerate::visit_fields(const FieldVisitor& visit) {
  visit_source(visit);
  visit_teacher(visit);
  visit_endpoint(visit);
}

std::unique_ptr<Teacher> DataGenerate::make_endpoint() {
  EndpointOptions options;
  options.url = endpoint_;
  options.model = model_;
  options.max_new_tokens = run_.max_new_tokens;
  options.temperature = run_.sampling.temperature;
  options.top_p = run_.sampling.top_p;
  options.top_k = run_.sampling.top_k;
  options.min_p = run_.sampling.min_p;
  options.stop = run_.stop;
  if (!extra_.empty()) {
    options.extra = nlohmann::json(parse_json_text("--extra", extra_));
    if (!options.extra.is_object())
      fail_usage({.where = "--extra", .found = options.extra.type_name(), .expected = "a JSON object"});
  }
  const auto milliseconds = [](double seconds) {
    return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1e3));
  };
  options.client.http.bearer_key = read_api_key(api_key_env_, api_key_file_, /*required=*/false);
  options.client.http.idle_timeout = options.client.http.total_timeout = milliseconds(timeout_);
  options.client.retry.max_tries = static_cast<int>(tries_);
  options.client.retry.first_wait = milliseconds(retry_delay_);
  return make_endpoint_teacher(std::move(options));
}

std::unique_ptr<Teacher> DataGenerate::make_teacher(const QuestionKind& kind, const ProgressFn& loading) {
  if (run_.receiver.model.empty() == endpoint_.empty())
    fail_usage({.where = "data generate",
                .key = "--teacher, --endpoint",
                .found = endpoint_.empty() ? "neither" : "both",
                .expected = "a model of this machine, or an address with --model"});
  run_.max_new_tokens = max_new_tokens_.value_or(kind.max_new_tokens);
  if (!endpoint_.empty()) return make_endpoint();
  return make_local_teacher(run_, loading);
}

void DataGenerate::run(const Shared& shared) {
  const QuestionKind& kind = question_kind(shared.type);
  if (shared.output.empty())
    fail_usage({.where = "data generate", .key = "--output", .found = "nothing", .expected = "a folder"});
  GenerationOptions options;
  options.source = source_;
  options.source.kind = shared.type;
  if (options.source.input.empty()) options.source.input = shared.input;
  options.output = shared.output;
  options.seed = shared.seed.value_or(0);
  options.parallel = run_.engine.max_running;
  options.retry_errors = retry_errors_;
  options.most_failures = most_failures_;
  const QuestionRows check(options.source);  // what is wrong with the source is said before a model is loaded
  ProgressBar progress;
  const auto teacher = make_teacher(kind, progress.function());
  options.progress = [&](const GenerationProgress& now) {
    progress.update("generating", static_cast<double>(now.done), static_cast<double>(now.total), progress_detail(now));
  };
  const GenerationCounts counts = generate_data(options, *teacher);
  progress.finish();
  report(shared.output, kind, counts);
}

}  // namespace c2c::cli
