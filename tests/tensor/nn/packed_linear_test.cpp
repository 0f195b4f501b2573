// Linear layers that were packed.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>

#include "c2c/base/error.h"
#include "c2c/io/formats/dequantize.h"
#include "c2c/tensor/nn/linear.h"
#include "c2c/tensor/ops/packed_memory.h"
#include "c2c/tensor/weights/weight_source.h"

namespace c2c {
namespace {

constexpr WeightFormat kFormats[] = {WeightFormat::kF32, WeightFormat::kBf16, WeightFormat::kQ8, WeightFormat::kQ4};

Linear packed(const at::Tensor& weight, const at::Tensor& bias, WeightFormat format) {
  Linear layer(weight.clone(), bias);
  layer.pack(format);
  return layer;
}

at::Tensor all_rows(const Linear& layer) {
  return layer.rows(at::arange(layer.out_features(), at::kLong), at::kFloat);
}

// Of the output's size: rounding the input to 8 bits of its largest, and of the result to bfloat16.
double tolerance(WeightFormat format, at::ScalarType dtype) {
  const bool grouped = format == WeightFormat::kQ8 || format == WeightFormat::kQ4;
  return (grouped ? 1.2e-2 : 1e-6) + (dtype == at::kBFloat16 ? 4e-3 : 0);
}

void expect_near(const at::Tensor& found, const at::Tensor& expected, double relative) {
  ASSERT_EQ(found.sizes(), expected.sizes());
  const double size = expected.abs().max().item<double>();
  EXPECT_LE((found.to(at::kFloat) - expected.to(at::kFloat)).abs().max().item<double>(), relative * size);
}

TEST(PackedLinear, EveryFormatAndTypeMultipliesItsOwnRows) {
  at::manual_seed(1);
  const at::Tensor w = at::randn({83, 70}), b = at::randn({83});
  for (const WeightFormat format : kFormats)
    for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
      const Linear layer = packed(w, b.to(dtype), format);
      const at::Tensor x = at::randn({2, 9, 70}).to(dtype);
      const at::Tensor expected = at::linear(x.to(at::kFloat), all_rows(layer), layer.bias().to(at::kFloat));
      const double relative = tolerance(format, dtype);
      EXPECT_EQ(layer(x).scalar_type(), dtype);
      expect_near(layer(x), expected, relative);
      expect_near(layer.gelu(x), at::gelu(expected), relative);
      const at::Tensor residual = at::randn({2, 9, 83}).to(dtype);
      expect_near(layer.add_to(x, residual), residual.to(at::kFloat) + expected, relative);
      EXPECT_EQ(layer.format(), format);
    }
}

TEST(PackedLinear, OtherTypesAndStrides) {
  const at::Tensor w = at::randn({40, 64});
  const Linear layer = packed(w, {}, WeightFormat::kF32);
  const at::Tensor x = at::randn({7, 3, 64});
  EXPECT_TRUE(at::equal(layer(x.select(1, 1)), layer(x.select(1, 1).contiguous())));
  EXPECT_TRUE(at::equal(layer(x.transpose(0, 1)), layer(x).transpose(0, 1)));
  EXPECT_EQ(layer(x.to(at::kDouble)).scalar_type(), at::kDouble);
  EXPECT_TRUE(at::allclose(layer(x.to(at::kHalf)).to(at::kFloat), at::linear(x, w), 1e-2, 1e-1));
  EXPECT_TRUE(at::equal(layer(x[0][0]), layer(x)[0][0]));
  EXPECT_EQ(layer(at::empty({0, 64})).sizes(), (std::vector<std::int64_t>{0, 40}));
  EXPECT_THROW(layer(at::randn({3, 63})), Error);
}

// Few and many rows, odd numbers of panels, inputs that fill the cache: against the library, bit for bit among
// themselves.
TEST(PackedLinear, RowsHaveTheSameBitsWhateverTheBatch) {
  at::manual_seed(2);
  for (const auto& [in, out] : {std::pair{576, 288}, {1536, 96}, {77, 1000}, {4096, 40}})
    for (const WeightFormat format : kFormats) {
      const Linear layer = packed(at::randn({out, in}), at::randn({out}), format);
      const at::Tensor x = at::randn({512, in}, at::kBFloat16);
      const at::Tensor whole = layer(x);
      expect_near(whole, at::linear(x.to(at::kFloat), all_rows(layer), layer.bias()), tolerance(format, at::kBFloat16));
      for (const std::int64_t count : {1, 5, 16, 100})
        for (const std::int64_t begin : {std::int64_t{0}, std::int64_t{200}, 512 - count})
          ASSERT_TRUE(at::equal(layer(x.narrow(0, begin, count)), whole.narrow(0, begin, count)))
              << in << " " << out << " " << weight_format_name(format) << " " << count << " at " << begin;
    }
}

TEST(PackedLinear, ThreadsDoNotShowInTheResult) {
  const int before = at::get_num_threads();
  const Linear layer = packed(at::randn({300, 640}), {}, WeightFormat::kBf16);
  const at::Tensor x = at::randn({130, 640}, at::kBFloat16);
  const at::Tensor expected = layer(x);
  for (const int threads : {1, 2, 3, 7}) {
    at::set_num_threads(threads);
    EXPECT_TRUE(at::equal(layer(x), expected)) << threads;
    EXPECT_TRUE(at::equal(layer(x.narrow(0, 3, 2)), expected.narrow(0, 3, 2))) << threads;
  }
  at::set_num_threads(before);
}

TEST(PackedLinear, LayersTogetherAreLayersAlone) {
  const Linear a = packed(at::randn({576, 320}), at::randn({576}), WeightFormat::kQ8);
  const Linear b = packed(at::randn({96, 320}), {}, WeightFormat::kBf16);
  const Linear c = packed(at::randn({33, 320}), {}, WeightFormat::kQ4);
  for (const std::int64_t rows : {1, 3, 150}) {
    const at::Tensor x = at::randn({rows, 320});
    const std::vector<at::Tensor> together = apply_all({&a, &b, &c}, x);
    ASSERT_EQ(together.size(), 3U);
    EXPECT_TRUE(at::equal(together[0], a(x)));
    EXPECT_TRUE(at::equal(together[1], b(x)));
    EXPECT_TRUE(at::equal(together[2], c(x)));
  }
  const Linear plain(at::randn({4, 320}));
  EXPECT_TRUE(at::equal(apply_all({&plain, &b}, at::ones({1, 320}))[1], b(at::ones({1, 320}))));
}

TEST(PackedLinear, FromTheBytesOfAFile) {
  const at::Tensor w = at::randn({70, 64});
  std::vector<std::int64_t> order(70);
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int64_t>(i * 3 % 70);
  const at::Tensor ordered = w.index_select(0, at::tensor(order, at::kLong));
  for (const at::ScalarType source : {at::kFloat, at::kBFloat16, at::kHalf, at::kDouble})
    for (const WeightFormat format : kFormats) {
      const at::Tensor stored = w.to(source);
      Linear plain = Linear::empty(64, 70, false, at::TensorOptions(at::kMeta)), moved;
      std::atomic<std::size_t> done = 0;
      plain.pack_blocks(describe("w", stored), format, {}, [&](Bytes part) { done += part.size(); });
      moved.pack_blocks(describe("w", stored), format, order);
      EXPECT_EQ(done, stored.nbytes());
      EXPECT_TRUE(at::equal(all_rows(plain), all_rows(packed(stored, {}, format)))) << source;
      EXPECT_TRUE(at::equal(all_rows(moved), all_rows(packed(ordered.to(source), {}, format)))) << source;
    }
  Linear wrong = Linear::empty(65, 70, false, at::TensorOptions(at::kMeta));
  EXPECT_THROW(wrong.pack_blocks(describe("w", w), WeightFormat::kF32), Error);
}

TEST(PackedLinear, FromBlocks) {
  for (const auto& [type, format] : {std::pair{DType::kQ8_0, WeightFormat::kQ8},
                                     {DType::kQ4_0, WeightFormat::kQ4},
                                     {DType::kQ4_0, WeightFormat::kBf16},
                                     {DType::kQ6_K, WeightFormat::kF32}}) {
    TensorInfo info{.name = "w", .dtype = type, .shape = {40, 256}, .data = {}};
    std::vector<std::byte> bytes(tensor_bytes(type, info.numel()));
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 41 % 61);  // scales stay small
    info.data = bytes;
    at::Tensor expected = at::empty({40, 256});
    dequantize_to_float(type, bytes, expected.data_ptr<float>(), info.numel());
    if (format == WeightFormat::kBf16) expected = expected.to(at::kBFloat16).to(at::kFloat);
    Linear layer;
    layer.pack_blocks(info, format);
    EXPECT_TRUE(at::equal(all_rows(layer), expected)) << dtype_name(type);
  }
}

TEST(PackedLinear, WhatALayerTellsAboutItself) {
  const at::Tensor w = at::randn({64, 32}), b = at::randn({64});
  const Linear layer = packed(w, b, WeightFormat::kQ8);
  Linear copy = layer;
  EXPECT_TRUE(copy.is_packed() && !copy.weight().defined());
  EXPECT_EQ(copy.packed_bytes().data(), layer.packed_bytes().data());
  EXPECT_EQ(layer.packed_bytes().size(), 2U * (64 + 1024));
  EXPECT_EQ(layer.bytes(), 2 * (64 + 1024) + 4 * 64);
  EXPECT_EQ(layer.in_features(), 32);
  EXPECT_EQ(layer.out_features(), 64);
  std::vector<std::string> names;
  copy.visit("a.", [&](const ParameterRef& ref) { names.push_back(ref.name); });
  EXPECT_EQ(names, std::vector<std::string>{"a.bias"});
  EXPECT_THROW(copy.pack(WeightFormat::kF32), Error);
  EXPECT_THROW(layer.rows(at::tensor({64}, at::kLong), at::kFloat), Error);
  EXPECT_TRUE(at::equal(Linear(w).rows(at::tensor({3}, at::kLong), at::kFloat), w.narrow(0, 3, 1)));
}

TEST(PackedLinear, NoGradientIsLostInSilence) {
  const Linear layer = packed(at::randn({8, 8}), {}, WeightFormat::kF32);
  const at::Tensor x = at::randn({1, 8}).requires_grad_();
  EXPECT_THROW(layer(x), Error);
  const at::NoGradGuard no_grad;
  EXPECT_NO_THROW(layer(x));
}

TEST(PackedLinear, ALoraBranchIsAdded) {
  const at::Tensor w = at::randn({24, 16}), b = at::randn({24}), x = at::randn({5, 16}), residual = at::randn({5, 24});
  Linear plain(w, b), layer(w, b);
  const auto branch = std::make_shared<LoraBranch>();
  branch->a = at::randn({4, 16});
  branch->b = at::randn({24, 4});
  plain.set_lora(branch);
  layer.pack(WeightFormat::kF32);
  layer.set_lora(branch);
  EXPECT_TRUE(at::allclose(layer(x), plain(x), 1e-4, 1e-4));
  EXPECT_TRUE(at::allclose(layer.gelu(x), at::gelu(plain(x)), 1e-4, 1e-4));
  EXPECT_TRUE(at::allclose(layer.add_to(x, residual), residual + plain(x), 1e-4, 1e-4));
  EXPECT_TRUE(at::equal(apply_all({&layer, &layer}, x)[1], layer(x)));
  EXPECT_THROW(layer.merge_lora(), Error);
}

TEST(PackedMemory, PartsAreAlignedApartAndOutliveEachOther) {
  std::vector<std::shared_ptr<std::byte>> parts;
  for (const std::int64_t bytes : {0, 1, 100, 5 << 20, 40 << 20, 63, 30 << 20, 30 << 20}) {
    parts.push_back(packed_memory(bytes));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(parts.back().get()) % 64, 0U);
    std::memset(parts.back().get(), static_cast<int>(parts.size()), static_cast<std::size_t>(bytes));
  }
  parts.erase(parts.begin() + 3);
  EXPECT_EQ(parts[2].get()[99], std::byte{3});
  EXPECT_EQ(parts[3].get()[(40 << 20) - 1], std::byte{5});
}

}  // namespace
}  // namespace c2c
