#include "c2c/fuser/safetensors_checkpoint.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "c2c/base/error.h"
#include "c2c/fuser/checkpoint_tensors.h"
#include "c2c/fuser/layer_map.h"
#include "c2c/fuser/object_json.h"
#include "c2c/fuser/recipe.h"
#include "c2c/io/formats/safetensors.h"
#include "c2c/io/formats/sha256.h"
#include "c2c/io/formats/source.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kTensors = "fuser.safetensors";
constexpr const char* kManifest = "manifest.json";
constexpr const char* kSums = "SHA256SUMS";
constexpr const char* kFormat = "c2c-fuser";
constexpr std::int64_t kVersion = 1;
constexpr std::size_t kMaxManifest = std::size_t{4} << 20;
constexpr std::size_t kMaxProjectors = 1 << 16;

std::string prefix_of(std::size_t index) {
  return "projector_" + std::to_string(index) + ".";
}

[[noreturn]] void fail_sum(const fs::path& file, const std::string& found, const std::string& expected) {
  fail_input({.where = file.string(),
              .key = "SHA-256",
              .found = found,
              .expected = expected,
              .hint = "the file was changed or damaged: copy it again"});
}

// Lines "<64 hex digits>  <name>"; names other than our two files are somebody else's business.
void check_sums(const fs::path& folder, const std::string& tensors_sum) {
  const fs::path sums = folder / kSums;
  if (!fs::exists(sums)) return;
  std::istringstream lines(read_text_file(sums, std::size_t{1} << 20));
  for (std::string line; std::getline(lines, line);) {
    if (line.size() < 67) continue;
    const std::string sum = line.substr(0, 64), name = line.substr(66);
    if (name == kTensors && sum != tensors_sum) fail_sum(folder / name, tensors_sum, sum);
    if (name != kManifest) continue;
    const std::string found = sha256_of_file(folder / name);
    if (found != sum) fail_sum(folder / name, found, sum);
  }
}

class Manifest {
 public:
  explicit Manifest(const fs::path& file)
      : where_(file.string()), root_(parse_python_json(read_text_file(file, kMaxManifest), where_)) {
    if (!root_.is_object() || !root_.contains("format") || root_["format"] != kFormat)
      fail("format", root_.is_object() && root_.contains("format") ? excerpt(root_["format"]) : "nothing", kFormat);
    const Json& version = at("version");
    if (!version.is_number_integer() || version.get<std::int64_t>() != kVersion)
      fail("version", excerpt(version), std::to_string(kVersion) + " (a newer c2c may have written it)");
  }
  const Json& at(const char* key) const {
    const auto it = root_.find(key);
    if (it == root_.end()) fail(key, "nothing", "this key");
    return *it;
  }
  [[noreturn]] void fail(const std::string& key, const std::string& found, const std::string& expected) const {
    fail_input({.where = where_, .key = key, .found = found, .expected = expected});
  }
  std::string tensors_sum() const {
    const Json& sum = at("sha256");
    if (!sum.is_string()) fail("sha256", excerpt(sum), "64 hexadecimal digits");
    return sum.get<std::string>();
  }
  FuserRecipe recipe() const {
    const auto it = root_.find("recipe");
    if (it == root_.end() || it->is_null()) return {};
    const std::string text = it->is_string() ? it->get<std::string>() : dump_python_json(*it);
    return parse_recipe(text, where_ + " (recipe)");
  }
  const std::string& where() const { return where_; }

 private:
  std::string where_;
  Json root_;
};

std::string dtype_of_parameters(const Fuser& fuser) {
  std::string word;
  for (const auto& projector : fuser.projectors)
    projector->visit("", [&](const ParameterRef& ref) {
      if (word.empty()) word = dtype_word(ref.tensor->scalar_type());
    });
  return word;
}

// The recipe's own tree where it is JSON, its text where it is YAML.
Json recipe_json(const FuserRecipe& recipe) {
  if (recipe.text.empty()) {
    Json model = Json::object();
    if (!recipe.receiver.empty()) model["base_model"] = recipe.receiver;
    if (!recipe.sharer.empty()) model["teacher_model"] = recipe.sharer;
    if (recipe.align) model["is_do_alignment"] = *recipe.align;
    if (recipe.alignment_strategy) model["alignment_strategy"] = *recipe.alignment_strategy;
    if (recipe.fusion_mode) model["multi_source_fusion_mode"] = *recipe.fusion_mode;
    if (recipe.include_response) model["include_response"] = *recipe.include_response;
    if (model.empty()) return nullptr;
    return {{"model", model}};
  }
  const auto first = recipe.text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos || recipe.text[first] != '{') return recipe.text;
  return parse_python_json(recipe.text, "recipe");
}

// One line per key, one per projector: a person can read it and a diff shows what changed.
std::string manifest_text(const Json& manifest) {
  std::string text = "{";
  for (const auto& [key, value] : manifest.items()) {
    text += (text.size() == 1 ? "\n  \"" : ",\n  \"") + key + "\": ";
    if (!value.is_array()) {
      text += dump_python_json(value, -1);
      continue;
    }
    for (std::size_t i = 0; i < value.size(); ++i)
      text += (i == 0 ? "[\n    " : ",\n    ") + dump_python_json(value[i], -1);
    text += value.empty() ? "[]" : "\n  ]";
  }
  return text + "\n}\n";
}

}  // namespace

bool is_safetensors_checkpoint(const fs::path& folder) {
  return fs::is_regular_file(folder / kTensors) || fs::is_regular_file(folder / kManifest);
}

std::shared_ptr<Fuser> load_safetensors_checkpoint(const fs::path& folder, const FuserLoadOptions& options) {
  const Manifest manifest(folder / kManifest);
  const fs::path tensors = folder / kTensors;
  if (options.verify) {
    const std::string sum = sha256_of_file(tensors);
    if (sum != manifest.tensors_sum()) fail_sum(tensors, sum, manifest.tensors_sum());
    check_sums(folder, sum);
  }
  const Json& objects = manifest.at("projectors");
  if (!objects.is_array() || objects.empty() || objects.size() > kMaxProjectors)
    manifest.fail("projectors", excerpt(objects), "a list of projectors");
  auto fuser = std::make_shared<Fuser>();
  fuser->source = folder.string();
  TensorFiller filler(open_weights(tensors), options);
  for (std::size_t i = 0; i < objects.size(); ++i) {
    fuser->projectors.push_back(projector_from_json(
        objects[i], manifest.where() + " projectors[" + std::to_string(i) + "]", options.allow_missing));
    filler.fill(*fuser->projectors.back(), prefix_of(i), std::nullopt);
  }
  filler.finish();
  const auto count = static_cast<std::int64_t>(fuser->projectors.size());
  fuser->layers = parse_layer_map(manifest.at("layers"), count, manifest.where(), "layers");
  fuser->recipe = manifest.recipe();
  return fuser;
}

void save_fuser_safetensors(const Fuser& fuser, const fs::path& folder) {
  NamedTensors named;
  Json projectors = Json::array();
  for (std::size_t i = 0; i < fuser.projectors.size(); ++i) {
    add_tensors(named, *fuser.projectors[i], prefix_of(i));
    projectors.push_back(projector_to_json(*fuser.projectors[i]));
  }
  write_safetensors(folder / kTensors, named.infos, {{"format", kFormat}});
  const std::string sum = sha256_of_file(folder / kTensors);
  const Json manifest = {{"format", kFormat},
                         {"version", kVersion},
                         {"receiver", fuser.recipe.receiver},
                         {"sharer", fuser.recipe.sharer},
                         {"dtype", dtype_of_parameters(fuser)},
                         {"sha256", sum},
                         {"layers", layer_map_json(fuser.layers)},
                         {"recipe", recipe_json(fuser.recipe)},
                         {"projectors", std::move(projectors)}};
  const std::string text = manifest_text(manifest);
  write_file_atomically(folder / kManifest, std::string_view(text));
  const std::string sums = sum + "  " + kTensors + "\n" + sha256_of(text) + "  " + kManifest + "\n";
  write_file_atomically(folder / kSums, std::string_view(sums));
}

}  // namespace c2c
