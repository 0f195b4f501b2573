#include "c2c/cli/analyze_models.h"

#include <charconv>

#include "c2c/base/error.h"
#include "c2c/cli/run_options.h"
#include "c2c/cli/terminal.h"
#include "c2c/eval/analysis/consistency.h"
#include "c2c/eval/analysis/weights.h"
#include "c2c/infer/pipelines/torch_errors.h"
#include "c2c/io/config/assign.h"
#include "c2c/io/formats/source.h"

namespace c2c::cli {
namespace {

constexpr std::int64_t kMostLayers = 4096;

std::int64_t layer_number(const std::string& text, const std::string& whole) {
  std::int64_t number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0 || number > kMostLayers)
    fail_usage({.where = "--layers", .found = whole, .expected = "numbers and ranges, as 0,5,10-12"});
  return number;
}

RunConfig run_file(const std::string& path) {
  RunConfig config;
  assign_file(fields_of(config), path);
  config.apply_overrides();
  check_model_files(config);
  return config;
}

}  // namespace

bool runs_models(const std::string& what) {
  return what == "weights" || what == "consistency" || what == "sensitivity" || what == "embeddings";
}

std::string path_of_model_analysis(const std::string& what) {
  if (what == "consistency") return "a configuration (docs/analyses.md)";
  return what == "sensitivity" ? "the configuration of an evaluation" : "a run file with a sharer and its fuser";
}

void ModelAnalyses::visit_fields(const FieldVisitor& visit) {
  const auto flag = [&](const char* flags, const char* help, FieldTarget target, bool is_path = false) {
    visit({.key = "", .flags = flags, .help = help, .target = std::move(target), .is_path = is_path});
  };
  flag("--questions", "weights, embeddings: a question a line, or a table with question or messages", &questions_,
       true);
  flag("--data-path", "with --task: where its rows are", &data_path_, true);
  visit({.key = "",
         .flags = "--samples",
         .help = "how many questions (sensitivity 20, embeddings 8, weights 32; consistency: all)",
         .target = &samples_,
         .minimum = 1});
  flag("--layers", "of the receiver, as 0,5,10-12 (sensitivity: all; embeddings: three of those that fusing changes)",
       &layers_);
  flag("--checkpoints", "consistency: a folder of checkpoint-<n> and final, each measured", &checkpoints_, true);
  flag("--set", "sensitivity: key=value over the configuration", &overrides_);
  flag("--noise-mean", "sensitivity", &noise_mean_);
  visit({.key = "",
         .flags = "--noise-std",
         .help = "sensitivity: in standard deviations of the layer's own",
         .target = &noise_std_,
         .minimum = 0});
  flag("--noise-absolute", "sensitivity: mean and deviation as they are, as in the reference", &absolute_);
  flag("--source", "sensitivity: the keys and values of this model instead of noise", &source_, true);
  flag("--whole-prompt", "sensitivity: all of it, not the question alone", &whole_prompt_);
  flag("--values", "embeddings: values too", &values_);
  visit({.key = "",
         .flags = "--per",
         .help = "embeddings: a point for each token, or each question's mean",
         .target = &per_,
         .choices = {"token", "sequence"}});
  flag("--no-control", "embeddings: without the cache that heard another question", &no_control_);
  flag("--no-tsne", "embeddings: principal components alone", &no_tsne_);
  visit({.key = "", .flags = "--perplexity", .help = "embeddings: of t-SNE", .target = &perplexity_, .minimum = 1});
  flag("--seed", "of noise and of t-SNE (42)", &seed_);
  visit({.key = "",
         .flags = "--bins",
         .help = "weights: of histograms",
         .target = &bins_,
         .minimum = 1,
         .maximum = 1000});
  flag("--every-token", "weights: histograms of every token and head, not of each prompt's mean", &every_token_);
}

std::vector<std::filesystem::path> ModelAnalyses::write(const std::string& what, const std::string& path,
                                                        const SharedChoice& shared,
                                                        const std::filesystem::path& folder) const {
  ProgressBar bar;
  const ProgressFn progress = bar.function();
  std::vector<std::filesystem::path> files;
  const auto keep = [&](const Analysis& analysis) {
    bar.finish();
    files = write_analysis(folder, analysis);
  };
  with_torch_errors("analyze", [&] {
    if (what == "consistency") return keep(consistency(path, progress));
    if (what == "sensitivity") return keep(sensitivity(path, shared, progress));
    const std::vector<Question> asked = questions(what, shared);
    Session session(run_file(path), progress);
    if (what == "embeddings") return keep(embeddings(session, asked, progress));
    const WeightAnalysis found =
        weight_analysis(session, asked, {.bins = static_cast<int>(bins_), .every_token = every_token_}, progress);
    keep(found.analysis);
    files.push_back(folder / "projector_weights.csv");
    write_file_atomically(files.back(), to_csv(found.per_prompt));
  });
  return files;
}

Analysis ModelAnalyses::consistency(const std::string& path, const ProgressFn& progress) const {
  ConsistencyConfig config = load_consistency_config(path);
  if (samples_ > 0) config.max_samples = samples_;
  std::vector<std::filesystem::path> checkpoints;
  if (!checkpoints_.empty()) checkpoints = consistency_checkpoints(checkpoints_);
  return consistency_analysis(config, checkpoints, progress);
}

Analysis ModelAnalyses::sensitivity(const std::string& path, const SharedChoice& shared,
                                    const ProgressFn& progress) const {
  SensitivityOptions options{.systems = shared.systems, .layers = layers()};
  options.mean = noise_mean_;
  options.std = noise_std_;
  options.absolute = absolute_;
  options.source = source_;
  options.whole_prompt = whole_prompt_;
  if (samples_ > 0) options.samples = samples_;
  options.seed = seed_.value_or(options.seed);
  return sensitivity_analysis(load_eval_config(path, overrides_), options, progress);
}

Analysis ModelAnalyses::embeddings(Session& session, const std::vector<Question>& questions,
                                   const ProgressFn& progress) const {
  EmbeddingOptions options;
  options.clouds = {.layers = layers(), .values = values_, .control = !no_control_, .means = per_ == "sequence"};
  options.with_tsne = !no_tsne_;
  options.tsne.perplexity = perplexity_;
  options.tsne.seed = seed_.value_or(options.tsne.seed);
  return embedding_analysis(session, questions, options, progress);
}

std::vector<Question> ModelAnalyses::questions(const std::string& what, const SharedChoice& shared) const {
  if (questions_.empty() == shared.task.empty())
    fail_usage({.where = "analyze " + what,
                .found = questions_.empty() ? "no question" : "--questions and --task",
                .expected = "--questions FILE or --task BENCHMARK"});
  const std::int64_t most = samples_ > 0 ? samples_ : what == "weights" ? 32 : 8;
  return questions_.empty() ? task_questions(shared.task, data_path_, most) : read_questions(questions_, most);
}

std::vector<std::int64_t> ModelAnalyses::layers() const {
  std::vector<std::int64_t> numbers;
  for (const std::string& text : layers_)
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find(',', begin), text.size());
      const std::string one = text.substr(begin, end - begin);
      const std::size_t dash = one.find('-');
      const std::int64_t first = layer_number(one.substr(0, dash), text);
      const std::int64_t last = dash == one.npos ? first : layer_number(one.substr(dash + 1), text);
      if (last < first) layer_number("", text);
      for (std::int64_t layer = first; layer <= last; ++layer) numbers.push_back(layer);
      begin = end + 1;
    }
  return numbers;
}

}  // namespace c2c::cli
