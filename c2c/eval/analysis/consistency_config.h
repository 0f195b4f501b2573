// What `c2c analyze consistency` reads: the keys of the reference's script/consistency/rosetta_consistency_config.json,
// and `run_file` of ours.
#pragma once
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "c2c/infer/pipelines/run_config.h"
#include "c2c/io/config/field.h"

namespace c2c {

struct ConsistencyConfig {
  // Ours: a run file instead of `models` and `rosetta`; one sharer.
  std::string run_file;
  std::string receiver, sharer;  // models.slm, models.llm
  std::string fuser;             // rosetta.checkpoints_dir
  std::optional<bool> include_response;
  // Read and not used: both models read the same ids, which is what is compared; devices are the build's matter.
  bool align = false, debug = false, trust_remote_code = false;
  std::string alignment_strategy = "first", device;
  std::string dtype = "bfloat16";  // or float32
  std::int64_t max_length = 2048, print_every = 50, debug_samples = 3;
  std::optional<std::int64_t> max_samples;  // absent: all
  std::string dataset_type;
  nlohmann::ordered_json dataset_kwargs;
  std::filesystem::path folder;  // of the file: relative paths may stand in it

  void visit_fields(const FieldVisitor& visit);
  RunConfig run() const;
};

// Throws kUsage for unknown keys, wrong types and what is missing; kInput for a file that cannot be read. null is as if
// the key were not there.
ConsistencyConfig load_consistency_config(const std::filesystem::path& path);
ConsistencyConfig parse_consistency_config(const std::string& text, const std::filesystem::path& path);

}  // namespace c2c
