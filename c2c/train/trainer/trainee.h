// What a recipe trains: models, projectors, which parameters have gradients, and how the result is written.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "c2c/model/families/lora_adapter.h"
#include "c2c/rosetta/rosetta.h"
#include "c2c/train/data/encode.h"
#include "c2c/train/trainer/adamw.h"
#include "c2c/train/trainer/recipe.h"

namespace c2c {

class Trainee {
 public:
  // Loads the models and draws the projectors (from at's default generator, which the caller has seeded). Throws for
  // what does not fit, naming it.
  Trainee(const TrainRecipe& recipe, at::Device device, const ProgressFn& progress = {});

  const Rosetta& rosetta() const { return *rosetta_; }
  const SampleEncoder& encoder() const { return *encoder_; }
  const TextSide& receiver_text() const { return receiver_text_; }
  bool head_is_trained() const { return head_is_trained_; }
  // Does any parameter of the receiver change?
  bool receiver_is_trained() const { return head_is_trained_ || is_baseline(); }
  bool is_baseline() const { return fusers_.empty(); }

  // Names of the reference's wrapper ("projector_list.0.key_in.weight"); every tensor requires a gradient.
  const std::vector<NamedParameter>& parameters() const { return parameters_; }
  std::int64_t total_parameters() const;
  std::int64_t trainable_parameters() const;
  std::int64_t model_bytes() const;  // of all models

  void train(bool on) const;  // dropout of adapters
  void set_temperature_step(std::int64_t step) const;
  std::int64_t open_gates() const;  // of 2 x projectors; -1: they have none
  std::int64_t gate_count() const { return static_cast<std::int64_t>(gate_logits_.size()); }

  // Weights as the reference writes them, into an existing or new folder: projectors (and in receiver/ the receiver,
  // where it is trained too), a PEFT adapter, or a model in the Hugging Face layout.
  void save(const std::filesystem::path& folder) const;
  // The trained tensors of a folder that save() wrote, in place.
  void load(const std::filesystem::path& folder);
  // What identifies the samples: models' texts, alignment.
  std::string encoding_key() const;

 private:
  void load_pair(const TrainRecipe& recipe, at::Device device, const ProgressFn& progress);
  void load_baseline(const TrainRecipe& recipe, at::Device device, const ProgressFn& progress);
  void make_projectors(const TrainRecipe& recipe, const std::vector<std::shared_ptr<CausalLm>>& sharers,
                       at::Device device);
  void choose_parameters(const TrainRecipe& recipe, const std::vector<std::shared_ptr<CausalLm>>& sharers);

  TextSide receiver_text_;
  std::shared_ptr<CausalLm> receiver_;
  std::vector<std::shared_ptr<CausalLm>> models_;
  std::vector<std::shared_ptr<Projector>> projectors_;
  std::vector<at::Tensor> gate_logits_;         // of the projectors
  std::vector<std::shared_ptr<Fuser>> fusers_;  // one per sharer, over one list of projectors
  std::optional<LoraAdapter> adapter_;
  std::unique_ptr<Rosetta> rosetta_;
  std::unique_ptr<SampleEncoder> encoder_;
  std::vector<NamedParameter> parameters_;
  std::string encoding_key_;
  bool head_is_trained_ = false;
};

}  // namespace c2c
