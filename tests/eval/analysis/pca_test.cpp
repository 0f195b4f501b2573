#include "c2c/eval/analysis/pca.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <tuple>

namespace c2c {
namespace {

at::Tensor drawn(at::IntArrayRef shape) {
  return at::randn(shape, at::make_generator<at::CPUGeneratorImpl>(5), at::TensorOptions(at::kDouble));
}

// The same by another way: eigenvalues and eigenvectors of the covariance.
TEST(PrincipalComponents, AreThoseOfTheCovariance) {
  const at::Tensor x_ND = drawn({80, 6}).matmul(drawn({6, 6})) + 3;
  const PrincipalComponents found = principal_components(x_ND, 4);
  const at::Tensor centred_ND = x_ND - x_ND.mean(0, true);
  const auto [values_D, vectors_DD] = at::linalg_eigh(centred_ND.t().matmul(centred_ND) / 80);
  const double whole = values_D.sum().item<double>();
  ASSERT_EQ(found.explained.size(), 4U);
  ASSERT_EQ(found.coordinates_NK.sizes(), (std::vector<std::int64_t>{80, 4}));
  for (std::int64_t k = 0; k < 4; ++k) {
    EXPECT_NEAR(found.explained[static_cast<std::size_t>(k)], values_D[5 - k].item<double>() / whole, 1e-12);
    at::Tensor weights_D = vectors_DD.select(1, 5 - k);
    weights_D = weights_D * weights_D[weights_D.abs().argmax()].sign();  // the largest is positive
    EXPECT_LT((found.coordinates_NK.select(1, k) - centred_ND.matmul(weights_D)).abs().max().item<double>(), 1e-9);
  }
}

TEST(PrincipalComponents, OfPointsOnALineAreOne) {
  const at::Tensor t_N = at::arange(10, at::kDouble);
  const PrincipalComponents found = principal_components(at::stack({t_N, 2 * t_N, -t_N}, 1), 2);
  EXPECT_NEAR(found.explained[0], 1, 1e-12);
  EXPECT_NEAR(found.explained[1], 0, 1e-12);
}

TEST(PrincipalComponents, OfOnePointHaveNoVariance) {
  const PrincipalComponents found = principal_components(drawn({1, 3}), 2);
  EXPECT_EQ(found.explained, std::vector<double>{0});
  EXPECT_EQ(found.coordinates_NK.size(1), 1);
}

}  // namespace
}  // namespace c2c
