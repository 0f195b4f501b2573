#include "c2c/tensor/kernels/isa.h"

#include <gtest/gtest.h>

#include "c2c/tensor/kernels/weight_format.h"

namespace c2c {
namespace {

using kernels::Isa;

TEST(Isa, AScopeLowersAndRestores) {
  const Isa before = kernels::isa();
  {
    const kernels::ScopedIsa scope(Isa::kScalar);
    EXPECT_EQ(kernels::isa(), Isa::kScalar);
  }
  EXPECT_EQ(kernels::isa(), before);
  EXPECT_LE(before, kernels::machine_isa());
}

TEST(WeightFormat, NamesGoBothWays) {
  for (const char* name : {"f32", "bf16", "q8", "q4"})
    EXPECT_EQ(weight_format_name(*weight_format_from_name(name)), name);
  EXPECT_FALSE(weight_format_from_name("q5"));
}

}  // namespace
}  // namespace c2c
