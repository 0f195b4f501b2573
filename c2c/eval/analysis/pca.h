// Principal components. Legend: N points, D dimensions, K components.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace c2c {

struct PrincipalComponents {
  at::Tensor coordinates_NK;      // double, of the centred points
  std::vector<double> explained;  // share of the whole variance, by component; all 0 where there is none
};

// The first `count` (fewer where there are fewer points or dimensions), by singular values in double. A component's
// largest weight is positive, so that signs do not depend on the library.
PrincipalComponents principal_components(const at::Tensor& points_ND, std::int64_t count);

}  // namespace c2c
