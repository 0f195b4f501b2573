#include "c2c/train/trainer/trainee_parts.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <sstream>

#include "c2c/base/error.h"
#include "c2c/io/config/assign.h"
#include "c2c/io/formats/safetensors.h"
#include "c2c/tensor/weights/weight_source.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTextFiles[] = {"config.json",
                                      "generation_config.json",
                                      "tokenizer.json",
                                      "tokenizer_config.json",
                                      "special_tokens_map.json",
                                      "chat_template.jinja",
                                      "chat_template.json",
                                      "vocab.json",
                                      "merges.txt",
                                      "added_tokens.json"};

std::string file_key(const fs::path& file) {
  std::error_code none;
  const auto size = fs::file_size(file, none);
  if (none) return "";
  const auto changed = fs::last_write_time(file, none).time_since_epoch().count();
  std::ostringstream key;
  key << ' ' << file.filename().string() << ':' << size << ':' << changed;
  return key.str();
}

[[noreturn]] void fail_fit(const std::string& where, const std::string& name, const std::string& found) {
  fail_input({.where = where,
              .key = name,
              .found = found,
              .expected = "the tensors that this recipe trains",
              .hint = "the checkpoint is of another recipe"});
}

}  // namespace

at::ScalarType recipe_dtype(const std::string& name) {
  return name == "f32" ? at::kFloat : at::kBFloat16;
}

at::ScalarType fuser_dtype(const TrainRecipe& recipe) {
  const RecipeTraining& training = recipe.training;
  return recipe_dtype(training.fuser_dtype.empty() ? training.dtype : training.fuser_dtype);
}

at::Device recipe_device(const TrainRecipe& recipe) {
  const at::Device device(recipe.training.device);
  if (device.is_cuda() && !at::hasCUDA())
    fail_usage({.where = recipe.path.string(),
                .key = "training.device",
                .found = recipe.training.device + ", which this machine or LibTorch does not have",
                .expected = "cpu",
                .hint = "--set training.device=cpu"});
  return device;
}

void check_freeze(const TrainRecipe& recipe) {
  const std::vector<std::string> known = {"teacher", "base", "projector", "baseline"};
  for (const std::string& name : recipe.training.freeze) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string near = nearest_name(name, known);
    fail_usage({.where = recipe.path.string(),
                .key = "training.freeze",
                .found = name,
                .expected = "teacher, base, projector; for a baseline: baseline",
                .hint = near.empty() ? "" : "did you mean " + near + "?"});
  }
}

std::string text_key(const TextSide& side) {
  std::string key = side.path.string();
  if (fs::is_directory(side.path))
    for (const char* name : kTextFiles) key += file_key(side.path / name);
  else
    key += file_key(side.path);
  return key + " template " + std::to_string(std::hash<std::string>{}(side.chat ? side.chat->source() : ""));
}

void check_can_save_model(const fs::path& model) {
  if (fs::is_directory(model) && fs::exists(model / "config.json")) return;
  fail_usage({.where = model.string(),
              .found = "no folder with config.json",
              .expected = "a model in the Hugging Face layout, which a trained model is written as",
              .hint =
                  "freeze it (training.freeze: base), train LoRA adapters of it (training.lora, a baseline), or take "
                  "the model's original folder"});
}

void save_model(CausalLm& model, const fs::path& source, const fs::path& folder) {
  fs::create_directories(folder);
  NamedTensors named;
  model.visit("", [&](const ParameterRef& ref) { named.add(ref.name, *ref.tensor); });
  write_safetensors(folder / "model.safetensors", named.infos, {{"format", "pt"}});
  for (const char* name : kTextFiles)
    if (fs::exists(source / name)) write_file_atomically(folder / name, read_text_file(source / name));
}

void copy_projectors(const Fuser& from, const std::vector<std::shared_ptr<Projector>>& to, const std::string& where) {
  if (from.projectors.size() != to.size())
    fail_fit(where, "projectors",
             std::to_string(from.projectors.size()) + " of them, the recipe has " + std::to_string(to.size()));
  for (std::size_t i = 0; i < to.size(); ++i) {
    const std::string prefix = "projector_" + std::to_string(i) + ".";
    std::vector<NamedParameter> saved;
    from.projectors[i]->visit(prefix, [&](const ParameterRef& ref) { saved.push_back({ref.name, *ref.tensor}); });
    std::size_t next = 0;
    to[i]->visit(prefix, [&](const ParameterRef& ref) {
      if (next >= saved.size() || saved[next].name != ref.name) fail_fit(where, ref.name, "no such tensor");
      if (saved[next].tensor.sizes() != ref.tensor->sizes()) fail_fit(where, ref.name, "another shape");
      ref.tensor->copy_(saved[next++].tensor);
    });
    if (next != saved.size()) fail_fit(where, saved[next].name, "a tensor too many");
  }
}

void copy_parameters(const fs::path& file, const std::vector<NamedParameter>& to) {
  const auto source = open_weights(file);
  for (const NamedParameter& parameter : to) {
    const TensorInfo* info = source->find(parameter.name);
    if (info == nullptr) fail_fit(file.string(), parameter.name, "no such tensor");
    const at::Tensor value = source->load(*info, parameter.tensor.scalar_type());
    if (value.sizes() != parameter.tensor.sizes()) fail_fit(file.string(), parameter.name, "another shape");
    at::Tensor target = parameter.tensor;
    target.copy_(value);
  }
}

}  // namespace c2c
