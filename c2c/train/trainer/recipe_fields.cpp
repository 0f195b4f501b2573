// The keys of a recipe, in the reference's order, then ours.
#include "c2c/train/trainer/recipe.h"

namespace c2c {
namespace {

Field field(const char* key, FieldTarget target, const char* help, std::vector<std::string> choices = {}) {
  return {.key = key, .flags = "", .help = help, .target = std::move(target), .choices = std::move(choices)};
}

Field at_least(double minimum, Field given) {
  given.minimum = minimum;
  return given;
}

struct ProjectorFields {
  RecipeModel::ProjectorEntry& entry;
  void visit_fields(const FieldVisitor& visit) const {
    visit(field("type", &entry.type, "a registered projector class"));
  }
};

}  // namespace

void RecipeModel::Sharer::visit_fields(const FieldVisitor& visit) {
  visit_model_entry(*this, visit, "", "a sharer");
}

void RecipeModel::visit_fields(const FieldVisitor& visit) {
  visit({.key = "base_model", .flags = "", .help = "the receiver", .target = field_group(base, "model")});
  visit({.key = "baseline_model",
         .flags = "",
         .help = "the one model of a baseline",
         .target = field_group(baseline, "model")});
  visit({.key = "teacher_model",
         .flags = "",
         .help = "the sharer, or a list of them",
         .target = field_list(teachers, "model")});
  visit(field("attn_implementation", &attn_implementation, "read and ignored"));
  visit(field("is_do_alignment", &align, "sharers read tokens of their own"));
  visit(field("alignment_strategy", &alignment_strategy, "how tokens are paired", {"first", "longest", "span", "off"}));
  visit(field("include_response", &include_response, "response tokens are fused too"));
  visit(field("multi_source_fusion_mode", &fusion, "how several sharers meet", {"sequential", "parallel"}));
  visit({.key = "projector",
         .flags = "",
         .help = "class and arguments",
         .target = FieldGroup{[this](const FieldVisitor& inner) { ProjectorFields{projector}.visit_fields(inner); },
                              "type"}});
  visit(field("mapping", &mapping, "which sharer layer a receiver layer hears", {"last_aligned", "k_nearest"}));
  Field from = field("init_from", &init_from, "a checkpoint whose projectors training starts from");
  from.is_path = true;
  visit(from);
}

void RecipeTraining::Partial::visit_fields(const FieldVisitor& visit) {
  visit(field("method", &method, "which part", {"layer_wise", "parameter_wise"}));
  visit(field("ratio", &ratio, "how much of it"));
}

void RecipeTraining::visit_fields(const FieldVisitor& visit) {
  visit(field("seed", &seed, "of every draw"));
  visit(field("device", &device, "cpu, cuda or cuda:N"));
  visit(at_least(0, field("learning_rate", &learning_rate, "of AdamW")));
  visit(at_least(0, field("weight_decay", &weight_decay, "of AdamW")));
  visit(at_least(0, field("num_epochs", &num_epochs, "passes over the training set")));
  visit(at_least(2, field("max_length", &max_length, "receiver tokens of a sample")));
  visit(field("scheduler_type", &scheduler_type, "a name of transformers.get_scheduler"));
  visit(at_least(0, field("warmup_ratio", &warmup_ratio, "share of the updates")));
  visit(field("max_grad_norm", &max_grad_norm, "gradients are cut to this norm; 0: not"));
  visit(at_least(1, field("gradient_accumulation_steps", &accumulation, "micro-batches of an update")));
  visit(at_least(1, field("per_device_train_batch_size", &batch_size, "samples of a micro-batch")));
  visit(at_least(0, field("pad_to_multiple_of", &pad_to_multiple_of, "read and ignored: rows are not padded to it")));
  visit(field("freeze", &freeze, "base, teacher, projector; baseline"));
  visit({.key = "lora", .flags = "", .help = "baseline: adapters", .target = field_group(lora)});
  visit(
      {.key = "partial_training", .flags = "", .help = "baseline: part of the model", .target = field_group(partial)});
  visit(at_least(0, field("num_processes", &num_processes, "read and ignored: torchrun says how many")));
  visit(at_least(0, field("max_steps", &max_steps, "updates at most; 0: what the epochs hold")));
  visit(at_least(0, field("per_device_eval_batch_size", &eval_batch_size, "0: as in training")));
  visit(field("dtype", &dtype, "of the models", {"f32", "bf16"}));
  visit(field("fuser_dtype", &fuser_dtype, "of the projectors; empty: dtype", {"f32", "bf16"}));
  visit(field("loss_reduction", &loss_reduction, "mean of micro-batch means, or over the update's tokens",
              {"micro_batch", "token"}));
  visit(field("label_mask", &label_mask, "baseline: what is learned", {"assistant", "reference"}));
  visit(field("loss", &loss, "cross-entropy, or distillation of the receiver's own K and V",
              {"sft", "kv_mse", "kv_l1", "kv_cosine"}));
  visit(field("gradient_checkpointing", &gradient_checkpointing, "compute the receiver's layers twice, keep less"));
  visit(field("deterministic", &deterministic, "deterministic algorithms only"));
  visit(field("detect_anomaly", &detect_anomaly, "autograd's anomaly detection (slow)"));
}

void RecipeOutput::Wandb::visit_fields(const FieldVisitor& visit) {
  visit(field("project", &project, "read for wandb's import of the TensorBoard files"));
  visit(field("mode", &mode, "read and ignored: runs are offline"));
  visit(field("entity", &entity, "read for the import"));
  visit(field("run_name", &run_name, "the run's name in logs"));
}

void RecipeOutput::visit_fields(const FieldVisitor& visit) {
  Field folder = field("output_dir", &dir, "the run's folder");
  visit(folder);
  visit(at_least(0, field("save_steps", &save_steps, "updates between checkpoints; 0: none but the last")));
  visit(at_least(0, field("eval_steps", &eval_steps, "updates between evaluations; 0: none but the last")));
  visit({.key = "wandb_config", .flags = "", .help = "names for wandb's import", .target = field_group(wandb)});
  visit(at_least(0, field("save_total_limit", &save_total_limit, "checkpoints kept, the best one apart; 0: all")));
  visit(at_least(1, field("logging_steps", &logging_steps, "updates between log lines")));
  visit(field("tensorboard", &tensorboard, "write event files"));
}

void RecipeData::visit_fields(const FieldVisitor& visit) {
  visit(at_least(0, field("train_ratio", &train_ratio, "share of the samples that is trained on")));
  visit(field("shuffle", &shuffle, "a new order each epoch"));
  visit(at_least(0, field("max_eval_samples", &max_eval_samples, "0: all")));
  Field cache = field("cache_dir", &cache_dir, "prepared samples");
  visit(cache);
  visit(field("prompt", &prompt, "read and ignored"));
}

void TrainRecipe::visit_fields(const FieldVisitor& visit) {
  visit({.key = "model", .flags = "", .help = "", .target = field_group(model)});
  visit({.key = "training", .flags = "", .help = "", .target = field_group(training)});
  visit({.key = "output", .flags = "", .help = "", .target = field_group(output)});
  visit({.key = "data", .flags = "", .help = "", .target = field_group(data)});
}

}  // namespace c2c
