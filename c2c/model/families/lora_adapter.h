// LoRA adapters of a whole model, in memory and in PEFT's files (adapter_config.json, adapter_model.safetensors).
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "c2c/model/families/causal_lm.h"
#include "c2c/model/families/lora_config.h"
#include "c2c/tensor/nn/lora.h"

namespace c2c {

// The branches that a model's layers share with this list.
struct LoraAdapter {
  struct Module {
    std::string layer;  // "model.layers.0.self_attn.q_proj"
    std::shared_ptr<LoraBranch> branch;
  };
  LoraConfig config;
  std::vector<Module> modules;  // in the model's order

  // PEFT's names in the model's order: base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight, ..lora_B.weight.
  void visit(const ParameterVisitor& visitor) const;
  std::int64_t parameters() const;
  // Dropout on (its draws from `generator`, undefined: torch's default one) or off.
  void train(bool on, const at::Generator& generator = {}) const;
};

// Fresh branches that require gradients, drawn as PEFT would after the same seed; dropout is off until train(true).
// Throws kUsage where the config has a part that is not implemented, a target matches no layer, or the model already
// has an adapter. The model's own parameters stay as they are: freeze them.
LoraAdapter attach_lora(CausalLm& model, const LoraConfig& config, const at::Generator& generator = {});

// adapter_model.safetensors, then adapter_config.json, each written aside and renamed.
void save_adapter(const LoraAdapter& adapter, const std::filesystem::path& folder);
// PEFT's folder onto a model that has none yet; the branches need no gradients. Throws kInput naming the tensor that is
// missing, left over or of another shape.
LoraAdapter load_adapter(CausalLm& model, const std::filesystem::path& folder);

// The branches become part of the weights, in place (as PEFT's merge: in the weights' own type).
void merge_adapter(CausalLm& model);
void detach_adapter(CausalLm& model);

}  // namespace c2c
