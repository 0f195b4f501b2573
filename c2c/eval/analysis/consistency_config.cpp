#include "c2c/eval/analysis/consistency_config.h"

#include "c2c/base/error.h"
#include "c2c/io/config/assign.h"
#include "c2c/io/config/parse_text.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;

void drop_nulls(Json& tree) {
  if (!tree.is_object()) return;
  for (auto it = tree.begin(); it != tree.end();) {
    drop_nulls(*it);
    if (it->is_null())
      it = tree.erase(it);
    else
      ++it;
  }
}

FieldGroup group(const std::function<void(const FieldVisitor&)>& fields) {
  return {fields, {}};
}

void check(const ConsistencyConfig& config, const std::string& where) {
  const auto want = [&](const std::string& key, const std::string& value) {
    if (value.empty()) fail_usage({.where = where, .key = key, .found = "nothing", .expected = "a value"});
  };
  want("dataset.type", config.dataset_type);
  if (!config.run_file.empty()) return;
  want("models.slm", config.receiver);
  want("models.llm", config.sharer);
  want("rosetta.checkpoints_dir", config.fuser);
}

}  // namespace

void ConsistencyConfig::visit_fields(const FieldVisitor& visit) {
  visit(
      {.key = "run_file", .flags = "", .help = "instead of models and rosetta", .target = &run_file, .is_path = true});
  visit({.key = "dataset", .flags = "", .help = "whose replies", .target = group([this](const FieldVisitor& in) {
                                                                   in({.key = "type",
                                                                       .flags = "",
                                                                       .help = "the dataset's class",
                                                                       .target = &dataset_type});
                                                                 })});
  visit({.key = "models",
         .flags = "",
         .help = "",
         .target = group([this](const FieldVisitor& in) {
           in({.key = "slm", .flags = "", .help = "receiver", .target = &receiver, .is_path = true});
           in({.key = "llm", .flags = "", .help = "sharer", .target = &sharer, .is_path = true});
         })});
  visit({.key = "rosetta",
         .flags = "",
         .help = "",
         .target = group([this](const FieldVisitor& in) {
           in({.key = "checkpoints_dir", .flags = "", .help = "the fuser", .target = &fuser, .is_path = true});
           in({.key = "include_response", .flags = "", .help = "", .target = &include_response});
           in({.key = "is_do_alignment", .flags = "", .help = "", .target = &align});
           in({.key = "alignment_strategy", .flags = "", .help = "", .target = &alignment_strategy});
         })});
  visit({.key = "training",
         .flags = "",
         .help = "",
         .target = group([this](const FieldVisitor& in) {
           in({.key = "device", .flags = "", .help = "", .target = &device});
           in({.key = "dtype",
               .flags = "",
               .help = "",
               .target = &dtype,
               .choices = {"bfloat16", "float32", "bf16", "f32"}});
           in({.key = "max_length", .flags = "", .help = "tokens", .target = &max_length, .minimum = 2});
           in({.key = "max_samples", .flags = "", .help = "", .target = &max_samples, .minimum = 1});
           in({.key = "print_every", .flags = "", .help = "", .target = &print_every, .minimum = 1});
           in({.key = "debug", .flags = "", .help = "", .target = &debug});
           in({.key = "debug_samples", .flags = "", .help = "", .target = &debug_samples, .minimum = 0});
           in({.key = "trust_remote_code", .flags = "", .help = "", .target = &trust_remote_code});
         })});
}

RunConfig ConsistencyConfig::run() const {
  RunConfig config;
  if (!run_file.empty()) {
    assign_file(fields_of(config), run_file);
    config.apply_overrides();
  } else {
    config.receiver.model = receiver;
    SharerConfig& one = config.sharers.emplace_back();
    one.model = sharer;
    one.fuser = fuser;
    config.dtype = dtype == "float32" || dtype == "f32" ? "f32" : "bf16";
  }
  if (include_response) config.include_response = include_response;
  config.align = "off";
  for (SharerConfig& one : config.sharers) one.align.clear();
  if (config.sharers.size() != 1)
    fail_usage({.where = run_file,
                .key = "sharers",
                .found = std::to_string(config.sharers.size()),
                .expected = "one, whose predictions C2C's are compared with"});
  return config;
}

ConsistencyConfig parse_consistency_config(const std::string& text, const std::filesystem::path& path) {
  Json tree = parse_config_text(path.string(), text);
  if (!tree.is_object())
    fail_input({.where = path.string(), .found = "no object", .expected = "dataset, models, rosetta, training"});
  ConsistencyConfig config;
  config.folder = path.parent_path();
  // The dataset's own arguments are checked by its class.
  if (const auto dataset = tree.find("dataset"); dataset != tree.end() && dataset->is_object())
    if (const auto kwargs = dataset->find("kwargs"); kwargs != dataset->end()) {
      config.dataset_kwargs = *kwargs;
      dataset->erase("kwargs");
    }
  drop_nulls(tree);
  assign_fields(fields_of(config), tree, {.name = path.string(), .folder = config.folder});
  check(config, path.string());
  return config;
}

ConsistencyConfig load_consistency_config(const std::filesystem::path& path) {
  return parse_consistency_config(read_config_file(path), path);
}

}  // namespace c2c
