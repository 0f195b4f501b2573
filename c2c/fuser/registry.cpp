// The projector registry. Ours are put in by name here, so that static linking cannot lose them.
#include <cctype>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "c2c/base/error.h"
#include "c2c/fuser/ablation_projector.h"
#include "c2c/fuser/all_in_one_projector.h"
#include "c2c/fuser/bottleneck_projector.h"
#include "c2c/fuser/c2c_projector.h"
#include "c2c/fuser/projector.h"
#include "c2c/fuser/replace_projector.h"
#include "c2c/fuser/ridge_projector.h"

namespace c2c {
namespace {

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

struct Registry {
  std::mutex mutex;
  std::map<std::string, ProjectorFactory> factories = {{"C2CProjector", C2CProjector::create},
                                                       {"AllInOneProjector", AllInOneProjector::create},
                                                       {"AblationProjector", AblationProjector::create},
                                                       {"ReplaceProjector", ReplaceProjector::create},
                                                       {"BottleneckProjector", BottleneckProjector::create},
                                                       {"RidgeProjector", RidgeProjector::create}};
};

Registry& registry() {
  static Registry instance;
  return instance;
}

}  // namespace

void register_projector(const std::string& class_name, ProjectorFactory factory) {
  if (class_name.empty() || !factory)
    fail_usage({.where = "register_projector", .found = "an empty name or factory", .expected = "both"});
  const std::lock_guard lock(registry().mutex);
  registry().factories[class_name] = std::move(factory);
}

std::vector<std::string> registered_projectors() {
  const std::lock_guard lock(registry().mutex);
  std::vector<std::string> names;
  for (const auto& [name, factory] : registry().factories) names.push_back(name);
  return names;
}

std::unique_ptr<Projector> make_projector(const std::string& class_name, const nlohmann::ordered_json& init_args) {
  ProjectorFactory factory;
  {
    const std::lock_guard lock(registry().mutex);
    for (const auto& [name, candidate] : registry().factories) {
      if (name == class_name) {
        factory = candidate;
        break;
      }
      if (!factory && lower(name) == class_name) factory = candidate;
    }
  }
  if (factory) return factory(init_args);
  std::string names;
  for (const auto& name : registered_projectors()) names += (names.empty() ? "" : ", ") + name;
  fail_input({.where = "projector registry",
              .key = "class",
              .found = class_name.empty() ? "no name" : class_name,
              .expected = "one of " + names,
              .hint = "a class of your own is added with register_projector (docs/extending.md)"});
}

}  // namespace c2c
