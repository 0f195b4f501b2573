// The small kernels against their scalar twins, at every length and misalignment, and those against their definitions
// in double.
#include "c2c/tensor/kernels/row_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <vector>

#include "c2c/base/float_bits.h"
#include "c2c/tensor/kernels/isa.h"

namespace c2c::kernels {
namespace {

float wide(float x) {
  return x;
}
float wide(std::uint16_t x) {
  return bfloat16_to_float(x);
}
template <class T>
T narrow(float x) {
  if constexpr (sizeof(T) == sizeof(float))
    return x;
  else
    return float_to_bfloat16(x);
}
// How far a result may lie from the exact one: rounding of T, and some of float32.
template <class T>
double relative() {
  return sizeof(T) == sizeof(float) ? 1e-6 : 1.0 / 128;
}

std::mt19937& generator() {
  static std::mt19937 engine(5);
  return engine;
}

// Numbers that start `shift` elements behind an aligned address and end where the allocation ends, so that sanitizers
// see every byte too many.
template <class T>
class Row {
 public:
  Row(std::int64_t size, std::int64_t shift, float spread = 1)
      : shift_(shift), data_(static_cast<std::size_t>(size + shift)) {
    std::normal_distribution<float> normal(0, spread);
    for (T& x : data_) {
      if constexpr (sizeof(T) == 1)
        x = 0;
      else
        x = narrow<T>(normal(generator()));
    }
  }
  T* data() { return data_.data() + shift_; }
  const T* data() const { return data_.data() + shift_; }
  double operator[](std::int64_t i) const { return wide(data()[i]); }
  bool operator==(const Row& other) const { return data_ == other.data_; }

 private:
  std::int64_t shift_;
  std::vector<T> data_;
};

std::vector<Isa> faster() {
  std::vector<Isa> found;
  for (const Isa isa : {Isa::kAvx2, Isa::kAvx512})
    if (isa <= machine_isa()) found.push_back(isa);
  return found;
}

// run(size, shift) for all small sizes, a few large ones, and all shifts of a vector's size.
void at_every_length(const std::function<void(std::int64_t, std::int64_t)>& run) {
  for (std::int64_t size = 1; size <= 70; ++size)
    for (const std::int64_t shift : {0, 1, 3}) run(size, shift);
  for (std::int64_t shift = 0; shift < 16; ++shift) run(100, shift);
  for (const std::int64_t size : {128, 255, 576, 1000}) run(size, 1);
}

template <class T>
void expect_near(const Row<T>& found, const Row<T>& wanted, std::int64_t size, double scale, const char* what) {
  for (std::int64_t i = 0; i < size; ++i)
    ASSERT_NEAR(found[i], wanted[i], relative<T>() * (std::abs(wanted[i]) + scale))
        << what << " " << i << " of " << size;
}

template <class T>
class RowKernels : public testing::Test {};
using Types = testing::Types<float, std::uint16_t>;
TYPED_TEST_SUITE(RowKernels, Types);

TYPED_TEST(RowKernels, NormEqualsItsDefinition) {
  using T = TypeParam;
  at_every_length([](std::int64_t size, std::int64_t shift) {
    const Row<T> x(size, shift, 3), weight(size, shift / 2);
    double squares = 0;
    for (std::int64_t i = 0; i < size; ++i) squares += x[i] * x[i];
    const double scale = 1 / std::sqrt(squares / static_cast<double>(size) + 1e-5);
    for (const NormForm form : {NormForm::kRounded, NormForm::kOffset, NormForm::kFloat}) {
      Row<T> want(size, shift);
      for (std::int64_t i = 0; i < size; ++i) {
        const float gain = form == NormForm::kOffset ? 1.0F + wide(weight.data()[i]) : wide(weight.data()[i]);
        want.data()[i] = narrow<T>(static_cast<float>(x[i] * scale * gain));
      }
      std::vector<Isa> all = faster();
      all.push_back(Isa::kScalar);
      for (const Isa isa : all) {
        const ScopedIsa use(isa);
        Row<T> found(size, shift);
        rms_norm_row<T>({x.data(), weight.data(), found.data(), size, 1e-5F, form});
        expect_near(found, want, size, 1e-6, isa_name(isa));
        Row<T> in_place = x;
        rms_norm_row<T>({in_place.data(), weight.data(), in_place.data(), size, 1e-5F, form});
        for (std::int64_t i = 0; i < size; ++i) ASSERT_EQ(in_place[i], found[i]);
      }
    }
  });
}

TYPED_TEST(RowKernels, RopeEqualsItsDefinition) {
  using T = TypeParam;
  at_every_length([](std::int64_t half, std::int64_t shift) {
    const std::int64_t size = 2 * half;
    const Row<T> x(size, shift), cosine(size, 0), sine(size, shift);
    Row<T> want(size, shift);
    for (std::int64_t i = 0; i < size; ++i)
      want.data()[i] = narrow<T>(static_cast<float>(wide(narrow<T>(static_cast<float>(x[i] * cosine[i]))) +
                                                    x[i < half ? i + half : i - half] * sine[i]));
    {
      const ScopedIsa use(Isa::kScalar);
      Row<T> found(size, shift);
      rope_row(x.data(), cosine.data(), sine.data(), found.data(), size);
      expect_near(found, want, size, 1, "scalar");
    }
    for (const Isa isa : faster()) {
      const ScopedIsa use(isa);
      Row<T> found(size, shift), in_place = x;
      rope_row(x.data(), cosine.data(), sine.data(), found.data(), size);
      expect_near(found, want, size, 1, isa_name(isa));
      rope_row(in_place.data(), cosine.data(), sine.data(), in_place.data(), size);
      for (std::int64_t i = 0; i < size; ++i) ASSERT_EQ(in_place[i], found[i]);
    }
  });
}

TYPED_TEST(RowKernels, SumsAreExact) {
  using T = TypeParam;
  at_every_length([](std::int64_t size, std::int64_t shift) {
    const Row<T> a(size, shift), b(size, 0);
    for (const Isa isa : faster()) {
      const ScopedIsa use(isa);
      Row<T> found(size, shift);
      add_row(a.data(), b.data(), found.data(), size);
      for (std::int64_t i = 0; i < size; ++i)
        ASSERT_EQ(found[i], wide(narrow<T>(static_cast<float>(a[i]) + static_cast<float>(b[i]))));
    }
  });
}

TYPED_TEST(RowKernels, SoftmaxReadsItsBandAlone) {
  using T = TypeParam;
  at_every_length([](std::int64_t size, std::int64_t shift) {
    const Row<T> x(size, shift, 6);
    const std::int64_t first = size * (shift % 4) / 5, end = size - (size - first - 1) * (shift % 3) / 4;
    double sum = 0;
    for (std::int64_t i = first; i < end; ++i) sum += std::exp(x[i]);
    for (const Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512}) {
      const ScopedIsa use(isa);
      Row<T> found = x;
      std::vector<float> scratch(static_cast<std::size_t>(size));
      softmax_row<T>({found.data(), first, end, size, scratch.data()});
      for (std::int64_t i = 0; i < size; ++i) {
        const double want = i < first || i >= end ? 0 : std::exp(x[i]) / sum;
        ASSERT_NEAR(found[i], want, want * (relative<T>() + 3e-6)) << isa_name(isa) << " " << i << " of " << size;
      }
      // Other columns around the band change no bit.
      Row<T> alone(end - first, 0);
      std::copy_n(x.data() + first, end - first, alone.data());
      softmax_row<T>({alone.data(), 0, end - first, end - first, scratch.data()});
      for (std::int64_t i = first; i < end; ++i) ASSERT_EQ(alone[i - first], found[i]);
    }
  });
}

double activated(double x, Gate kind) {
  if (kind == Gate::kSilu) return x / (1 + std::exp(-x));
  return x / (1 + std::exp(-2 * std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}

TYPED_TEST(RowKernels, GatesEqualTheirScalarTwins) {
  using T = TypeParam;
  for (const Gate kind : {Gate::kSilu, Gate::kGeluTanh})
    at_every_length([&](std::int64_t size, std::int64_t shift) {
      const Row<T> gate(size, shift, 4), up(size, 0);
      Row<T> want(size, shift);
      const ScopedIsa scalar(Isa::kScalar);
      gated_row(gate.data(), up.data(), want.data(), size, kind);
      for (const Isa isa : faster()) {
        const ScopedIsa use(isa);
        Row<T> found(size, shift);
        gated_row(gate.data(), up.data(), found.data(), size, kind);
        for (std::int64_t i = 0; i < size; ++i) {  // the exponential's argument was rounded
          const double argument = kind == Gate::kSilu ? 0 : std::abs(gate[i]) * (1 + gate[i] * gate[i]);
          ASSERT_NEAR(found[i], want[i], relative<T>() * std::abs(want[i]) * (1 + argument) + 1e-38) << isa_name(isa);
        }
      }
    });
}

// Over all magnitudes, also where the exponential is subnormal, zero or infinite.
TEST(Gates, AreWithinThreeUnitsOfTheLastPlace) {
  std::vector<float> x;
  for (float magnitude = 1e-30F; magnitude < 300; magnitude *= 1.003F)
    for (const float sign : {1.0F, -1.0F}) x.push_back(sign * magnitude);
  const auto size = static_cast<std::int64_t>(x.size());
  const std::vector<float> one(x.size(), 1.0F);
  std::vector<float> found(x.size());
  for (const Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512})
    for (const Gate kind : {Gate::kSilu, Gate::kGeluTanh}) {
      const ScopedIsa use(isa);
      gated_row(x.data(), one.data(), found.data(), size, kind);
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double want = activated(x[i], kind);
        // The exponential's argument is rounded, which counts where it is large and negative.
        const double argument = kind == Gate::kSilu ? std::abs(x[i]) : 1.6 * std::abs(x[i]) * (1 + 0.05 * x[i] * x[i]);
        const double units = kind == Gate::kSilu || x[i] > 0 ? 3 : 3 + 2 * argument;
        ASSERT_NEAR(found[i], want, std::abs(want) * units * 0x1p-24 * 2 + 1e-36) << x[i] << isa_name(isa);
      }
    }
}

TEST(Gates, KeepInfinityAndNaN) {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> x = {infinity, NAN, 0.0F, -200.0F};
  const std::vector<float> one(4, 1.0F);
  for (const Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512})
    for (const Gate kind : {Gate::kSilu, Gate::kGeluTanh}) {
      const ScopedIsa use(isa);
      std::vector<float> found(4);
      gated_row(x.data(), one.data(), found.data(), 4, kind);
      EXPECT_EQ(found[0], infinity);
      EXPECT_TRUE(std::isnan(found[1]));
      EXPECT_EQ(found[2], 0.0F);
      EXPECT_EQ(found[3], 0.0F);
    }
}

TYPED_TEST(RowKernels, QuantizedRowsAreWithinHalfAStepAndAlikeEverywhere) {
  using T = TypeParam;
  at_every_length([](std::int64_t size, std::int64_t shift) {
    const Row<T> x(size, shift, 5);
    double largest = 0;
    for (std::int64_t i = 0; i < size; ++i) largest = std::max(largest, std::abs(x[i]));
    std::vector<std::int8_t> first;
    for (const Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512}) {
      const ScopedIsa use(isa);
      std::vector<std::int8_t> packed(static_cast<std::size_t>(size));
      Row<T> back(size, shift);
      const float scale = quantize_row(x.data(), packed.data(), size);
      EXPECT_FLOAT_EQ(scale, static_cast<float>(largest / 127));
      dequantize_row(packed.data(), scale, back.data(), size);
      for (std::int64_t i = 0; i < size; ++i)
        ASSERT_NEAR(back[i], x[i], scale * 0.5001 + (sizeof(T) == 2 ? std::abs(x[i]) / 256 : 0)) << isa_name(isa);
      if (first.empty()) first = packed;
      ASSERT_EQ(first, packed);
    }
  });
}

TEST(QuantizedRows, OfZerosAreZerosAndOfNaNAreNaN) {
  for (const Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512}) {
    const ScopedIsa use(isa);
    std::vector<float> x(20, 0.0F), back(20);
    std::vector<std::int8_t> packed(20);
    const auto there_and_back = [&] {
      const float scale = quantize_row(x.data(), packed.data(), 20);
      dequantize_row(packed.data(), scale, back.data(), 20);
    };
    there_and_back();
    EXPECT_EQ(back, x);
    x[3] = 1e-41F;  // too small for a scale
    there_and_back();
    EXPECT_EQ(back[3], 0.0F);
    for (const float bad : {NAN, std::numeric_limits<float>::infinity()}) {
      x[17] = bad;
      there_and_back();
      for (const float value : back) EXPECT_TRUE(std::isnan(value));
    }
  }
}

// What is rounded to bfloat16 agrees with the scalar rounding for every kind of float, but for subnormal ones.
TEST(Rounding, ToBfloat16IsAlikeEverywhere) {
  std::vector<float> a;
  for (std::uint64_t bits = 0; bits < (1ULL << 32); bits += 104729)
    a.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  for (const std::uint32_t bits : {0x7F800001U, 0x7FFFFFFFU, 0xFF800001U, 0x7F7FFFFFU, 0x00000001U, 0x80008000U})
    a.push_back(std::bit_cast<float>(bits));
  // x * 1 through the norm's last step: the quantizer's way back rounds once.
  for (const Isa isa : faster()) {
    const ScopedIsa use(isa);
    const std::int8_t one = 1;
    for (const float value : a) {
      std::uint16_t out = 0;
      dequantize_row(&one, value, &out, 1);
      if (std::isnan(value))
        ASSERT_TRUE(std::isnan(bfloat16_to_float(out)));
      else
        ASSERT_TRUE(out == float_to_bfloat16(value) || (std::abs(value) < 0x1p-126F && (out & 0x7FFF) == 0)) << value;
    }
  }
}

}  // namespace
}  // namespace c2c::kernels
