#include "c2c/tensor/kernels/packed_matmul.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/tensor/kernels/packed_cases.h"

namespace c2c {
namespace {

using kernels::Element;
using kernels::Isa;
using testing::Numbers;
using testing::PackedCase;
using testing::PackedRun;

constexpr WeightFormat kFormats[] = {WeightFormat::kF32, WeightFormat::kBf16, WeightFormat::kQ8, WeightFormat::kQ4};
constexpr Element kTypes[] = {Element::kF32, Element::kBf16};

std::vector<Isa> isas() {
  std::vector<Isa> all;
  for (const Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512})
    if (isa <= kernels::machine_isa()) all.push_back(isa);
  return all;
}

std::string text(const PackedCase& c) {
  return std::string(weight_format_name(c.format)) + (c.type == Element::kF32 ? " f32 " : " bf16 ") +
         std::to_string(c.rows) + " x " + std::to_string(c.in) + " -> " + std::to_string(c.out) + " on " +
         kernels::isa_name(kernels::isa());
}

// Every case against double precision, over every instruction set.
void expect_right(PackedCase c) {
  for (const WeightFormat format : kFormats)
    for (const Element type : kTypes)
      for (const Isa isa : isas()) {
        const kernels::ScopedIsa scope(isa);
        c.format = format;
        c.type = type;
        PackedRun run(c);
        const Numbers y = run.run();
        ASSERT_LE(run.worst(y), 1) << text(c);
        for (std::int64_t r = 0; r + 1 < c.rows; ++r)
          for (std::int64_t o = c.out; o < run.y_stride; ++o)
            ASSERT_EQ(y.at(static_cast<std::size_t>(r * run.y_stride + o)), PackedRun::kUntouched) << text(c);
      }
}

TEST(PackedMatmul, IsRightForEveryLength) {
  for (std::int64_t n = 1; n <= 70; ++n)
    expect_right({.in = n, .out = n * 37 % 70 + 1, .rows = n * 5 % 14 + 1, .seed = static_cast<unsigned>(n)});
}

TEST(PackedMatmul, IsRightForLargeAndOddSizes) {
  expect_right({.in = 576, .out = 96, .rows = 25});
  expect_right({.in = 1001, .out = 33, .rows = 7});
  expect_right({.in = 257, .out = 129, .rows = 40});
}

TEST(PackedMatmul, StridesAndMisalignedRows) {
  // A stride of an odd number of elements shifts every other row of bfloat16 by half a word.
  for (const std::int64_t in : {6, 33, 64})
    expect_right({.in = in, .out = 45, .rows = 14, .x_stride = in + 3, .y_stride = 52});
}

TEST(PackedMatmul, BiasGeluAndResidual) {
  for (int bits = 1; bits < 8; ++bits)
    expect_right({.in = 48,
                  .out = 41,
                  .rows = 5,
                  .y_stride = 43,
                  .bias = (bits & 1) != 0,
                  .gelu = (bits & 2) != 0,
                  .residual = (bits & 4) != 0});
}

// Row by row, in pairs, in tiles of any size and in the middle of others: the same bits.
TEST(PackedMatmul, ARowsBitsDoNotDependOnTheRowsAroundIt) {
  for (const WeightFormat format : kFormats)
    for (const Element type : kTypes)
      for (const Isa isa : isas()) {
        const kernels::ScopedIsa scope(isa);
        PackedCase c{.format = format, .type = type, .in = 203, .out = 70, .rows = 67, .bias = true, .gelu = true};
        c.residual = true;
        PackedRun run(c);
        const Numbers whole = run.run();
        for (std::int64_t count = 1; count <= 30; ++count) {
          const std::int64_t begin = count * 7 % (c.rows - count);
          const Numbers part = run.run(begin, begin + count);
          for (std::int64_t r = begin; r < begin + count; ++r)
            for (std::int64_t o = 0; o < c.out; ++o) {
              const auto at = static_cast<std::size_t>(r * run.y_stride + o);
              ASSERT_EQ(std::bit_cast<std::uint32_t>(part.at(at)), std::bit_cast<std::uint32_t>(whole.at(at)))
                  << text(c) << ", rows " << begin << " to " << begin + count;
            }
        }
      }
}

TEST(PackedMatmul, TheGroupsOfRowsAreTheSameOnEveryInstructionSet) {
  for (const Element type : kTypes)
    for (const std::int64_t in : {1, 31, 32, 77, 300}) {
      std::vector<float> values = testing::random_numbers(in, 5);
      values[0] = 0.5F;  // halves: ties
      for (std::size_t i = 1; i < values.size(); ++i)
        if (i % 3 == 0) values[i] = std::round(values[i] * 4) / 8;
      Numbers x(values, type);
      std::vector<std::vector<std::byte>> made;
      for (const Isa isa : isas()) {
        const kernels::ScopedIsa scope(isa);
        made.emplace_back(static_cast<std::size_t>(kernels::row_bytes(kernels::RowFormat::kQ8, in)));
        kernels::prepare_rows({x.data(), in, type}, in, kernels::RowFormat::kQ8, 0, 1, made.back().data());
        EXPECT_EQ(made.back(), made.front()) << kernels::isa_name(isa) << " " << in;
      }
    }
}

TEST(PackedMatmul, GeluIsExactInBothTails) {
  for (const Isa isa : isas()) {
    const kernels::ScopedIsa scope(isa);
    for (double y = -13; y < 13; y += 0.0137) {
      // One input of 1, weight y.
      PackedCase c{.in = 1, .out = 1, .rows = 1, .gelu = true};
      PackedRun run(c);
      std::memcpy(run.w.bytes.data(), std::vector<float>{static_cast<float>(y)}.data(), 4);
      run.x.set(0, 1);
      const double expected = testing::exact_gelu(static_cast<float>(y));
      ASSERT_NEAR(run.run().at(0), expected, 4e-7 * std::abs(expected) + 1e-37) << y << kernels::isa_name(isa);
    }
  }
}

TEST(PackedMatmul, NotANumberStaysInItsRow) {
  for (const float bad : {std::nanf(""), INFINITY, -INFINITY})
    for (const WeightFormat format : kFormats)
      for (const Element type : kTypes)
        for (const Isa isa : isas()) {
          const kernels::ScopedIsa scope(isa);
          PackedCase c{.format = format, .type = type, .in = 70, .out = 40, .rows = 5, .bias = true};
          PackedRun clean(c), run(c);
          run.x.set(static_cast<std::size_t>(2 * run.x_stride + 69), bad);
          const Numbers y = run.run(), expected = clean.run();
          for (std::int64_t r = 0; r < c.rows; ++r)
            for (std::int64_t o = 0; o < c.out; ++o) {
              const auto at = static_cast<std::size_t>(r * run.y_stride + o);
              if (r == 2)
                EXPECT_FALSE(std::isfinite(y.at(at))) << text(c);
              else
                EXPECT_EQ(y.at(at), expected.at(at)) << text(c);
            }
          c.gelu = true;
          PackedRun gelu(c);
          gelu.x.set(0, bad);
          gelu.run();
        }
}

TEST(PackedMatmul, RandomShapes) {
  std::mt19937 generator(11);
  const auto draw = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(generator); };
  for (int i = 0; i < 60; ++i) {
    PackedCase c{.in = draw(1, 300), .out = draw(1, 150), .rows = draw(1, 40)};
    c.x_stride = c.in + draw(0, 3);
    c.y_stride = c.out + draw(0, 3);
    c.bias = draw(0, 1) == 1;
    c.gelu = draw(0, 1) == 1;
    c.residual = draw(0, 1) == 1;
    c.seed = static_cast<unsigned>(i);
    c.format = kFormats[draw(0, 3)];
    c.type = kTypes[draw(0, 1)];
    for (const Isa isa : isas()) {
      const kernels::ScopedIsa scope(isa);
      PackedRun run(c);
      ASSERT_LE(run.worst(run.run()), 1) << text(c);
    }
  }
}

}  // namespace
}  // namespace c2c
