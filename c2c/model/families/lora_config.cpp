#include "c2c/model/families/lora_config.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "c2c/base/error.h"
#include "c2c/io/formats/source.h"

namespace c2c {
namespace {

using Json = nlohmann::json;  // keys sorted, as PEFT writes them

constexpr double kAlmostOne = 0.999999;
constexpr std::int64_t kMostRank = 1 << 20;

class Reader {
 public:
  explicit Reader(const std::filesystem::path& file) : where_(file.string()) {
    try {
      root_ = Json::parse(read_text_file(file, std::size_t{1} << 22));
    } catch (const Json::exception& error) {
      fail_input({.where = where_, .found = error.what(), .expected = "JSON, as PEFT writes it"});
    }
    if (!root_.is_object()) fail_input({.where = where_, .expected = "a JSON object, as PEFT writes it"});
  }
  // Null and missing alike: nullptr.
  const Json* find(const char* key) const {
    const auto it = root_.find(key);
    return it == root_.end() || it->is_null() ? nullptr : &*it;
  }
  const Json& at(const char* key) const {
    const Json* value = find(key);
    if (value == nullptr) fail(key, "this key");
    return *value;
  }
  double number(const char* key, double lowest, double highest) const {
    const Json& value = at(key);
    const double number = value.is_number() ? value.get<double>() : std::nan("");
    if (!(number >= lowest && number <= highest))
      fail(key, "a number from " + Json(lowest).dump() + " to " + Json(highest).dump());
    return number;
  }
  std::string text(const char* key) const {
    const Json* value = find(key);
    if (value == nullptr) return {};
    if (!value->is_string()) fail(key, "a text");
    return value->get<std::string>();
  }
  bool flag(const char* key) const {
    const Json* value = find(key);
    if (value != nullptr && !value->is_boolean()) fail(key, "true or false");
    return value != nullptr && value->get<bool>();
  }
  // A key that must say nothing: absent, null, false, or empty.
  void must_be_off(const char* key) const {
    const Json* value = find(key);
    if (value == nullptr || *value == false || ((value->is_array() || value->is_object()) && value->empty())) return;
    fail(key, "nothing: this part of PEFT is not implemented");
  }
  [[noreturn]] void fail(const char* key, const std::string& expected) const {
    std::string found = "nothing";
    if (const Json* value = find(key)) found = value->dump(-1, ' ', true).substr(0, 80);
    fail_input({.where = where_, .key = key, .found = found, .expected = expected});
  }

 private:
  std::string where_;
  Json root_;
};

std::vector<std::string> target_modules(const Reader& reader) {
  const Json& value = reader.at("target_modules");
  if (value.is_string()) return {};
  std::vector<std::string> names;
  if (!value.is_array()) reader.fail("target_modules", "a list of names");
  for (const Json& name : value) {
    if (!name.is_string()) reader.fail("target_modules", "a list of names");
    names.push_back(name.get<std::string>());
  }
  return names;
}

// As Python prints what a recipe says: 32, not 32.0.
Json plain_number(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15) return static_cast<std::int64_t>(value);
  return value;
}

}  // namespace

std::int64_t LoraConfig::rank_of(const std::string& layer) const {
  const auto it = rank_pattern.find(layer);
  return it == rank_pattern.end() ? r : it->second;
}

double LoraConfig::scale_of(const std::string& layer) const {
  const auto rank = static_cast<double>(rank_of(layer));
  return alpha / (use_rslora ? std::sqrt(rank) : rank);
}

bool LoraConfig::targets(const std::string& layer) const {
  return std::any_of(target_modules.begin(), target_modules.end(),
                     [&](const std::string& target) { return layer == target || layer.ends_with("." + target); });
}

void LoraConfig::visit_fields(const FieldVisitor& visit) {
  visit({.key = "r",
         .help = "rank of the update",
         .target = &r,
         .minimum = 1,
         .maximum = static_cast<double>(kMostRank)});
  visit({.key = "lora_alpha", .help = "the update counts alpha / r", .target = &alpha});
  visit({.key = "target_modules",
         .help = "names of the layers that get an update, or all-linear",
         .target = &target_modules});
  visit({.key = "lora_dropout",
         .help = "dropout before the update",
         .target = &dropout,
         .minimum = 0,
         .maximum = kAlmostOne});
  visit({.key = "bias", .help = "biases that are trained", .target = &bias, .choices = {"none"}});
  visit({.key = "task_type", .help = "PEFT's name for the task", .target = &task_type, .choices = {"CAUSAL_LM"}});
  visit({.key = "use_rslora", .help = "the update counts alpha / sqrt(r)", .target = &use_rslora});
}

LoraConfig read_adapter_config(const std::filesystem::path& file) {
  const Reader reader(file);
  if (reader.text("peft_type") != "LORA") reader.fail("peft_type", "\"LORA\"");
  if (const std::string bias = reader.text("bias"); !bias.empty() && bias != "none")
    reader.fail("bias", "\"none\": trained biases are not implemented");
  for (const char* key : {"use_dora", "use_qalora", "lora_bias", "fan_in_fan_out", "modules_to_save", "alpha_pattern",
                          "layer_replication", "trainable_token_indices", "target_parameters"})
    reader.must_be_off(key);
  LoraConfig config;
  const double rank = reader.number("r", 1, static_cast<double>(kMostRank));
  if (rank != std::floor(rank)) reader.fail("r", "a whole number");
  config.r = static_cast<std::int64_t>(rank);
  config.alpha = reader.number("lora_alpha", -1e9, 1e9);
  config.dropout = reader.find("lora_dropout") == nullptr ? 0.0 : reader.number("lora_dropout", 0, kAlmostOne);
  config.target_modules = target_modules(reader);
  for (const char* key : {"layers_to_transform", "exclude_modules"})
    if (const Json* value = reader.find(key); value != nullptr && !(value->is_structured() && value->empty()))
      config.target_modules.clear();
  if (const Json* ranks = reader.find("rank_pattern")) {
    if (!ranks->is_object()) reader.fail("rank_pattern", "layers and their ranks");
    for (const auto& [layer, rank_of_it] : ranks->items()) {
      if (!rank_of_it.is_number_integer()) reader.fail("rank_pattern", "whole numbers");
      config.rank_pattern[layer] = rank_of_it.get<std::int64_t>();
    }
  }
  if (const std::string task = reader.text("task_type"); !task.empty()) config.task_type = task;
  config.use_rslora = reader.flag("use_rslora");
  config.base_model = reader.text("base_model_name_or_path");
  return config;
}

std::string adapter_config_text(const LoraConfig& config) {
  const Json none = nullptr;
  std::vector<std::string> targets = config.target_modules;
  std::sort(targets.begin(), targets.end());
  const Json json = {{"alpha_pattern", Json::object()},
                     {"auto_mapping", none},
                     {"base_model_name_or_path", config.base_model.empty() ? none : Json(config.base_model)},
                     {"bias", config.bias},
                     {"corda_config", none},
                     {"eva_config", none},
                     {"exclude_modules", none},
                     {"fan_in_fan_out", false},
                     {"inference_mode", true},
                     {"init_lora_weights", true},
                     {"layer_replication", none},
                     {"layers_pattern", none},
                     {"layers_to_transform", none},
                     {"loftq_config", Json::object()},
                     {"lora_alpha", plain_number(config.alpha)},
                     {"lora_bias", false},
                     {"lora_dropout", config.dropout},
                     {"megatron_config", none},
                     {"megatron_core", "megatron.core"},
                     {"modules_to_save", none},
                     {"peft_type", "LORA"},
                     {"qalora_group_size", 16},
                     {"r", config.r},
                     {"rank_pattern", config.rank_pattern.empty() ? Json::object() : Json(config.rank_pattern)},
                     {"revision", none},
                     {"target_modules", targets},
                     {"target_parameters", none},
                     {"task_type", config.task_type},
                     {"trainable_token_indices", none},
                     {"use_dora", false},
                     {"use_qalora", false},
                     {"use_rslora", config.use_rslora}};
  return json.dump(2, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
}

}  // namespace c2c
