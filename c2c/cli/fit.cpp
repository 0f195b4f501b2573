// `c2c fit RECIPE`: a fuser without training (ridge maps in closed form), measured on what the recipe holds out; or the
// same measurements of any fuser.
#include <ATen/ATen.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "c2c/base/error.h"
#include "c2c/cli/command.h"
#include "c2c/cli/terminal.h"
#include "c2c/cli/train_report.h"
#include "c2c/fuser/fuser.h"
#include "c2c/io/formats/source.h"
#include "c2c/rosetta/oracle.h"
#include "c2c/rosetta/oracle_ridge.h"
#include "c2c/text/side/text_side.h"
#include "c2c/train/trainer/run_folder.h"
#include "c2c/train/trainer/trainee_parts.h"

namespace c2c::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::vector<SectionPlan> plans_of(const std::function<Sample(std::int64_t)>& sample, std::int64_t begin,
                                  std::int64_t end) {
  std::vector<SectionPlan> plans;
  for (std::int64_t i = begin; i < end; ++i) plans.push_back(sample(i).plan);
  return plans;
}

Json cosine_json(const std::vector<double>& cosines) {
  double sum = 0;
  for (const double cosine : cosines) sum += cosine;
  return {{"mean", sum / static_cast<double>(cosines.size())},
          {"least", *std::min_element(cosines.begin(), cosines.end())},
          {"layers", cosines}};
}

void print_cosines(const Json& cosine) {
  std::printf("\n  cosine of attention's outputs, fused and receiver alone: mean %.4f, least %.4f; by receiver layer\n",
              cosine.at("mean").get<double>(), cosine.at("least").get<double>());
  const Json& layers = cosine.at("layers");
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (i % 10 == 0) std::printf("%s  %4zu ", i > 0 ? "\n" : "", i);
    std::printf(" %.4f", layers[i].get<double>());
  }
  std::printf("\n");
}

class Fit final : public Command {
 public:
  const char* name() const override { return "fit"; }
  const char* description() const override { return "a fuser without training (ridge maps), or any fuser measured"; }
  void add_options(CLI::App& app, CommandLine& line) override {
    line.add(app, [this](const FieldVisitor& visit) { visit_fields(visit); }, "Fit");
  }

  void run(const Globals&, const CommandLine&) override {
    const TrainRecipe recipe = read_recipe();
    const RunFolder folder{fs::path(output_)};
    if (fuser_.empty()) folder.require_unused();
    // As a training run does it, so that the same samples are held out.
    at::manual_seed(static_cast<std::uint64_t>(recipe.training.seed));
    const auto group = make_process_group(recipe_device(recipe));
    if (group->world_size() > 1)
      fail_usage({.where = "fit", .found = "several processes", .expected = "one: start it without torchrun"});
    ProgressBar progress;
    const Trainee trainee(recipe, group->device(), progress.function());
    const TrainData data(recipe, trainee, *group, progress.function());
    Json report = Json::object();
    const auto fusers = fuser_.empty() ? fit(recipe, trainee, data, progress, report) : load(recipe, trainee);
    if (fuser_.empty())
      folder.replace(folder.root() / "final", [&](const fs::path& at) { save_fusers_reference(fusers, at, ""); });
    measure(with_fusers(trainee, fusers), data, *group, progress, report);
    progress.finish();
    if (fuser_.empty()) {
      write_file_atomically(folder.root() / "config.json", recipe.text);
      write_file_atomically(folder.root() / "heldout.json", report.dump(1) + "\n");
    }
    show(report);
  }

 private:
  void visit_fields(const FieldVisitor& visit) {
    visit({.key = "",
           .flags = "recipe",
           .help = "training recipe (JSON or YAML)",
           .target = &recipe_file_,
           .is_path = true});
    visit(
        {.key = "", .flags = "--set", .help = "override a key of the recipe (again for more)", .target = &overrides_});
    visit({.key = "",
           .flags = "--lambda",
           .help = "strength of the ridge, in units of the features' mean variance",
           .target = &lambda_,
           .minimum = 0});
    visit({.key = "",
           .flags = "--alpha",
           .help = "how much of the receiver's own K and V is replaced",
           .target = &alpha_,
           .minimum = 0});
    visit({.key = "",
           .flags = "--samples",
           .help = "training samples to fit on; 0: all",
           .target = &samples_,
           .minimum = 0});
    visit({.key = "", .flags = "--output", .help = "folder for the fuser", .target = &output_, .is_path = true});
    visit({.key = "",
           .flags = "--fuser",
           .help = "measure this fuser; nothing is fitted",
           .target = &fuser_,
           .is_path = true});
    visit({.key = "", .flags = "--json", .help = "the result as one JSON object on stdout", .target = &json_});
  }

  TrainRecipe read_recipe() const {
    if (recipe_file_.empty())
      fail_usage({.where = "fit", .found = "no recipe", .expected = "c2c fit RECIPE --output DIR"});
    if (output_.empty() == fuser_.empty())
      fail_usage({.where = "fit",
                  .found = output_.empty() ? "neither --output nor --fuser" : "--output and --fuser",
                  .expected = "--output DIR (a fuser is fitted) or --fuser DIR (it is measured)"});
    TrainRecipe recipe = load_recipe(recipe_file_, overrides_);
    const bool several = fuser_.empty() && recipe.model.teachers.size() > 1;
    if (recipe.is_baseline() || several)
      fail_usage({.where = recipe_file_,
                  .key = "model.teacher_model",
                  .found = several ? "several sharers" : "none",
                  .expected = "one sharer"});
    return recipe;
  }

  std::vector<std::shared_ptr<Fuser>> fit(const TrainRecipe& recipe, const Trainee& trainee, const TrainData& data,
                                          ProgressBar& progress, Json& report) const {
    const SharerEntry& sharer = trainee.rosetta().sharers().front();
    std::map<std::int64_t, std::int64_t> sources;
    for (const auto& [layer, links] : sharer.fuser->layers) sources[layer] = links.front().sharer_layer;
    OracleRidge ridge(receiver_of(trainee), sharer.model, sources);
    const std::int64_t count = samples_ > 0 ? std::min(samples_, data.size()) : data.size();
    const auto sample = [&](std::int64_t i) { return data.sample(i); };
    for (std::int64_t i = 0; i < count; i += recipe.training.batch_size) {
      ridge.add(plans_of(sample, i, std::min(count, i + recipe.training.batch_size)));
      progress.update("fitting", static_cast<double>(i), static_cast<double>(count));
    }
    const auto fuser = ridge.solve(lambda_, alpha_, fuser_dtype(recipe));
    fuser->recipe.text = recipe.text;
    report = {{"lambda", lambda_},
              {"alpha", alpha_},
              {"samples", count},
              {"tokens", ridge.fitter().tokens(sources.begin()->first)},
              {"fuser", output_}};
    return {fuser};
  }

  std::vector<std::shared_ptr<Fuser>> load(const TrainRecipe& recipe, const Trainee& trainee) const {
    const auto fusers = load_fusers(resolve_fuser_path(fuser_, ""),
                                    {.dtype = fuser_dtype(recipe), .device = at::Device(recipe.training.device)});
    const std::size_t sharers = trainee.rosetta().sharers().size();
    if (fusers.size() != sharers)
      fail_usage({.where = fuser_,
                  .found = "a fuser of " + std::to_string(fusers.size()) + " sharers",
                  .expected = "one of " + std::to_string(sharers) + ", as the recipe has them"});
    return fusers;
  }

  // The trainee outlives what is made of it here.
  static std::shared_ptr<const CausalLm> receiver_of(const Trainee& trainee) {
    return {std::shared_ptr<const CausalLm>(), &trainee.rosetta().receiver()};
  }
  static Rosetta with_fusers(const Trainee& trainee, const std::vector<std::shared_ptr<Fuser>>& fusers) {
    std::vector<SharerEntry> sharers = trainee.rosetta().sharers();
    for (std::size_t s = 0; s < sharers.size(); ++s) sharers[s].fuser = fusers[s];
    return {receiver_of(trainee), std::move(sharers), trainee.rosetta().options()};
  }

  static void measure(const Rosetta& rosetta, const TrainData& data, ProcessGroup& group, ProgressBar& progress,
                      Json& report) {
    const EvaluationSet& set = data.held_out();
    if (set.size == 0) {
      log_warning("nothing is held out (data.train_ratio, data.eval): nothing is measured");
      return;
    }
    HeldOutTable table;
    for (const Hears hears : {Hears::kNobody, Hears::kSharer, Hears::kAnother})
      table[std::string(to_string(hears))] = evaluate(rosetta, set, hears, group, progress.function());
    report["held_out"] = table_json(table);
    AttentionReport attention(rosetta);
    for (std::int64_t i = 0; i < set.size; i += set.batch_size) {
      attention.add(plans_of(set.sample, i, std::min(set.size, i + set.batch_size)));
      progress.update("attention's outputs", static_cast<double>(i), static_cast<double>(set.size));
    }
    report["attention_cosine"] = cosine_json(attention.cosines());
    report["held_out"]["attention_tokens"] = attention.tokens();
  }

  void show(const Json& report) const {
    if (json_) {
      std::cout << report.dump() << '\n';
      return;
    }
    if (fuser_.empty())
      std::printf("ridge fuser of %ld tokens of %ld samples, lambda %g, alpha %g: %s\n",
                  report.at("tokens").get<long>(), report.at("samples").get<long>(), lambda_, alpha_,
                  (fs::path(output_) / "final").c_str());
    if (!report.contains("held_out")) return;
    HeldOutTable table;
    for (const auto& item : report.at("held_out").items())
      if (item.value().is_object())
        table[item.key()] = {.batch_mean = item.value().at("loss"), .token_mean = item.value().at("token_loss")};
    print_table(table, false);
    print_cosines(report.at("attention_cosine"));
  }

  std::string recipe_file_, output_, fuser_;
  std::vector<std::string> overrides_;
  double lambda_ = 0.1, alpha_ = 1;
  std::int64_t samples_ = 1000;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_fit() {
  return std::make_unique<Fit>();
}

}  // namespace c2c::cli
