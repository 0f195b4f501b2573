// Fits RidgeProjectors in one pass over data, without gradients: per receiver layer the map W, b that is least in
//
//   |Y - X W - 1 b|^2 + lambda s |W|^2,   hence   (C + lambda s I) W = X_c^T Y_c,  C = X_c^T X_c,  b = y - x W
//
// X: rows of sharer features (ridge_projector.h), Y: rows of the receiver's keys (RoPE taken off) and values, of the
// same tokens; X_c, Y_c: less their means x, y. s is C's mean diagonal entry, so that lambda has no unit: 0.01 means
// the same for every pair and amount of data. Only sums are kept, in float64: memory does not grow with the data
// (8 (F^2 + F O) bytes a layer; F = 2 Hs Ds, O = 2 Ht Dt).
// Legend: B batch, N tokens.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "c2c/fuser/fuser.h"

namespace c2c {

// What one receiver layer hears. Frequencies are RoPE's, (head size / 2); empty: none.
struct RidgeLayer {
  std::int64_t sharer_layer = 0;
  std::vector<double> sharer_frequencies, receiver_frequencies;
};

// The same tokens as both models hold them, in cache layout.
struct RidgeTokens {
  const KvPair& sharer;
  const KvPair& receiver;
  at::Tensor sharer_positions_BN, receiver_positions_BN;  // int64, may be undefined where no RoPE is
  at::Tensor used_BN;                                     // bool, false: left out (pads); undefined: all are used
};

class RidgeFitter {
 public:
  // `layers`: by receiver layer. Geometries' `layers` are not looked at.
  RidgeFitter(KvGeometry sharer, KvGeometry receiver, std::map<std::int64_t, RidgeLayer> layers);

  void add(std::int64_t receiver_layer, const RidgeTokens& tokens);
  std::int64_t tokens(std::int64_t receiver_layer) const;  // rows seen so far

  // One projector per layer, in order. Throws kUsage where a layer saw nothing, and where lambda is too small for the
  // data (not enough tokens, or features that depend on each other); kInput where the data are not finite.
  std::shared_ptr<Fuser> solve(double lambda, double alpha = 1.0, at::ScalarType dtype = at::kFloat) const;

 private:
  // Sums over rows less `shift_*`, the first batch's means: differences of large sums would lose digits.
  struct Sums {
    std::int64_t rows = 0;
    at::Tensor shift_x, shift_y;  // (F), (O)
    at::Tensor x, y;              // (F), (O)
    at::Tensor xx, xy;            // (F, F), (F, O)
  };
  std::shared_ptr<Projector> solve_layer(std::int64_t layer, double lambda, double alpha, at::ScalarType dtype) const;

  KvGeometry sharer_, receiver_;
  std::map<std::int64_t, RidgeLayer> layers_;
  std::map<std::int64_t, Sums> sums_;
};

}  // namespace c2c
