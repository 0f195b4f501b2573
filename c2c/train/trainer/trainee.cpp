#include "c2c/train/trainer/trainee.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <set>

#include "c2c/base/error.h"
#include "c2c/fuser/fuser.h"
#include "c2c/model/families/checkpointing.h"
#include "c2c/model/families/load_sharer.h"
#include "c2c/train/trainer/trainee_parts.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kReceiver = "receiver";  // in a fuser's checkpoint: the receiver, where it is trained too

bool is_frozen(const TrainRecipe& recipe, std::string_view part) {
  const auto& names = recipe.training.freeze;
  return std::find(names.begin(), names.end(), part) != names.end();
}

void require_no_adapter(const TextSide& side, const char* key) {
  if (side.adapter.empty()) return;
  fail_usage({.where = "recipe",
              .key = key,
              .found = side.adapter.string() + ", a LoRA adapter",
              .expected = "a model: training starts from whole models only"});
}

AlignModel align_model_of(const TextSide& side) {
  return {side.name, side.tokenizer, side.chat};
}

// `start`: what training starts from, or null. Its arguments stay (a ridge fuser's RoPE frequencies) where the recipe
// says no others.
Json projector_arguments(const TrainRecipe& recipe, const KvGeometry& sharer, const KvGeometry& receiver,
                         at::ScalarType dtype, const Projector* start) {
  Json args = start != nullptr ? start->init_args() : Json::object();
  args.update({{"source_dim", sharer.head_dim},
               {"target_dim", receiver.head_dim},
               {"source_num_heads", sharer.kv_heads},
               {"target_num_heads", receiver.kv_heads}});
  for (const auto& item : recipe.model.projector.params.items()) args[item.key()] = item.value();
  args["dtype"] = {{"__type__", "torch.dtype"}, {"value", dtype == at::kFloat ? "float32" : "bfloat16"}};
  return args;
}

bool join_alike(const LayerMap& a, const LayerMap& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.front().sharer_layer == y.second.front().sharer_layer;
  });
}

// The fusers of model.init_from; empty: training starts from drawn projectors.
std::vector<std::shared_ptr<Fuser>> load_start(const TrainRecipe& recipe, const std::vector<LayerMap>& maps) {
  if (recipe.model.init_from.empty()) return {};
  const auto start = load_fusers(recipe.model.init_from, {.keep_dtype = true});
  const std::string& wanted = recipe.model.projector.type;
  for (const auto& projector : start.front()->projectors)
    if (projector->class_name() != wanted)
      fail_usage({.where = recipe.path.string(),
                  .key = "model.init_from",
                  .found = projector->class_name() + " in " + recipe.model.init_from,
                  .expected = wanted + ", which is model.projector.type",
                  .hint = "a start must be of the class that is trained"});
  const bool alike = std::equal(start.begin(), start.end(), maps.begin(), maps.end(),
                                [](const auto& fuser, const LayerMap& map) { return join_alike(fuser->layers, map); });
  if (!alike) log_warning(recipe.model.init_from + " joins other layers than model.mapping does, which is what counts");
  return start;
}

// One projector for each receiver layer and sharer, in that order; the reference's rule with K = 1.
std::vector<LayerMap> layer_maps(const TrainRecipe& recipe, const KvGeometry& receiver,
                                 const std::vector<std::shared_ptr<CausalLm>>& sharers) {
  std::vector<LayerMap> maps;
  std::int64_t projectors = 0;
  for (const auto& sharer : sharers) {
    const std::int64_t theirs = sharer->kv_geometry().layers;
    const auto sources = recipe.model.mapping == "k_nearest" ? k_nearest_sources(receiver.layers, theirs)
                                                             : last_aligned_sources(receiver.layers, theirs);
    LayerMap& map = maps.emplace_back();
    for (std::int64_t layer = 0; layer < receiver.layers; ++layer)
      map[layer] = {{.sharer_layer = sources[static_cast<std::size_t>(layer)].front(), .projector = projectors++}};
  }
  return maps;
}

}  // namespace

Trainee::Trainee(const TrainRecipe& recipe, at::Device device, const ProgressFn& progress) {
  check_freeze(recipe);
  if (recipe.is_baseline())
    load_baseline(recipe, device, progress);
  else
    load_pair(recipe, device, progress);
  if (parameters_.empty())
    fail_usage({.where = recipe.path.string(),
                .key = "training.freeze",
                .found = "everything is frozen",
                .expected = "something to train",
                .hint = "leave out what is to be trained: projector, base, or (baseline) baseline"});
  for (NamedParameter& parameter : parameters_) parameter.tensor.requires_grad_(true);
  if (recipe.training.gradient_checkpointing) enable_gradient_checkpointing(*receiver_);
}

void Trainee::load_pair(const TrainRecipe& recipe, at::Device device, const ProgressFn& progress) {
  const at::ScalarType dtype = recipe_dtype(recipe.training.dtype);
  receiver_text_ = load_text_side(recipe.model.base, "receiver");
  require_no_adapter(receiver_text_, "model.base_model");
  std::vector<AlignSharer> sides;
  encoding_key_ = text_key(receiver_text_);
  const std::string strategy = recipe.model.align ? recipe.model.alignment_strategy : "off";
  for (const auto& teacher : recipe.model.teachers) {
    const std::string who = "sharer " + std::to_string(sides.size() + 1);
    const TextSide text = recipe.model.align ? load_text_side(teacher, who) : receiver_text_;
    sides.push_back({align_model_of(text), parse_align_strategy(strategy)});
    encoding_key_ += " | " + (recipe.model.align ? text_key(text) : "") + " " + strategy;
  }
  encoder_ = std::make_unique<SampleEncoder>(align_model_of(receiver_text_), sides,
                                             SampleOptions{.max_length = recipe.training.max_length});
  receiver_ = load_model(receiver_text_.path, {.dtype = dtype, .device = device, .progress = progress});
  models_ = {receiver_};
  std::vector<std::shared_ptr<CausalLm>> sharers;
  for (const auto& teacher : recipe.model.teachers) {
    const fs::path path = resolve_model_path(teacher.model, "sharer");
    sharers.push_back(load_sharer(path, {.dtype = dtype, .device = device, .progress = progress}));
    models_.push_back(sharers.back());
  }
  make_projectors(recipe, sharers, device);
  std::vector<SharerEntry> entries;
  for (std::size_t s = 0; s < sharers.size(); ++s) entries.push_back({sharers[s], fusers_[s]});
  rosetta_ = std::make_unique<Rosetta>(
      receiver_, std::move(entries),
      RosettaOptions{
          .fusion = recipe.model.fusion == "parallel" ? FusionMode::kParallel : FusionMode::kSequential,
          .include_response = recipe.model.include_response,
      });
  choose_parameters(recipe, sharers);
}

void Trainee::make_projectors(const TrainRecipe& recipe, const std::vector<std::shared_ptr<CausalLm>>& sharers,
                              at::Device device) {
  const at::ScalarType dtype = fuser_dtype(recipe);
  const KvGeometry mine = receiver_->kv_geometry();
  const std::vector<LayerMap> maps = layer_maps(recipe, mine, sharers);
  const auto start = load_start(recipe, maps);
  for (const auto& sharer : sharers)
    for (std::int64_t layer = 0; layer < mine.layers; ++layer) {
      const auto i = projectors_.size();
      const bool started = !start.empty() && i < start.front()->projectors.size();
      const Json args = projector_arguments(recipe, sharer->kv_geometry(), mine, dtype,
                                            started ? start.front()->projectors[i].get() : nullptr);
      projectors_.push_back(make_projector(recipe.model.projector.type, args));
      projectors_.back()->to(dtype, device);
    }
  if (!start.empty()) {
    const at::NoGradGuard no_grad;
    copy_projectors(*start.front(), projectors_, recipe.model.init_from);
  }
  for (const auto& projector : projectors_)
    projector->visit("", [&](const ParameterRef& ref) {
      if (ref.name.ends_with("gate_logit")) gate_logits_.push_back(*ref.tensor);
    });
  for (std::size_t s = 0; s < sharers.size(); ++s) {
    auto fuser = std::make_shared<Fuser>();
    fuser->source = recipe.path.string();
    fuser->projectors = projectors_;
    fuser->layers = maps[s];
    fuser->sharer_index = static_cast<std::int64_t>(s) + 1;
    fuser->recipe.text = recipe.text;
    fusers_.push_back(std::move(fuser));
  }
}

void Trainee::choose_parameters(const TrainRecipe& recipe, const std::vector<std::shared_ptr<CausalLm>>& sharers) {
  if (!is_frozen(recipe, "projector"))
    for (std::size_t i = 0; i < projectors_.size(); ++i)
      projectors_[i]->visit("projector_list." + std::to_string(i) + ".", [&](const ParameterRef& ref) {
        if (!ref.is_buffer) parameters_.push_back({ref.name, *ref.tensor});
      });
  if (!is_frozen(recipe, "base")) {
    check_can_save_model(receiver_text_.path);
    head_is_trained_ = true;
    receiver_->visit("model_list.0.", [&](const ParameterRef& ref) { parameters_.push_back({ref.name, *ref.tensor}); });
  }
  if (!is_frozen(recipe, "teacher") && !sharers.empty())
    log_warning(
        "training.freeze does not name teacher, but sharers run without gradients (as in the reference): they "
        "stay as they are");
}

void Trainee::load_baseline(const TrainRecipe& recipe, at::Device device, const ProgressFn& progress) {
  receiver_text_ = load_text_side(recipe.model.baseline, "model");
  require_no_adapter(receiver_text_, "model.baseline_model");
  const bool reference_mask = recipe.training.label_mask == "reference";
  encoding_key_ = text_key(receiver_text_) + " " + recipe.training.label_mask;
  encoder_ = std::make_unique<SampleEncoder>(
      align_model_of(receiver_text_), std::vector<AlignSharer>{},
      SampleOptions{.max_length = recipe.training.max_length,
                    .label_mask = reference_mask ? LabelMask::kReference : LabelMask::kAssistant});
  receiver_ = load_model(receiver_text_.path,
                         {.dtype = recipe_dtype(recipe.training.dtype), .device = device, .progress = progress});
  models_ = {receiver_};
  rosetta_ = std::make_unique<Rosetta>(receiver_, std::vector<SharerEntry>{}, RosettaOptions{});
  if (recipe.training.has_lora) {
    LoraConfig config = recipe.training.lora;
    config.base_model = recipe.model.baseline.model;
    adapter_ = attach_lora(*receiver_, config);
    adapter_->visit([&](const ParameterRef& ref) { parameters_.push_back({ref.name, *ref.tensor}); });
    return;
  }
  check_can_save_model(receiver_text_.path);
  std::vector<std::string> names;
  std::vector<NamedParameter> all;
  receiver_->visit("", [&](const ParameterRef& ref) {
    names.push_back(ref.name);
    all.push_back({ref.name, *ref.tensor});
  });
  if (recipe.training.has_partial) {
    const auto trained = trained_parameters(names, receiver_->config().layers, recipe.training.partial);
    const std::set<std::string> wanted(trained.begin(), trained.end());
    std::erase_if(all, [&](const NamedParameter& p) { return !wanted.contains(p.name); });
  } else if (is_frozen(recipe, "baseline") || is_frozen(recipe, "base")) {
    all.clear();
  }
  for (const NamedParameter& parameter : all)
    head_is_trained_ |= parameter.name.starts_with("lm_head") || parameter.name.starts_with("model.embed_tokens");
  parameters_ = std::move(all);
}

std::int64_t Trainee::total_parameters() const {
  std::int64_t total = 0;
  const auto count = [&](const ParameterRef& ref) { total += ref.is_buffer ? 0 : ref.tensor->numel(); };
  for (const auto& model : models_) model->visit("", count);
  for (const auto& projector : projectors_) projector->visit("", count);
  return adapter_ ? total + adapter_->parameters() : total;
}

std::int64_t Trainee::trainable_parameters() const {
  std::int64_t total = 0;
  for (const NamedParameter& parameter : parameters_) total += parameter.tensor.numel();
  return total;
}

std::int64_t Trainee::model_bytes() const {
  std::int64_t total = 0;
  for (const auto& model : models_) total += model->weight_bytes();
  return total;
}

void Trainee::train(bool on) const {
  if (adapter_) adapter_->train(on);
}

void Trainee::set_temperature_step(std::int64_t step) const {
  for (const auto& projector : projectors_) projector->set_temperature_step(step);
}

std::int64_t Trainee::open_gates() const {
  const at::NoGradGuard no_grad;
  std::int64_t open = 0;
  for (const at::Tensor& logit : gate_logits_) open += (logit > 0).any().item<bool>();
  return gate_logits_.empty() ? -1 : open;
}

void Trainee::save(const fs::path& folder) const {
  if (!fusers_.empty()) {
    save_fusers_reference(fusers_, folder, "");
    if (head_is_trained_) save_model(*receiver_, receiver_text_.path, folder / kReceiver);
    return;
  }
  if (adapter_) return save_adapter(*adapter_, folder);
  save_model(*receiver_, receiver_text_.path, folder);
}

void Trainee::load(const fs::path& folder) {
  const at::NoGradGuard no_grad;
  if (!fusers_.empty()) {
    const auto saved = load_fusers(folder, {.keep_dtype = true});
    copy_projectors(*saved.front(), projectors_, folder.string());
    if (!head_is_trained_) return;
    std::vector<NamedParameter> receiver;
    receiver_->visit("", [&](const ParameterRef& ref) { receiver.push_back({ref.name, *ref.tensor}); });
    copy_parameters(folder / kReceiver / "model.safetensors", receiver);
  } else {
    const fs::path file = folder / (adapter_ ? "adapter_model.safetensors" : "model.safetensors");
    copy_parameters(file, parameters_);
  }
}

std::string Trainee::encoding_key() const {
  return encoding_key_;
}

}  // namespace c2c
