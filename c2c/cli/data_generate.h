// `c2c data generate`: a teacher's replies to a source's questions, as training data.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "c2c/base/log.h"
#include "c2c/infer/pipelines/run_config.h"
#include "c2c/io/config/field.h"
#include "c2c/train/datagen/generation.h"

namespace c2c::cli {

class DataGenerate {
 public:
  DataGenerate();
  void visit_fields(const FieldVisitor& visit);
  // `source` has kind, input and seed of flags that `c2c data` shares among its verbs.
  struct Shared {
    std::string type, input, output;
    std::optional<std::uint64_t> seed;
  };
  void run(const Shared& shared);

 private:
  void visit_source(const FieldVisitor& visit);
  void visit_teacher(const FieldVisitor& visit);
  void visit_endpoint(const FieldVisitor& visit);
  std::unique_ptr<Teacher> make_teacher(const QuestionKind& kind, const ProgressFn& loading);
  std::unique_ptr<Teacher> make_endpoint();

  QuestionSource source_;
  RunConfig run_;
  std::optional<std::int64_t> max_new_tokens_;  // unset: the kind's
  std::string endpoint_, model_, api_key_env_ = "OPENAI_API_KEY", api_key_file_, extra_;
  double timeout_ = 6000, retry_delay_ = 1;  // seconds
  std::int64_t tries_ = 3;
  std::int64_t most_failures_ = 16;
  bool retry_errors_ = false;
};

}  // namespace c2c::cli
