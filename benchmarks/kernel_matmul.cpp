// Packed matrix products beside at::linear and the machine's read bandwidth, all in one run: one JSON line.
//   gemv: one row times matrices of 320 MB in all, as a decode step meets them: GB/s of weights; batch: 4 and 8 rows
//   gemm: 512 rows, and rows: 2 to 16 of them: GFLOP/s; call: microseconds of a call with nothing to do
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "c2c/eval/bench/ceilings.h"
#include "c2c/tensor/kernels/isa.h"
#include "c2c/tensor/nn/linear.h"

namespace {

using Json = nlohmann::ordered_json;
using c2c::Linear;
using c2c::WeightFormat;

constexpr WeightFormat kFormats[] = {WeightFormat::kF32, WeightFormat::kBf16, WeightFormat::kQ8, WeightFormat::kQ4};

double seconds(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// Of several measurements, each of at least `least` seconds.
double median_seconds(const std::function<void()>& work, double least = 0.02, int times = 5) {
  work();
  const int repeats = std::max(1, static_cast<int>(least / std::max(seconds(work), 1e-7)));
  std::vector<double> all;
  for (int i = 0; i < times; ++i)
    all.push_back(seconds([&] {
                    for (int r = 0; r < repeats; ++r) work();
                  }) /
                  repeats);
  std::nth_element(all.begin(), all.begin() + times / 2, all.end());
  return all[static_cast<std::size_t>(times / 2)];
}

Linear packed(std::int64_t in, std::int64_t out, WeightFormat format) {
  Linear layer(at::randn({out, in}).mul_(0.05));
  layer.pack(format);
  return layer;
}

struct Shape {
  std::int64_t in, out;
};

// The layers of SmolLM2-135M, over and over.
std::vector<Shape> decode_shapes(double bytes_per_weight) {
  const Shape block[] = {{576, 576}, {576, 192}, {576, 192}, {576, 576}, {576, 1536}, {576, 1536}, {1536, 576}};
  std::vector<Shape> shapes;
  for (double bytes = 0; bytes < 320e6;)
    for (const Shape& shape : block) {
      shapes.push_back(shape);
      bytes += bytes_per_weight * static_cast<double>(shape.in * shape.out);
    }
  return shapes;
}

struct DecodeLayers {
  std::vector<Linear> layers;
  double bytes = 0;
};

DecodeLayers decode_layers(WeightFormat format) {
  const double bytes_per_weight[] = {4, 2, 1.0625, 0.5625};
  DecodeLayers all;
  for (const Shape& shape : decode_shapes(bytes_per_weight[static_cast<int>(format)])) {
    all.layers.push_back(packed(shape.in, shape.out, format));
    all.bytes += static_cast<double>(all.layers.back().bytes());
  }
  return all;
}

Json decode_packed(const DecodeLayers& all, std::int64_t rows) {
  const std::vector<Linear>& layers = all.layers;
  const at::Tensor narrow = at::randn({rows, 576}, at::kBFloat16), wide = at::randn({rows, 1536}, at::kBFloat16);
  const auto x = [&](std::size_t i) { return layers[i].in_features() == 576 ? narrow : wide; };
  const double single = median_seconds([&] {
    for (std::size_t i = 0; i < layers.size(); ++i) layers[i](x(i));
  });
  const double together = median_seconds([&] {
    for (std::size_t i = 0; i + 6 < layers.size(); i += 7) {
      c2c::apply_all({&layers[i], &layers[i + 1], &layers[i + 2]}, narrow);
      layers[i + 3](narrow);
      c2c::apply_all({&layers[i + 4], &layers[i + 5]}, narrow);
      layers[i + 6](wide);
    }
  });
  return {{"GBps", all.bytes / single * 1e-9}, {"GBps_apply_all", all.bytes / together * 1e-9}};
}

double decode_library(at::ScalarType dtype) {
  std::vector<at::Tensor> weights;
  double bytes = 0;
  for (const Shape& shape : decode_shapes(dtype == at::kFloat ? 4 : 2)) {
    weights.push_back(at::randn({shape.out, shape.in}).to(dtype));
    bytes += static_cast<double>(weights.back().nbytes());
  }
  const at::Tensor narrow = at::randn({1, 576}).to(dtype), wide = at::randn({1, 1536}).to(dtype);
  return bytes * 1e-9 / median_seconds([&] {
           for (const at::Tensor& weight : weights) at::linear(weight.size(1) == 576 ? narrow : wide, weight);
         });
}

Json products(std::int64_t rows, const Shape& shape) {
  const double operations = 2e-9 * static_cast<double>(rows * shape.in * shape.out);
  Json result = {{"rows", rows}, {"in", shape.in}, {"out", shape.out}};
  const at::Tensor x = at::randn({rows, shape.in}), x16 = x.to(at::kBFloat16);
  const at::Tensor w = at::randn({shape.out, shape.in}), w16 = w.to(at::kBFloat16);
  result["library_f32"] = operations / median_seconds([&] { at::linear(x, w); });
  result["library_bf16"] = operations / median_seconds([&] { at::linear(x16, w16); });
  for (const WeightFormat format : kFormats) {
    const Linear layer = packed(shape.in, shape.out, format);
    const at::Tensor& given = format == WeightFormat::kF32 ? x : x16;
    result[std::string(weight_format_name(format))] = operations / median_seconds([&] { layer(given); });
    if (format == WeightFormat::kBf16) result["bf16_gelu"] = operations / median_seconds([&] { layer.gelu(given); });
  }
  return result;
}

void measure_rest(Json& report) {
  report["gemv"]["library_f32"] = decode_library(at::kFloat);
  report["gemv"]["library_bf16"] = decode_library(at::kBFloat16);
  const Linear nothing = packed(32, 32, WeightFormat::kBf16);
  const at::Tensor x = at::randn({1, 32}, at::kBFloat16);
  report["call_us"] = 1e6 * median_seconds([&] { nothing(x); });
  for (const Shape& shape : {Shape{576, 1536}, {1536, 576}, {1024, 1024}, {448, 1024}, {640, 2048}, {576, 288}})
    report["gemm_GFLOPs"].push_back(products(512, shape));
  for (const std::int64_t rows : {2, 4, 8, 16, 64}) report["rows_GFLOPs"].push_back(products(rows, {576, 1536}));
}

}  // namespace

// kernel_matmul [decode]: only what a decode step meets.
int main(int argc, char** argv) {
  const at::NoGradGuard no_grad;
  Json report = {{"isa", c2c::kernels::isa_name(c2c::kernels::isa())}, {"threads", at::get_num_threads()}};
  report["read_GBps"] = c2c::bench::read_bandwidth(std::int64_t{512} << 20, {.count = 5}) * 1e-9;
  for (const WeightFormat format : kFormats) {
    const std::string name(weight_format_name(format));
    const DecodeLayers all = decode_layers(format);
    report["gemv"][name] = decode_packed(all, 1);
    for (const std::int64_t rows : {4, 8}) report["batch"][name][std::to_string(rows)] = decode_packed(all, rows);
  }
  if (argc < 2 || std::string_view(argv[1]) != "decode") measure_rest(report);
  std::printf("%s\n", report.dump().c_str());
  return 0;
}
