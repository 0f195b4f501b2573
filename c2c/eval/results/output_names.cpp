#include "c2c/eval/results/output_names.h"

#include <algorithm>
#include <cctype>

namespace c2c::results {

namespace {

std::string last_part(const std::string& name) {
  return name.substr(name.find_last_of('/') + 1);  // npos + 1 is 0
}

}  // namespace

std::string file_name(const std::string& label) {
  std::string name;
  for (const char c : label) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = std::isalnum(byte) != 0 || byte >= 0x80 || c == '-' || c == '.' || c == '_' || c == '+';
    name += plain ? c : '_';
  }
  if (name.empty() || name[0] == '.') name.insert(0, "_");
  // Names of files hold 255 bytes, and a suffix follows.
  if (name.size() > 120) name.resize(120);
  return name;
}

std::string OutputNames::model(const std::string& system) const {
  const SystemInfo* known = info_.find_system(system);
  if (known == nullptr || last_part(known->model_name).empty()) return file_name(system);
  const std::string name = last_part(known->model_name);
  const auto same = std::count_if(info_.systems.begin(), info_.systems.end(),
                                  [&](const SystemInfo& other) { return last_part(other.model_name) == name; });
  return file_name(same == 1 ? name : system);
}

std::string OutputNames::dataset(const std::string& task) const {
  const TaskInfo* known = info_.find_task(task);
  if (known == nullptr || known->dataset.empty()) return file_name(task);
  const auto same = std::count_if(info_.tasks.begin(), info_.tasks.end(),
                                  [&](const TaskInfo& other) { return other.dataset == known->dataset; });
  return file_name(same == 1 ? known->dataset : task);
}

}  // namespace c2c::results
