// `c2c data wordnet` writes training data from WordNet, `c2c data generate` has a teacher write it; `c2c data stats`
// says what a dataset holds.
#include <iostream>

#include "c2c/base/error.h"
#include "c2c/cli/command.h"
#include "c2c/cli/data_generate.h"
#include "c2c/cli/report.h"
#include "c2c/cli/terminal.h"
#include "c2c/io/config/parse_text.h"
#include "c2c/io/tables/row_source.h"
#include "c2c/text/side/text_side.h"
#include "c2c/train/data/dataset.h"
#include "c2c/train/data/wordnet.h"

namespace c2c::cli {
namespace {

using Json = nlohmann::ordered_json;

class Data final : public Command {
 public:
  const char* name() const override { return "data"; }
  const char* description() const override {
    return "training data: have a teacher write it, make it from WordNet, or look at it";
  }
  bool computes() const override { return what_ == "generate"; }
  void add_options(CLI::App& app, CommandLine& line) override {
    line.add(app, [this](const FieldVisitor& visit) { visit_what(visit); }, "Data");
    line.add(app, [this](const FieldVisitor& visit) { visit_wordnet(visit); }, "wordnet");
    line.add(app, [this](const FieldVisitor& visit) { visit_stats(visit); }, "stats");
    line.add(app, fields_of(generate_), "generate");
  }

  void run(const Globals&, const CommandLine&) override {
    if (what_ == "wordnet") return write_pairs();
    if (what_ == "stats") return show_stats();
    if (what_ == "generate") return generate_.run({.type = type_, .input = path_, .output = output_, .seed = seed_});
    fail_usage({.where = "data",
                .found = "nothing to do",
                .expected = "c2c data generate --output DIR, c2c data wordnet --output DIR, or c2c data stats"});
  }

 private:
  void visit_what(const FieldVisitor& visit) {
    visit({.key = "",
           .flags = "what",
           .help = "what to do",
           .target = &what_,
           .choices = {"generate", "wordnet", "stats"}});
    visit({.key = "",
           .flags = "path",
           .help = "file, folder or org/name: stats (with --type read as its data_path), generate (its --input)",
           .target = &path_,
           .is_path = true});
  }
  void visit_wordnet(const FieldVisitor& visit) {
    visit({.key = "",
           .flags = "--wordnet",
           .help = "folder of WordNet's data files (Debian: wordnet-base)",
           .target = &wordnet_,
           .is_path = true});
    visit({.key = "", .flags = "--output", .help = "folder for what is written", .target = &output_, .is_path = true});
    visit({.key = "", .flags = "--part", .help = "part of speech", .target = &part_, .choices = kParts});
    visit({.key = "", .flags = "--held-out", .help = "pairs held out", .target = &held_out_, .minimum = 0});
    visit({.key = "",
           .flags = "--train",
           .help = "pairs to train on (default: all others)",
           .target = &train_,
           .minimum = 0});
    visit({.key = "",
           .flags = "--questions",
           .help = "multiple-choice questions (default: one for each held-out pair)",
           .target = &questions_,
           .minimum = 0});
    visit({.key = "",
           .flags = "--seed",
           .help = "of the shuffle, as Python's random.Random (default: 42); generate: of sampled replies (0)",
           .target = &seed_});
  }
  void visit_stats(const FieldVisitor& visit) {
    visit({.key = "",
           .flags = "--type",
           .help = "stats: dataset class (default: the table as it is); generate: dolly, gsm8k, mmlu, openhermes, chat",
           .target = &type_});
    visit({.key = "", .flags = "--kwargs", .help = "its arguments, a JSON object", .target = &kwargs_});
    visit({.key = "",
           .flags = "-m,--receiver",
           .help = "model whose tokenizer counts max_word_count",
           .target = &receiver_,
           .is_path = true});
  }

  void write_pairs() const {
    if (output_.empty())
      fail_usage({.where = "data wordnet", .key = "--output", .found = "nothing", .expected = "a folder"});
    WordNetOptions options;
    options.folder = wordnet_;
    options.output = output_;
    options.part = part_;
    options.held_out = held_out_;
    options.train = train_;
    options.questions = questions_;
    options.seed = seed_.value_or(options.seed);
    const WordNetCounts counts = write_wordnet(options);
    std::cout << output_ << ": " << counts.train << " pairs in train.jsonl, " << counts.held_out
              << " in heldout.jsonl, " << counts.questions << " questions in questions.jsonl, of " << counts.pairs
              << " pairs\n";
  }

  void show_stats() const {
    if (type_.empty()) {
      if (path_.empty())
        fail_usage({.where = "data stats", .found = "no dataset", .expected = "a path, or --type with --kwargs"});
      const auto rows = open_rows(std::filesystem::path(path_));
      Json json{{"path", path_}, {"rows", rows->size()}};
      if (rows->size() > 0) json["first"] = rows->row(0);
      std::cout << dump(json, 1) << '\n';
      return;
    }
    Json kwargs = kwargs_.empty() ? Json::object() : parse_json_text("--kwargs", kwargs_);
    if (!path_.empty() && kwargs.is_object()) kwargs["data_path"] = path_;
    ProgressBar progress;
    DatasetContext context;
    context.where = "--kwargs";
    context.log = [](const std::string& line) { log_info(line); };
    context.progress = progress.function();
    if (!receiver_.empty()) {
      const TextSide side = load_text_side({.model = receiver_, .tokenizer = receiver_}, "receiver");
      context.tokenizer = side.tokenizer;
      context.chat = side.chat;
    }
    const auto dataset = make_dataset(type_, kwargs, context);
    const Json json = count_samples(*dataset, progress);
    progress.finish();
    std::cout << dump(json, 1) << '\n';
  }

  static Json count_samples(const InstructionDataset& dataset, ProgressBar& progress) {
    std::int64_t samples = 0, messages = 0, bytes = 0;
    Json first, reason;
    for (std::int64_t i = 0; i < dataset.size(); ++i) {
      if (i % 1000 == 0) progress.update("reading", static_cast<double>(i), static_cast<double>(dataset.size()));
      std::string why;
      const auto chat = dataset.messages(i, &why);
      if (!chat && reason.is_null()) reason = why;
      if (!chat) continue;
      ++samples;
      messages += static_cast<std::int64_t>(chat->size());
      for (const Message& message : *chat) {
        bytes += static_cast<std::int64_t>(message.content.size());
        if (samples == 1) first.push_back({{"role", message.role}, {"content", message.content}});
      }
    }
    const DatasetCounts counts = dataset.counts();
    return {{"type", dataset.type()},
            {"rows", counts.rows},
            {"considered", counts.considered},
            {"filtered", counts.filtered},
            {"unreadable", counts.unreadable + dataset.size() - samples},
            {"samples", samples},
            {"messages", messages},
            {"text_bytes", bytes},
            {"first", first},
            {"first_unreadable", reason}};
  }

  inline static const std::vector<std::string> kParts = {"noun", "verb", "adj", "adv"};
  std::string what_, path_, wordnet_ = "/usr/share/wordnet", output_, part_ = "noun", type_, kwargs_, receiver_;
  std::int64_t held_out_ = 200;
  std::optional<std::int64_t> train_, questions_;
  std::optional<std::uint64_t> seed_;
  DataGenerate generate_;
};

}  // namespace

std::unique_ptr<Command> make_data() {
  return std::make_unique<Data>();
}

}  // namespace c2c::cli
