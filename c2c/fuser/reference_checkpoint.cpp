#include "c2c/fuser/reference_checkpoint.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "c2c/base/error.h"
#include "c2c/fuser/checkpoint_tensors.h"
#include "c2c/fuser/layer_map.h"
#include "c2c/fuser/object_json.h"
#include "c2c/fuser/recipe.h"
#include "c2c/io/formats/source.h"
#include "c2c/io/formats/torch_archive.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxText = std::size_t{4} << 20;

std::string stem(std::int64_t index) {
  return "projector_" + std::to_string(index);
}

bool is_weight_file(const std::string& name) {
  constexpr std::string_view kPrefix = "projector_", kSuffix = ".pt";
  return name.starts_with(kPrefix) && name.ends_with(kSuffix) && name.size() > kPrefix.size() + kSuffix.size() &&
         std::all_of(name.begin() + kPrefix.size(), name.end() - kSuffix.size(),
                     [](unsigned char c) { return c >= '0' && c <= '9'; });
}

std::int64_t count_projectors(const fs::path& folder) {
  std::int64_t count = 0;
  for (const auto& entry : fs::directory_iterator(folder)) count += is_weight_file(entry.path().filename().string());
  // One more than there are: a projector that has arguments but no weights.
  for (std::int64_t i = 0; i <= count; ++i)
    for (const char* suffix : {".pt", ".json"}) {
      const fs::path file = folder / (stem(i) + suffix);
      const fs::path partner = folder / (stem(i) + (*(suffix + 1) == 'p' ? ".json" : ".pt"));
      if (fs::exists(file) || (i == count && !fs::exists(partner))) continue;
      fail_input({.where = file.string(),
                  .found = "no such file, but " + std::to_string(count) + " files projector_<i>.pt in the folder",
                  .expected = "projector_0, projector_1, ... without a gap, .pt and .json each",
                  .hint = "the download may be incomplete"});
    }
  return count;
}

Json read_json(const fs::path& file) {
  return parse_python_json(read_text_file(file, kMaxText), file.string());
}

std::shared_ptr<Projector> load_projector(const fs::path& folder, std::int64_t index, const FuserLoadOptions& options) {
  const fs::path json_file = folder / (stem(index) + ".json");
  const Json object = read_json(json_file);
  std::shared_ptr<Projector> projector = projector_from_json(object, json_file.string(), options.allow_missing);
  // The reference builds the module in the type of init_args and casts it afterwards.
  std::optional<at::ScalarType> built_in;
  projector->visit("", [&](const ParameterRef& ref) {
    if (!built_in && ref.tensor->defined()) built_in = ref.tensor->scalar_type();
  });
  TensorFiller filler(open_weights(folder / (stem(index) + ".pt")), options);
  filler.fill(*projector, "", built_in);
  filler.finish();
  return projector;
}

FuserRecipe find_recipe(const fs::path& folder) {
  for (const fs::path& file : {folder / "config.json", fs::absolute(folder).parent_path() / "config.json"})
    if (fs::is_regular_file(file)) return parse_recipe(read_text_file(file, kMaxText), file.string());
  return {};
}

}  // namespace

bool is_reference_checkpoint(const fs::path& folder) {
  if (!fs::is_directory(folder)) return false;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (is_weight_file(name) || name == "projector_config.json") return true;
  }
  return false;
}

std::vector<std::shared_ptr<Fuser>> load_reference_checkpoint(const fs::path& folder, const FuserLoadOptions& options) {
  const std::int64_t count = count_projectors(folder);
  const fs::path config_file = folder / "projector_config.json";
  const auto maps = parse_projector_config(read_json(config_file), count, config_file.string());
  const FuserRecipe recipe = find_recipe(folder);
  std::vector<std::shared_ptr<Projector>> projectors;
  for (std::int64_t i = 0; i < count; ++i) projectors.push_back(load_projector(folder, i, options));
  std::vector<std::shared_ptr<Fuser>> fusers;
  for (const auto& [sharer, layers] : maps) {
    auto fuser = std::make_shared<Fuser>();
    fuser->source = folder.string();
    fuser->projectors = projectors;
    fuser->layers = layers;
    fuser->recipe = recipe;
    fuser->sharer_index = sharer;
    fusers.push_back(std::move(fuser));
  }
  return fusers;
}

void save_fusers_reference(const std::vector<std::shared_ptr<Fuser>>& fusers, const fs::path& folder,
                           const std::string& subfolder) {
  C2C_CHECK(!fusers.empty(), "save_fusers_reference: no fuser");
  const Fuser& first = *fusers.front();
  const fs::path target = subfolder.empty() ? folder : folder / subfolder;
  for (std::size_t i = 0; i < first.projectors.size(); ++i) {
    Projector& projector = *first.projectors[i];
    const std::string name = stem(static_cast<std::int64_t>(i));
    NamedTensors named;
    add_tensors(named, projector, "");
    write_torch_archive(target / (name + ".pt"), named.infos);
    write_file_atomically(target / (name + ".json"), std::string_view(dump_python_json(projector_to_json(projector))));
  }
  Json sharers = Json::object();
  for (const auto& fuser : fusers) {
    C2C_CHECK(fuser->projectors == first.projectors, "save_fusers_reference: the fusers share their projectors");
    sharers[std::to_string(fuser->sharer_index)] = layer_map_json(fuser->layers);
  }
  const Json config = {{"0", sharers}};
  write_file_atomically(target / "projector_config.json", std::string_view(dump_python_json(config, -1)));
  const fs::path recipe = folder / "config.json";
  if (!subfolder.empty() && !first.recipe.text.empty() && !fs::exists(recipe))
    write_file_atomically(recipe, std::string_view(first.recipe.text));
}

void save_fuser_reference(const Fuser& fuser, const fs::path& folder, const std::string& subfolder) {
  save_fusers_reference({std::make_shared<Fuser>(fuser)}, folder, subfolder);
}

}  // namespace c2c
