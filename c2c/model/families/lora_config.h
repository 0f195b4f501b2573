// What a LoRA adapter is made of: a recipe's `lora` section, and PEFT's adapter_config.json.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "c2c/io/config/field.h"

namespace c2c {

struct LoraConfig {
  std::int64_t r = 16;
  double alpha = 32;     // "lora_alpha"
  double dropout = 0.1;  // "lora_dropout", [0, 1)
  // Ends of layer names at a dot, or "all-linear": every linear layer but the head.
  std::vector<std::string> target_modules = {"q_proj",    "v_proj",  "k_proj",   "o_proj",
                                             "gate_proj", "up_proj", "down_proj"};
  std::string bias = "none";                         // nothing else is trained beside A and B
  std::string task_type = "CAUSAL_LM";               // the only one
  bool use_rslora = false;                           // scale alpha / sqrt(r) instead of alpha / r (Kalajdzievski 2023)
  std::string base_model;                            // "base_model_name_or_path" of adapter_config.json
  std::map<std::string, std::int64_t> rank_pattern;  // layers with a rank of their own

  std::int64_t rank_of(const std::string& layer) const;  // by its whole name
  double scale_of(const std::string& layer) const;
  // Does the name of a layer end in one of target_modules? ("all-linear" is not looked at.)
  bool targets(const std::string& layer) const;
  void visit_fields(const FieldVisitor& visit);  // the keys of a recipe's `lora` section
};

// Throws kInput naming file and key where it is no LoRA adapter, or one with parts that this program does not compute.
// Where the names alone do not say which layers are meant (a regular
// expression, layers by number) target_modules is empty; rank_pattern's keys are PEFT's (expressions), not yet layers.
LoraConfig read_adapter_config(const std::filesystem::path& file);
// The text that PEFT 0.17.1 writes for it.
std::string adapter_config_text(const LoraConfig& config);

}  // namespace c2c
