#include "c2c/eval/analysis/pca.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <tuple>

#include "c2c/base/error.h"

namespace c2c {

PrincipalComponents principal_components(const at::Tensor& points_ND, std::int64_t count) {
  C2C_CHECK(points_ND.dim() == 2 && points_ND.size(0) > 0, "principal_components: points");
  const at::Tensor x_ND = points_ND.to(at::kDouble);
  const auto [u_NR, s_R, v_RD] = at::linalg_svd(x_ND - x_ND.mean(0, true), /*full_matrices=*/false);
  const std::int64_t kept = std::min(count, s_R.size(0));
  const at::Tensor weights_KD = v_RD.narrow(0, 0, kept);
  const at::Tensor largest_K1 = weights_KD.gather(1, weights_KD.abs().argmax(1, true));
  const at::Tensor sign_K = at::where(largest_K1 < 0, -1.0, 1.0).flatten().to(at::kDouble);
  PrincipalComponents found{u_NR.narrow(1, 0, kept) * (s_R.narrow(0, 0, kept) * sign_K), {}};
  const at::Tensor variance_R = s_R.square();
  const double whole = variance_R.sum().item<double>();
  for (std::int64_t k = 0; k < kept; ++k)
    found.explained.push_back(whole > 0 ? variance_R[k].item<double>() / whole : 0);
  return found;
}

}  // namespace c2c
