#include "c2c/eval/tasks/evals_registry.h"

#include <algorithm>

#include "c2c/base/error.h"
#include "c2c/io/config/assign.h"
#include "c2c/io/config/parse_text.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxFiles = 10'000, kMaxBytes = std::size_t{1} << 20;

std::string text_at(const Json& tree, const char* key) {
  const auto found = tree.is_object() ? tree.find(key) : tree.end();
  return found != tree.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Names of sets: the entries that point to another one by `id`.
std::vector<std::string> set_names(const Json& tree) {
  std::vector<std::string> names;
  for (const auto& item : tree.items())
    if (!text_at(item.value(), "id").empty()) names.push_back(item.key());
  return names;
}

std::string join(const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 12;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kMost); ++i) text += (i > 0 ? ", " : "") + names[i];
  return text + (names.size() > kMost ? ", ... (" + std::to_string(names.size()) + ")" : "");
}

// The file of evals/ that defines this set.
fs::path find_definition(const fs::path& folder, const std::string& set) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end && files.size() < kMaxFiles;
       it.increment(error))
    if (it->path().extension() == ".yaml") files.push_back(it->path());
  std::sort(files.begin(), files.end());
  std::vector<std::string> names;
  for (const fs::path& file : files) {
    names.push_back(file.stem().string());
    const std::string text = read_config_file(file, kMaxBytes);
    if (text.starts_with(set + ":") || text.find("\n" + set + ":") != text.npos) return file;
  }
  const std::string near = nearest_name(set, names);
  fail_input({.where = folder.string(),
              .key = set,
              .found = "no such set among " + std::to_string(files.size()) + " files",
              .expected = "the name of a set of the registry",
              .hint = near.empty() ? "" : "did you mean " + near + "?"});
}

// A file below data/; the registry's own paths are relative and stay inside.
fs::path data_file(const fs::path& registry, const std::string& name, const std::string& where) {
  const fs::path relative = fs::path(name).lexically_normal();
  const bool outside = relative.is_absolute() || name.find("://") != name.npos ||
                       std::find(relative.begin(), relative.end(), "..") != relative.end();
  if (outside) fail_input({.where = where, .found = name, .expected = "a file of the registry's data folder"});
  const fs::path file = registry / "data" / relative;
  std::error_code error;
  if (!fs::exists(file, error)) fail_input({.where = where, .found = "no file " + file.string(), .expected = "it"});
  return file;
}

EvalsSet read_entry(const Json& entry, const fs::path& registry, const std::string& where) {
  EvalsSet set;
  const std::string type = text_at(entry, "class");
  const auto match = grading::ideal_match_named(type.substr(type.rfind(':') + 1));
  if (!match)
    fail_input({.where = where,
                .key = "class",
                .found = type.empty() ? "nothing" : type,
                .expected = "Match, Includes or FuzzyMatch"});
  set.match = *match;
  const Json args = entry.value("args", Json::object());
  const std::string samples = text_at(args, "samples_jsonl");
  if (samples.empty()) fail_input({.where = where, .key = "samples_jsonl", .found = "nothing", .expected = "a file"});
  set.samples = data_file(registry, samples, where);
  set.ignore_case = args.contains("ignore_case") && args["ignore_case"] == true;
  if (args.contains("num_few_shot") && args["num_few_shot"].is_number_integer())
    set.num_few_shot = args["num_few_shot"].get<std::int64_t>();
  if (set.num_few_shot > 0) set.few_shot = data_file(registry, text_at(args, "few_shot_jsonl"), where);
  return set;
}

}  // namespace

EvalsSet find_evals_set(const fs::path& path, const std::string& set) {
  const bool is_folder = fs::is_directory(path);
  const fs::path registry = is_folder ? path : fs::absolute(path).parent_path().parent_path();
  if (is_folder && set.empty())
    fail_usage(
        {.where = path.string(), .key = "set", .found = "nothing", .expected = "the name of a set of the registry"});
  const fs::path file = is_folder ? find_definition(path / "evals", set) : path;
  const Json tree = parse_yaml_text(file.string(), read_config_file(file, kMaxBytes));
  if (!tree.is_object()) fail_input({.where = file.string(), .found = "no map", .expected = "sets of OpenAI evals"});
  const std::vector<std::string> names = set_names(tree);
  const std::string name = !set.empty() ? set : names.size() == 1 ? names.front() : std::string();
  if (name.empty())
    fail_usage({.where = file.string(), .key = "set", .found = "nothing", .expected = "one of " + join(names)});
  const std::string id = tree.contains(name) ? text_at(tree[name], "id") : std::string();
  const std::string entry = id.empty() ? name : id;
  if (!tree.contains(entry))
    fail_input({.where = file.string(), .key = entry, .found = "no such set", .expected = "one of " + join(names)});
  EvalsSet found = read_entry(tree[entry], registry, file.string() + " (" + entry + ")");
  found.name = name;
  return found;
}

}  // namespace c2c
