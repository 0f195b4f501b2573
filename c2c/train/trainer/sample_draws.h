// Gate noise that belongs to a sample: the same numbers whatever batch, process or padding the sample is in, so that
// two processes train as one does, and nothing needs to be stored to resume.
#pragma once
#include <cstdint>
#include <vector>

#include "c2c/fuser/projector.h"

namespace c2c {

class SampleDraws {
 public:
  explicit SampleDraws(std::uint64_t seed) : seed_(seed) {}
  SampleDraws(const SampleDraws&) = delete;
  SampleDraws& operator=(const SampleDraws&) = delete;

  // The rows of the next forward, by their place in the whole run (epoch x samples + place in the epoch).
  void begin(std::vector<std::uint64_t> samples) { samples_ = std::move(samples); }
  // Philox (Salmon et al. 2011) keyed by seed and sample; streams by sharer, layer and gate; counted by the token's
  // place in its own plan. Refers to this object.
  TrainingDraws draws();

 private:
  at::Tensor uniform(at::IntArrayRef shape, at::TensorOptions options);

  std::uint64_t seed_;
  std::vector<std::uint64_t> samples_;
  std::vector<std::uint64_t> rows_;  // samples of the site's rows
  std::vector<std::vector<std::int64_t>> tokens_;
  bool ragged_ = false;
  std::uint64_t stream_ = 0, gate_ = 0;
};

}  // namespace c2c
