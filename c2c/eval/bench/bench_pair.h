// The models under test, held in one weight format, and the joins that are timed.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "c2c/eval/bench/bench_config.h"
#include "c2c/eval/bench/report.h"
#include "c2c/infer/pipelines/session.h"

namespace c2c::bench {

class BenchPair {
 public:
  // Loads the receiver, and what `config` has of sharer and fuser.
  BenchPair(const BenchConfig& config, std::string weights, const ProgressFn& progress);

  Session& session() { return *session_; }
  const std::string& weights() const { return weights_; }
  std::shared_ptr<const Rosetta> alone() const { return alone_; }
  // The receiver with its first sharer and the fuser of the timings; null: the run has no sharer.
  std::shared_ptr<const Rosetta> fused() const { return fused_; }
  // The run's own receiver, sharer and fuser can answer questions.
  bool can_answer() const { return has_fuser_; }

  // `count` random ids that both models know, the same for the same seed.
  std::vector<std::int32_t> random_ids(std::int64_t count, std::uint64_t seed) const;
  // All tokens but the last are fused where `rosetta` has a sharer.
  SectionPlan plan(const Rosetta& rosetta, std::vector<std::int32_t> ids) const;

  double prefill_flops(const Rosetta& rosetta, std::int64_t tokens) const;
  // What the receiver reads for one token with `cached` tokens in its cache.
  double decode_bytes(double cached) const;
  // Of a number in this model's cache, its share of a scale included.
  double kv_element_bytes(const CausalLm& model) const;
  // Of the receiver, the sharer, the timings' fuser.
  std::vector<ModelRow> describe() const;

 private:
  std::string weights_;
  std::unique_ptr<Session> session_;
  bool has_fuser_ = false;
  std::shared_ptr<const Fuser> fuser_;
  std::shared_ptr<const Rosetta> alone_, fused_;
};

// A C2CProjector for each receiver layer that has a partner counted from the last layers down (last_aligned), random
// weights, all gates open: what the reference's timer makes. Each is packed before the next is drawn (no format: none).
std::shared_ptr<Fuser> random_fuser(const CausalLm& receiver, const CausalLm& sharer, std::int64_t hidden,
                                    std::optional<WeightFormat> format);

}  // namespace c2c::bench
