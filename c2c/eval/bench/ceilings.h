// What the machine can do at best, measured in the same run as everything that is held against it.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "c2c/eval/bench/samples.h"

namespace c2c::bench {

// The best of several square matrix products.
struct GemmPeak {
  std::string type;  // f32, bf16; q8, q4: int8 arithmetic of our own kernels on packed weights
  std::string by;    // "LibTorch" (oneDNN, MKL) or "c2c"
  std::int64_t size = 0;
  double flops_per_second = 0;
};

struct Ceilings {
  std::int64_t threads = 0;
  double read_bytes_per_second = 0;
  std::vector<GemmPeak> gemm;

  // The fastest product whose operands are of this type, whoever computes it; 0: not measured.
  double gemm_peak(const std::string& type) const;
};

struct CeilingOptions {
  std::int64_t read_bytes = std::int64_t{512} << 20;
  std::vector<std::int64_t> gemm_sizes = {2048, 4096};
  Rounds rounds{10, 1.5};  // of each measurement
};

// With as many threads as LibTorch uses now.
Ceilings measure_ceilings(const CeilingOptions& options);

// A sum over a buffer of its own, in huge pages where they are given.
class ReadSweep {
 public:
  explicit ReadSweep(std::int64_t bytes);
  ~ReadSweep();
  ReadSweep(const ReadSweep&) = delete;
  ReadSweep& operator=(const ReadSweep&) = delete;

  double seconds();  // of one sweep, with as many threads as LibTorch uses now

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The best of several sweeps, bytes a second.
double read_bandwidth(std::int64_t bytes, const Rounds& rounds);

}  // namespace c2c::bench
