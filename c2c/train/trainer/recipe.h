// A training recipe as the reference writes it (spec/training.md, section 3), in JSON or YAML, with keys of our own
// that all have defaults. What the reference ignores is honoured or refused, never silently dropped.
#pragma once
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "c2c/io/config/field.h"
#include "c2c/model/families/lora_config.h"
#include "c2c/model/families/partial_training.h"
#include "c2c/text/side/text_side.h"

namespace c2c {

struct RecipeModel {
  struct Sharer : ModelEntry {
    void visit_fields(const FieldVisitor& visit);
  };
  struct ProjectorEntry {
    std::string type = "C2CProjector";
    nlohmann::ordered_json params = nlohmann::ordered_json::object();
  };
  ModelEntry base;      // rosetta: the receiver
  ModelEntry baseline;  // baseline: the one model
  std::vector<Sharer> teachers;
  ProjectorEntry projector;
  std::string mapping = "last_aligned";
  bool align = false;
  std::string alignment_strategy = "first";  // first, longest, span
  bool include_response = false;
  std::string fusion = "sequential";
  std::string attn_implementation;  // read and ignored: attention is chosen by the engine
  std::string init_from;            // a checkpoint whose projectors training starts from
  void visit_fields(const FieldVisitor& visit);
};

struct RecipeTraining {
  std::int64_t seed = 42;
  std::string device = "cpu";
  double learning_rate = 1e-4, weight_decay = 0.01, warmup_ratio = 0.1, max_grad_norm = 1.0;
  std::int64_t num_epochs = 1, max_steps = 0, max_length = 2048;
  std::string scheduler_type = "linear";
  std::int64_t accumulation = 1, batch_size = 1, eval_batch_size = 0, pad_to_multiple_of = 0, num_processes = 0;
  std::vector<std::string> freeze;
  bool has_lora = false, has_partial = false;  // was the section there?
  LoraConfig lora;
  struct Partial : PartialTraining {
    void visit_fields(const FieldVisitor& visit);
  } partial;
  // Ours.
  std::string dtype = "bf16";                  // of the models
  std::string fuser_dtype;                     // of the projectors; empty: dtype
  std::string loss_reduction = "micro_batch";  // micro_batch (the reference: a mean of means) or token
  std::string label_mask = "assistant";        // baseline: assistant or reference
  std::string loss = "sft";  // or kv_mse, kv_l1, kv_cosine: distillation of the receiver's own K and V
  bool gradient_checkpointing = false;
  bool deterministic = true;
  bool detect_anomaly = false;
  void visit_fields(const FieldVisitor& visit);
};

struct RecipeOutput {
  std::string dir;
  std::int64_t save_steps = 500, eval_steps = 100, save_total_limit = 0, logging_steps = 1;
  bool tensorboard = true;
  struct Wandb {
    std::string project, mode, entity, run_name;
    void visit_fields(const FieldVisitor& visit);
  } wandb;
  void visit_fields(const FieldVisitor& visit);
};

struct RecipeDataset {
  std::string type;
  nlohmann::ordered_json kwargs = nlohmann::ordered_json::object();
  bool said = false;
};

struct RecipeData {
  RecipeDataset train, eval;  // eval: its own held-out set; not said: split off by train_ratio
  double train_ratio = 0.99;
  bool shuffle = true;
  std::int64_t max_eval_samples = 0;  // 0: all
  std::string cache_dir;              // of prepared samples; empty: output_dir/prepared
  std::string prompt;                 // read and ignored: a note of the published fuser's recipe
  void visit_fields(const FieldVisitor& visit);
};

struct TrainRecipe {
  RecipeModel model;
  RecipeTraining training;
  RecipeOutput output;
  RecipeData data;
  std::filesystem::path path;
  std::string text;  // as it was read, for the copy in the run's folder

  bool is_baseline() const { return model.base.model.empty(); }
  void visit_fields(const FieldVisitor& visit);
};

struct RunLength {
  std::int64_t micro_batches = 0;  // of an epoch, on each rank
  std::int64_t updates = 0;        // of the run
};
RunLength run_length(const TrainRecipe& recipe, std::int64_t samples, int ranks);

// Throws kUsage naming file and key for unknown keys (with the nearest known one), wrong types and what cannot be.
TrainRecipe load_recipe(const std::filesystem::path& path, const std::vector<std::string>& overrides = {});
TrainRecipe parse_train_recipe(const std::string& text, const std::filesystem::path& path,
                               const std::vector<std::string>& overrides = {});

}  // namespace c2c
