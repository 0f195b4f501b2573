// Where golden data lies and how it is read. C2C_GOLDEN_DIR and C2C_GOLDEN_REAL_DIR name other sets of the same layout;
// nothing about a case is known beyond its file name. Large JSON is kept as NAME.json.gz; both forms are read.
#pragma once
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace c2c::testing {

namespace fs = std::filesystem;

inline fs::path env_path(const char* variable, const fs::path& fallback) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0' ? fs::path(value) : fallback;
}
inline fs::path golden_dir() {
  return env_path("C2C_GOLDEN_DIR", fs::path(C2C_SOURCE_DIR) / "tests/golden");
}
inline fs::path golden_real_dir() {
  return env_path("C2C_GOLDEN_REAL_DIR", fs::path(C2C_SOURCE_DIR) / "tests/golden_real");
}
// Downloaded parts (`./run fetch`): real tokenizers in tokenizers/NAME/models, models in models/.
inline fs::path deps_dir() {
  return env_path("C2C_DEPS_DIR", fs::path(C2C_SOURCE_DIR) / ".deps");
}

inline std::string read_gz(const fs::path& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) throw std::runtime_error("cannot open " + path.string());
  std::string text(1 << 20, '\0');
  std::string out;
  for (int n = 0; (n = gzread(file, text.data(), static_cast<unsigned>(text.size()))) > 0;)
    out.append(text.data(), static_cast<std::size_t>(n));
  gzclose(file);
  return out;
}

// gzread also reads plain files.
inline std::string read_golden_text(const fs::path& path) {
  if (fs::exists(path)) return read_gz(path);
  return read_gz(path.string() + ".gz");
}
inline nlohmann::ordered_json read_golden_json(const fs::path& path) {
  return nlohmann::ordered_json::parse(read_golden_text(path));
}

// Stems of NAME.json[.gz] in a folder of the golden set, sorted; at least one, or the test run fails.
inline std::vector<std::string> golden_names(const std::string& folder, const std::string& prefix = {}) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(golden_dir() / folder)) {
    std::string name = entry.path().filename().string();
    for (const std::string suffix : {".json.gz", ".json"})
      if (name.ends_with(suffix) && name.starts_with(prefix)) {
        names.push_back(name.substr(0, name.size() - suffix.size()));
        break;
      }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  if (names.empty()) throw std::runtime_error("no golden cases in " + (golden_dir() / folder).string());
  return names;
}

// Names as gtest parameters: only letters, digits and '_'.
struct ParamName {
  template <class T>
  std::string operator()(const ::testing::TestParamInfo<T>& info) const {
    std::string name = info.param;
    for (char& c : name)
      if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
    return name + "_" + std::to_string(info.index);
  }
};

}  // namespace c2c::testing
