// The analyses of `c2c analyze` that run models: weights, consistency, sensitivity, embeddings.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "c2c/eval/analysis/embeddings.h"
#include "c2c/eval/analysis/questions.h"
#include "c2c/eval/analysis/sensitivity.h"
#include "c2c/io/config/field.h"

namespace c2c::cli {

bool runs_models(const std::string& what);
// What such an analysis is given.
std::string path_of_model_analysis(const std::string& what);

// Options that the other analyses have too.
struct SharedChoice {
  std::string task;
  std::vector<std::string> systems;
};

class ModelAnalyses {
 public:
  void visit_fields(const FieldVisitor& visit);
  // Runs it and writes its files. Throws as the analysis does.
  std::vector<std::filesystem::path> write(const std::string& what, const std::string& path, const SharedChoice& shared,
                                           const std::filesystem::path& folder) const;

 private:
  Analysis consistency(const std::string& path, const ProgressFn& progress) const;
  Analysis sensitivity(const std::string& path, const SharedChoice& shared, const ProgressFn& progress) const;
  Analysis embeddings(Session& session, const std::vector<Question>& questions, const ProgressFn& progress) const;
  std::vector<Question> questions(const std::string& what, const SharedChoice& shared) const;
  std::vector<std::int64_t> layers() const;

  std::string checkpoints_, questions_, data_path_, per_ = "token", source_;
  std::vector<std::string> layers_, overrides_;
  std::int64_t samples_ = 0, bins_ = 30;
  std::optional<std::uint64_t> seed_;
  double perplexity_ = 30, noise_mean_ = 0, noise_std_ = 1;
  bool values_ = false, no_control_ = false, no_tsne_ = false, every_token_ = false, absolute_ = false,
       whole_prompt_ = false;
};

}  // namespace c2c::cli
