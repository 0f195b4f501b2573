#include "c2c/tensor/ops/packed_linear.h"

#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <array>

#include "c2c/base/error.h"
#include "c2c/tensor/kernels/packed_matmul.h"
#include "c2c/tensor/kernels/packed_rows.h"
#include "c2c/tensor/ops/crew.h"
#include "c2c/tensor/ops/packed_memory.h"

namespace c2c {
namespace {

using kernels::Element;
using kernels::RowFormat;

// Below this many bytes of weights (or as much arithmetic) a second thread costs more than it brings.
constexpr std::int64_t kThreadBytes = std::int64_t{48} << 10;
// Multiplying one panel by this many rows takes about as long as reading it.
constexpr std::int64_t kRowsPerRead = 8;
// Rows of x that are multiplied by all panels before the next ones: they stay in the second-level cache.
constexpr std::int64_t kBlockBytes = std::int64_t{640} << 10;
constexpr std::int64_t kLeastBlockRows = 48;
constexpr std::int64_t kKeptScratch = std::int64_t{8} << 20;

bool is_native(at::ScalarType type) {
  return type == at::kFloat || type == at::kBFloat16;
}

Element element_of(const at::Tensor& tensor) {
  return tensor.scalar_type() == at::kFloat ? Element::kF32 : Element::kBf16;
}

// x as rows with one stride.
struct Input {
  at::Tensor x;
  std::int64_t rows = 0;
  kernels::SourceRows source;

  explicit Input(const at::Tensor& given, std::int64_t in) {
    C2C_CHECK(given.device().is_cpu() && given.dim() > 0 && given.size(-1) == in,
              "a packed layer's input is (..., in) on the CPU");
    C2C_CHECK(!(at::GradMode::is_enabled() && given.requires_grad()),
              "a packed layer has no gradient: train with plain weights, or run under no_grad");
    const bool rows_as_they_are = given.is_contiguous() || (given.dim() == 2 && given.stride(1) == 1);
    x = is_native(given.scalar_type()) ? (rows_as_they_are ? given : given.contiguous())
                                       : given.to(at::kFloat).contiguous();
    rows = in == 0 ? given.numel() : given.numel() / in;
    source = {x.const_data_ptr(), x.dim() == 2 ? x.stride(0) : in, element_of(x)};
  }
};

// One matrix with everything the kernel needs.
struct Call {
  kernels::PackedMatrix matrix;
  kernels::PreparedRows rows;
  kernels::Outputs out;
  at::Tensor y, bias, residual;  // what the pointers point into
  bool needs_rows = false;       // `rows` are to be prepared
};

at::Tensor readable(const at::Tensor& tensor) {
  return is_native(tensor.scalar_type()) ? tensor.contiguous() : tensor.to(at::kFloat).contiguous();
}

void set_outputs(Call& call, const Input& input, const PackedJob& job) {
  const std::int64_t out = call.matrix.shape.out;
  c10::SmallVector<std::int64_t, 5> sizes(input.x.sizes().begin(), input.x.sizes().end());
  sizes.back() = out;
  call.y = at::detail::empty_cpu(sizes, input.x.scalar_type());
  call.out.y = call.y.data_ptr();
  call.out.y_stride = out;
  call.out.type = element_of(call.y);
  call.out.gelu = job.gelu;
  if (job.bias.defined()) {
    C2C_CHECK(job.bias.numel() == out && job.bias.device().is_cpu(), "a packed layer's bias is (out)");
    call.bias = readable(job.bias);
    call.out.bias = call.bias.const_data_ptr();
    call.out.bias_type = element_of(call.bias);
  }
  if (job.residual.defined()) {
    C2C_CHECK(job.residual.sizes() == call.y.sizes() && job.residual.device().is_cpu(),
              "a packed layer's residual has the shape of its output");
    call.residual = readable(job.residual);
    call.out.residual = call.residual.const_data_ptr();
    call.out.residual_stride = out;
    call.out.residual_type = element_of(call.residual);
  }
}

Call make_call(const Input& input, const PackedJob& job) {
  Call call;
  call.matrix = {job.weight->shape, job.weight->data.get()};
  const kernels::PackedShape& shape = call.matrix.shape;
  const RowFormat format = kernels::row_format(shape.format, input.source.type, kernels::isa());
  const bool is_f32 = input.source.type == Element::kF32;
  const bool as_it_is =
      (format == RowFormat::kF32 && is_f32) || (format == RowFormat::kBf16 && !is_f32 && shape.in % 2 == 0);
  call.needs_rows = !as_it_is;
  call.rows.format = format;
  if (as_it_is) {
    call.rows.data = static_cast<const std::byte*>(input.source.data);
    call.rows.stride_bytes = input.source.stride * (is_f32 ? 4 : 2);
  }
  set_outputs(call, input, job);
  return call;
}

// A buffer of this thread that the next call finds again, unless it is large.
class Scratch {
 public:
  std::byte* take(std::int64_t bytes) {
    if (bytes > bytes_) {
      data_ = std::make_unique<std::byte[]>(static_cast<std::size_t>(bytes));
      bytes_ = bytes;
    }
    return data_.get();
  }
  void trim() {
    if (bytes_ <= kKeptScratch) return;
    data_.reset();
    bytes_ = 0;
  }

 private:
  std::unique_ptr<std::byte[]> data_;
  std::int64_t bytes_ = 0;
};

// Every form of rows that some call needs, made once.
void prepare(const Input& input, std::int64_t in, std::span<Call> calls, Scratch& scratch) {
  std::array<std::int64_t, 3> place;
  place.fill(-1);
  std::int64_t bytes = 0;
  for (const Call& call : calls) {
    std::int64_t& at = place[static_cast<std::size_t>(call.rows.format)];
    if (!call.needs_rows || at >= 0) continue;
    at = bytes;
    bytes += input.rows * kernels::row_bytes(call.rows.format, in);
  }
  if (bytes == 0) return;
  std::byte* memory = scratch.take(bytes);
  for (Call& call : calls) {
    if (!call.needs_rows) continue;
    call.rows.data = memory + place[static_cast<std::size_t>(call.rows.format)];
    call.rows.stride_bytes = kernels::row_bytes(call.rows.format, in);
  }
  for (std::size_t f = 0; f < place.size(); ++f) {
    if (place[f] < 0) continue;
    const auto format = static_cast<RowFormat>(f);
    const std::int64_t grain = std::max<std::int64_t>(8, (std::int64_t{1} << 16) / std::max<std::int64_t>(in, 1));
    Crew::ranges(input.rows, grain, [&](std::int64_t begin, std::int64_t end) {
      kernels::prepare_rows(input.source, in, format, begin, end, memory + place[f]);
    });
  }
}

std::int64_t thread_count(std::span<const Call> calls, std::int64_t rows) {
  std::int64_t bytes = 0;
  for (const Call& call : calls) bytes += call.matrix.shape.bytes();
  const std::int64_t worth = bytes / kThreadBytes * (kRowsPerRead + rows) / kRowsPerRead;
  return std::clamp<std::int64_t>(worth, 1, at::get_num_threads());
}

// The panels of all calls one after the other, times rows [row_begin, row_end): part `part` of `parts`. Cuts are even:
// between panels while rows are few, and inside a panel, between tiles, where they are many.
struct Share {
  std::span<const Call> calls;
  std::int64_t panels = 0, row_begin = 0, row_end = 0;

  struct Cut {
    std::int64_t panel = 0, row = 0;
  };
  Cut cut(std::int64_t part, std::int64_t parts, std::int64_t tile) const {
    const std::int64_t rows = row_end - row_begin;
    if (rows <= 2 * tile) return {panels * part / parts, 0};
    const std::int64_t flat = panels * rows * part / parts;
    std::int64_t panel = flat / rows, row = (flat % rows + tile / 2) / tile * tile;
    if (row + tile / 2 >= rows) {
      row = 0;
      ++panel;
    }
    return {panel, row};
  }

  void run(std::int64_t part, std::int64_t parts) const {
    const std::int64_t tile = kernels::tile_rows(calls[0].matrix.shape.format, calls[0].rows.format);
    const Cut begin = cut(part, parts, tile), end = cut(part + 1, parts, tile);
    std::int64_t offset = 0;
    for (const Call& call : calls) {
      const std::int64_t count = call.matrix.shape.panels();
      run_panels(call, {begin.panel - offset, begin.row}, {end.panel - offset, end.row}, count);
      offset += count;
    }
  }

  // Panels [begin, end) of all.
  void run_range(std::int64_t begin, std::int64_t end) const {
    for (const Call& call : calls) {
      const std::int64_t count = call.matrix.shape.panels();
      const std::int64_t first = std::max<std::int64_t>(begin, 0), last = std::min(end, count);
      if (first < last) kernels::packed_matmul(call.matrix, call.rows, call.out, {first, last, row_begin, row_end});
      begin -= count;
      end -= count;
    }
  }

  void run_panels(const Call& call, Cut begin, Cut end, std::int64_t count) const {
    if (begin.panel < 0) begin = {0, 0};
    if (end.panel >= count) end = {count, 0};
    if (begin.panel > end.panel || begin.panel >= count) return;
    const auto multiply = [&](std::int64_t first, std::int64_t last, std::int64_t from, std::int64_t to) {
      kernels::packed_matmul(call.matrix, call.rows, call.out, {first, last, row_begin + from, row_begin + to});
    };
    const std::int64_t rows = row_end - row_begin;
    if (begin.panel == end.panel) return multiply(begin.panel, begin.panel + 1, begin.row, end.row);
    if (begin.row > 0) multiply(begin.panel, begin.panel + 1, begin.row, rows);
    multiply(begin.panel + (begin.row > 0 ? 1 : 0), end.panel, 0, rows);
    if (end.row > 0) multiply(end.panel, end.panel + 1, 0, end.row);
  }
};

// Panels, and a word about which bytes these are.
template <class BlockOf>
void run_by(Crew& crew, std::span<const Call> calls, std::int64_t blocks, const BlockOf& block_of) {
  std::array<PartBytes, kMostPartBytes> reads;
  const std::size_t known = std::min(calls.size(), reads.size());
  for (std::size_t i = 0; i < known; ++i) {
    const kernels::PackedMatrix& matrix = calls[i].matrix;
    reads[i] = {matrix.data, matrix.shape.panels(), matrix.shape.panel_bytes()};
  }
  for (std::int64_t b = 0; b < blocks; ++b) {
    const Share share = block_of(b);
    crew.run_parts(share.panels, [&](std::int64_t begin, std::int64_t end) { share.run_range(begin, end); },
                   {reads.data(), known});
  }
}

void run_calls(std::span<const Call> calls, std::int64_t rows, std::int64_t threads) {
  Share whole{.calls = calls};
  std::int64_t row_bytes = 1;
  for (const Call& call : calls) {
    whole.panels += call.matrix.shape.panels();
    row_bytes = std::max(row_bytes, kernels::row_bytes(call.rows.format, call.matrix.shape.in));
  }
  const std::int64_t block = std::max(kBlockBytes / row_bytes, kLeastBlockRows);
  const std::int64_t blocks = (rows + block - 1) / block;
  const auto block_of = [&](std::int64_t b) {
    Share share = whole;
    share.row_begin = rows * b / blocks;
    share.row_end = rows * (b + 1) / blocks;
    return share;
  };
  if (Crew* const crew = Crew::here(); crew != nullptr && threads > 1) return run_by(*crew, calls, blocks, block_of);
  at::parallel_for(0, threads, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = 0; b < blocks; ++b)
      for (std::int64_t part = begin; part < end; ++part) block_of(b).run(part, threads);
  });
}

void multiply(const Input& input, std::int64_t in, std::span<Call> calls) {
  if (input.rows == 0) return;
  thread_local Scratch scratch;
  prepare(input, in, calls, scratch);
  run_calls(calls, input.rows, thread_count(calls, input.rows));
  scratch.trim();
}

at::Tensor result(const Call& call, const at::Tensor& x) {
  return call.y.scalar_type() == x.scalar_type() ? call.y : call.y.to(x.scalar_type());
}

}  // namespace

at::Tensor packed_linear(const at::Tensor& x, const PackedJob& job) {
  const std::int64_t in = job.weight->shape.in;
  const Input input(x, in);
  Call call = make_call(input, job);
  multiply(input, in, {&call, 1});
  return result(call, x);
}

std::vector<at::Tensor> packed_linear(const at::Tensor& x, std::span<const PackedJob> jobs) {
  std::vector<at::Tensor> results;
  if (jobs.empty()) return results;
  const std::int64_t in = jobs[0].weight->shape.in;
  const Input input(x, in);
  c10::SmallVector<Call, 4> calls;
  for (const PackedJob& job : jobs) {
    C2C_CHECK(job.weight->shape.in == in, "packed layers applied together read one input");
    calls.push_back(make_call(input, job));
  }
  multiply(input, in, {calls.data(), calls.size()});
  results.reserve(calls.size());
  for (const Call& call : calls) results.push_back(result(call, x));
  return results;
}

}  // namespace c2c
