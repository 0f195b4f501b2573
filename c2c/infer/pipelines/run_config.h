// What one run is made of: the run file (`--config`), the same fields as flags. Relative paths in a run file are
// relative to it; ${VAR:-default} is expanded in paths.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "c2c/infer/engine/engine_options.h"
#include "c2c/infer/generate/generate.h"
#include "c2c/io/config/field.h"
#include "c2c/text/side/text_side.h"

namespace c2c {

struct SharerConfig : ModelEntry {
  std::string fuser;      // folder, fuser.safetensors, or org/name in the Hugging Face cache
  std::string subfolder;  // inside `fuser`
  std::string align;      // this sharer's own alignment; empty: the run's
  void visit_fields(const FieldVisitor& visit);
};

// Text-to-text: sharer 1 writes a context, the receiver reads it (reference: rosetta/baseline/multi_stage.py).
struct TextToTextConfig {
  std::int64_t context_tokens = 256;
  std::string background_prompt = "Briefly describe the most useful background to solve the problem:\n\n{question}";
  void visit_fields(const FieldVisitor& visit);
};

struct SamplingConfig : SamplingOptions {
  void visit_fields(const FieldVisitor& visit);
};

struct RunConfig {
  ModelEntry receiver;
  std::vector<SharerConfig> sharers;
  std::string mode = "c2c";  // c2c, receiver, sharer, t2t, control
  std::string align;         // first, longest, span, off; empty: the fuser's recipe, else off
  std::string fusion;        // sequential, parallel; empty: the fuser's recipe, else sequential
  std::optional<bool> include_response;
  std::string mask = "all";  // which sharers the prompt is fused with: a bit mask, "all" or "none"
  std::string dtype = "bf16";
  std::string weights = "auto";  // f32, bf16, q8, q4; auto: as dtype
  std::string kv = "auto";       // f32, bf16, q8; auto: as dtype
  std::string system;
  std::string control_prompt;  // mode control: the question whose sharer cache is fused
  bool thinking = false;
  SamplingConfig sampling;
  std::int64_t max_new_tokens = 256;
  bool ignore_eos = false;
  std::vector<std::string> stop;
  TextToTextConfig t2t;
  EngineOptions engine;

  // Flags that fill `sharers`, one each time they are given (apply_overrides).
  std::vector<std::string> sharer_flags, fuser_flags;

  void visit_fields(const FieldVisitor& visit);
  // After a run file and flags were read: --sharer and --fuser replace the file's, by position. Throws kUsage where a
  // fuser has no sharer.
  void apply_overrides();
};

// The names of RunConfig::mode, in the order in which the demo shows them.
const std::vector<std::string>& mode_names();

}  // namespace c2c
