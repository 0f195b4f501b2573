// Runs of the golden tiny models: tiny-qwen3 hears tiny-qwen2, which has its vocabulary, or tiny-gemma3, which has not.
#pragma once
#include <filesystem>
#include <fstream>
#include <string>

#include "c2c/infer/pipelines/session.h"
#include "tests/testing/golden.h"
#include "tests/testing/temporary_folder.h"

namespace c2c::testing {

inline RunConfig tiny_run(const std::string& sharer = "qwen2", const std::string& align = "off") {
  RunConfig run;
  run.receiver.model = (golden_dir() / "models/tiny-qwen3").string();
  SharerConfig& one = run.sharers.emplace_back();
  one.model = (golden_dir() / "models" / ("tiny-" + sharer)).string();
  one.fuser = (golden_dir() / "fusers" / ("qwen3+" + sharer) / "sharer1").string();
  run.align = align;
  run.dtype = "f32";
  return run;
}

inline Messages user(const std::string& text) {
  return {{"user", text}};
}

class Folder : public TemporaryFolder {
 public:
  fs::path write(const std::string& name, const std::string& text) const {
    std::ofstream(path() / name, std::ios::binary) << text;
    return path() / name;
  }
};

inline double number(const nlohmann::ordered_json& value) {
  return value.get<double>();
}

}  // namespace c2c::testing
