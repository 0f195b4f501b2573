// The small ops between matrix products, on our kernels and on LibTorch (what runs under autograd), one JSON line each:
// microseconds of the fastest of many calls. Shapes: SmolLM2-135M.    usage: kernel_ops [threads 2] [rows 512]
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

#include "c2c/model/cache/kv_cache.h"
#include "c2c/tensor/ops/activation.h"
#include "c2c/tensor/ops/attention.h"
#include "c2c/tensor/ops/norm.h"
#include "c2c/tensor/ops/on_kernels.h"
#include "c2c/tensor/ops/rope.h"

namespace {

using namespace c2c;

constexpr std::int64_t kHidden = 576, kWidth = 1536, kHeads = 9, kKvHeads = 3, kHeadSize = 64;

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double microseconds(const std::function<void()>& op) {
  double best = 1e9;
  for (const double end = seconds() + 0.15; seconds() < end;) {
    constexpr int kCalls = 4;
    const double start = seconds();
    for (int i = 0; i < kCalls; ++i) op();
    best = std::min(best, (seconds() - start) / kCalls);
  }
  return best * 1e6;
}

void report(const std::string& name, at::ScalarType dtype, const std::function<void()>& op) {
  const double ours = microseconds(op);
  const WithoutKernels libtorch;
  std::printf("{\"op\": \"%s\", \"dtype\": \"%s\", \"kernels_us\": %.2f, \"libtorch_us\": %.2f}\n", name.c_str(),
              c10::toString(dtype), ours, microseconds(op));
  std::fflush(stdout);
}

void small_ops(std::int64_t rows, at::ScalarType dtype) {
  const std::string at = " x" + std::to_string(rows);
  const at::Tensor x = at::randn({1, rows, kHidden}).to(dtype), weight = at::randn({kHidden}).to(dtype);
  const at::Tensor gate = at::randn({1, rows, kWidth}).to(dtype), up = at::randn({1, rows, kWidth}).to(dtype);
  const at::Tensor positions = at::arange(rows).unsqueeze(0), frequencies = at::rand({kHeadSize / 2});
  const RopeAngles angles = rope_angles(positions, frequencies, dtype);
  const at::Tensor heads = x.unflatten(2, {kHeads, kHeadSize});
  report("rms_norm" + at, dtype, [&] { rms_norm(x, weight, 1e-5, false); });
  report("silu" + at, dtype, [&] { gated_activation(gate, up, Activation::kSilu); });
  report("gelu" + at, dtype, [&] { gated_activation(gate, up, Activation::kGeluTanh); });
  report("residual_add" + at, dtype, [&] { residual_add(x, x); });
  report("apply_rope" + at, dtype, [&] { apply_rope(heads, angles); });
  report("rope_angles" + at, dtype, [&] { rope_angles(positions, frequencies, dtype); });
}

void attend(std::int64_t queries, std::int64_t tokens, at::ScalarType dtype) {
  const at::Tensor query = at::randn({1, queries, kHeads, kHeadSize}).to(dtype);
  const at::Tensor kv = at::randn({2, 1, kKvHeads, tokens, kHeadSize}).to(dtype);
  const AttentionMask mask(queries, tokens, 0, {}, query.options());
  report("attention " + std::to_string(queries) + "x" + std::to_string(tokens), dtype,
         [&] { attention(query, kv[0], kv[1], mask, {.scale = 0.125}); });
}

void decode_rows(std::int64_t rows, std::int64_t tokens, at::ScalarType dtype, std::optional<KvFormat> format) {
  const at::Tensor query = at::randn({rows, 1, kHeads, kHeadSize}).to(dtype);
  const at::Tensor kv = at::randn({rows, kKvHeads, tokens, kHeadSize}).to(dtype);
  KvCache cache({1, kKvHeads, kHeadSize}, rows, dtype, format, 8192);
  cache.push(0, kv, kv);
  std::vector<kernels::KvView> views;
  for (std::int64_t r = 0; r < rows; ++r) views.push_back(cache.row_view(0, r));
  report("decode " + std::to_string(rows) + " rows of " + std::to_string(tokens) + " " +
             std::string(kv_format_name(views[0].format)),
         dtype, [&] { decode_attention(query, views, 0, {.scale = 0.125}); });
}

void append_one(at::ScalarType dtype, std::optional<KvFormat> format) {
  KvCache cache({1, kKvHeads, kHeadSize}, 1, dtype, format, 8192);
  const at::Tensor token = at::randn({1, kKvHeads, 1, kHeadSize}).to(dtype);
  const std::string held = format ? std::string(kv_format_name(*format)) : "as it is";
  report("push " + held, dtype, [&] {
    cache.push(0, token, token);
    if (cache.length() == 8000) cache.crop(0);
  });
  if (format) return;
  report("append", dtype, [&] {
    cache.append(0, token, token);
    if (cache.length() == 8000) cache.crop(0);
  });
}

}  // namespace

int main(int argc, char** argv) {
  at::set_num_threads(argc > 1 ? std::atoi(argv[1]) : 2);
  at::set_num_interop_threads(1);
  const std::int64_t rows = argc > 2 ? std::atol(argv[2]) : 512;
  const c10::InferenceMode inference;
  at::manual_seed(0);
  for (const at::ScalarType dtype : {at::kBFloat16, at::kFloat}) {
    small_ops(1, dtype);
    small_ops(rows, dtype);
    for (const std::int64_t tokens : {512, 4096}) attend(1, tokens, dtype);
    attend(rows, rows, dtype);
    attend(rows / 2, rows, dtype);
    decode_rows(8, 512, dtype, {});
    for (const std::int64_t tokens : {512, 4096}) decode_rows(1, tokens, dtype, KvFormat::kQ8);
    append_one(dtype, {});
    append_one(dtype, KvFormat::kQ8);
  }
  return 0;
}
