// What a session loads, each thing once.
#include "c2c/base/error.h"
#include "c2c/infer/pipelines/fused_plan.h"
#include "c2c/infer/pipelines/session.h"
#include "c2c/infer/pipelines/torch_errors.h"

namespace c2c {
namespace {

std::string sharer_name(std::size_t index) {
  return "sharer " + std::to_string(index + 1);
}

}  // namespace

Session::Session(RunConfig config, ProgressFn progress, std::shared_ptr<Engine> engine)
    : config_(std::move(config)), progress_(std::move(progress)), engine_(std::move(engine)) {
  config_.apply_overrides();
  parse_weight_format(config_.weights, parse_dtype(config_.dtype));
  parse_kv_format(config_.kv);
  validate(config_.sampling);
  validate(config_.engine);
  sharers_.resize(config_.sharers.size());
}

Session::Sharer& Session::sharer_entry(std::size_t index) {
  if (index >= sharers_.size())
    fail_usage({.where = sharer_name(index),
                .found = std::to_string(sharers_.size()) + " sharers",
                .expected = "one more",
                .hint = "name one with --sharer or in the run file"});
  return sharers_[index];
}

// Where the run names no receiver, a fuser's recipe may.
const TextSide& Session::receiver_text() {
  const std::lock_guard lock(loading_);
  if (receiver_text_) return *receiver_text_;
  ModelEntry entry = config_.receiver;
  for (std::size_t i = 0; entry.model.empty() && i < sharers_.size(); ++i)
    if (!config_.sharers[i].fuser.empty()) entry.model = fuser(i)->recipe.receiver;
  if (entry.model.empty())
    fail_usage({.where = "receiver",
                .found = "no model",
                .expected = "a folder, a GGUF file or org/name",
                .hint = "--receiver MODEL, or --config with a run file"});
  receiver_text_ = load_text_side(entry, "receiver");
  return *receiver_text_;
}

const TextSide& Session::sharer_text(std::size_t index) {
  const std::lock_guard lock(loading_);
  Sharer& sharer = sharer_entry(index);
  if (sharer.text) return *sharer.text;
  ModelEntry entry = config_.sharers[index];
  if (entry.model.empty() && !config_.sharers[index].fuser.empty()) entry.model = fuser(index)->recipe.sharer;
  if (entry.model.empty())
    fail_usage({.where = sharer_name(index),
                .found = "no model",
                .expected = "a folder, a GGUF file or org/name",
                .hint = "--sharer MODEL"});
  sharer.text = load_text_side(entry, sharer_name(index));
  return *sharer.text;
}

LoadOptions Session::load_options() const {
  const at::ScalarType dtype = parse_dtype(config_.dtype);
  return {.dtype = dtype,
          .progress = progress_,
          .weights = parse_weight_format(config_.weights, dtype),
          .kv = parse_kv_format(config_.kv)};
}

const LoadedModel& Session::receiver() {
  const std::lock_guard lock(loading_);
  if (!receiver_) {
    const TextSide& text = receiver_text();
    receiver_ = with_torch_errors("load the receiver",
                                  [&] { return std::make_unique<LoadedModel>(load_weights_of(text, load_options())); });
  }
  return *receiver_;
}

const LoadedModel& Session::sharer(std::size_t index) {
  const std::lock_guard lock(loading_);
  Sharer& sharer = sharer_entry(index);
  if (!sharer.model) {
    const TextSide& text = sharer_text(index);
    sharer.model = with_torch_errors(
        "load a sharer", [&] { return std::make_unique<LoadedModel>(load_weights_of(text, load_options())); });
  }
  return *sharer.model;
}

std::shared_ptr<const Fuser> Session::fuser(std::size_t index) {
  const std::lock_guard lock(loading_);
  Sharer& sharer = sharer_entry(index);
  if (sharer.fuser) return sharer.fuser;
  const SharerConfig& entry = config_.sharers[index];
  if (entry.fuser.empty())
    fail_usage({.where = sharer_name(index),
                .found = "no fuser",
                .expected = "a folder, fuser.safetensors or org/name",
                .hint = "--fuser FUSER; modes receiver, sharer and t2t need none"});
  const std::filesystem::path path = resolve_fuser_path(entry.fuser, entry.subfolder);
  sharer.fuser = with_torch_errors("load a fuser", [&]() -> std::shared_ptr<const Fuser> {
    const at::ScalarType dtype = parse_dtype(config_.dtype);
    auto loaded = load_fuser(path, {.dtype = dtype});
    loaded->pack(parse_weight_format(config_.weights, dtype));
    return loaded;
  });
  return sharer.fuser;
}

// What the run says, else the fusers' recipes.
RosettaOptions Session::fused_options(const std::string& wanted) {
  bool any_recipe_fuses_response = false;
  std::string fusion = wanted.empty() ? config_.fusion : wanted;
  for (std::size_t i = 0; i < sharers_.size(); ++i) {
    const FuserRecipe& recipe = fuser(i)->recipe;
    if (fusion.empty()) fusion = recipe.fusion_mode.value_or("");
    any_recipe_fuses_response |= recipe.include_response.value_or(false);
  }
  return {.fusion = fusion == "parallel" ? FusionMode::kParallel : FusionMode::kSequential,
          .include_response = config_.include_response.value_or(any_recipe_fuses_response)};
}

// Models are shared by all that join them; what differs is how fusers take turns.
Session::SharedRosetta Session::fused(const std::string& fusion) {
  const std::lock_guard lock(loading_);
  if (sharers_.empty()) sharer_entry(0);  // says what is missing
  const RosettaOptions options = fused_options(fusion);
  if (const auto found = rosettas_.find(options.fusion); found != rosettas_.end()) return found->second;
  for (std::size_t i = 0; i < sharers_.size(); ++i) alignment(i);
  const LoadedModel& base = receiver();
  std::vector<SharerEntry> entries;
  for (std::size_t i = 0; i < sharers_.size(); ++i) {
    const LoadedModel& model = sharer(i);
    entries.push_back({model.lm, sharers_[i].fuser});
    if (options.include_response)
      entries.back().response_id = response_ids(base.text, model.text, parse_align_strategy(sharers_[i].alignment));
  }
  auto joined = with_torch_errors(
      "join the models", [&] { return std::make_shared<const Rosetta>(base.lm, std::move(entries), options); });
  return rosettas_[options.fusion] = std::move(joined);
}

}  // namespace c2c
