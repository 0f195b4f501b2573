#include "c2c/tensor/kernels/decode_attention.h"

#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>

#include <algorithm>
#include <array>

#include "c2c/base/error.h"
#include "c2c/base/float_bits.h"
#include "c2c/tensor/ops/attention.h"
#include "c2c/tensor/ops/crew.h"
#include "c2c/tensor/ops/on_kernels.h"

namespace c2c {
namespace {

using kernels::kSplitTokens;
using kernels::KvView;

// Bytes of K and V that are worth a thread of their own.
constexpr std::int64_t kGrainBytes = 96 << 10;

struct Task {
  std::int64_t row, head, begin, end;
};
// What a row's results are merged from: `splits` tasks for each kv head.
struct RowTasks {
  std::int64_t first, splits;
};

// One call's layout of work; kept by the thread, so that decode steps allocate nothing.
struct Work {
  std::vector<Task> tasks;
  std::vector<RowTasks> rows;
  std::vector<float> query, parts;
};

void plan(std::span<const KvView> views, std::int64_t window, Work& work) {
  work.tasks.clear();
  work.rows.clear();
  for (std::size_t r = 0; r < views.size(); ++r) {
    const KvView& view = views[r];
    const std::int64_t begin = window > 0 ? std::max<std::int64_t>(0, view.tokens - window) : 0;
    const std::int64_t first = begin / kSplitTokens, last = (view.tokens + kSplitTokens - 1) / kSplitTokens;
    work.rows.push_back({static_cast<std::int64_t>(work.tasks.size()), last - first});
    for (std::int64_t head = 0; head < view.kv_heads; ++head)
      for (std::int64_t s = first; s < last; ++s)
        work.tasks.push_back({static_cast<std::int64_t>(r), head, std::max(begin, s * kSplitTokens),
                              std::min(view.tokens, (s + 1) * kSplitTokens)});
  }
}

// K and V of one row, head after head as the tasks read them; nothing where they are too many to be worth a word.
std::span<const PartBytes> reads_of(std::span<const KvView> views, std::array<PartBytes, kMostPartBytes>& reads) {
  const KvView& view = views.front();
  if (views.size() != 1 || 2 * view.kv_heads > static_cast<std::int64_t>(reads.size())) return {};
  std::size_t count = 0;
  for (std::int64_t head = 0; head < view.kv_heads; ++head)
    for (const kernels::KvSide* side : {&view.key, &view.value})
      reads[count++] = {side->at(head, 0), view.tokens, side->token_stride};
  return {reads.data(), count};
}

template <class T>
void run(const T* query, std::span<const KvView> views, std::int64_t heads, const AttentionScale& scale, Work& work,
         T* out) {
  const KvView& any = views.front();
  const std::int64_t size = any.head_size, groups = heads / any.kv_heads, part = groups * (size + 2);
  const auto count = static_cast<std::int64_t>(work.tasks.size()), rows = static_cast<std::int64_t>(views.size());
  work.parts.resize(static_cast<std::size_t>(count * part));
  const float* wide = nullptr;
  const std::uint16_t* narrow = nullptr;
  if constexpr (sizeof(T) == sizeof(float)) {
    wide = query;
  } else {
    narrow = query;
    work.query.resize(static_cast<std::size_t>(rows * heads * size));
    for (std::size_t i = 0; i < work.query.size(); ++i) work.query[i] = bfloat16_to_float(query[i]);
    wide = work.query.data();
  }
  const std::int64_t task_bytes = 2 * std::min(any.tokens, kSplitTokens) * size * kv_element_bytes(any.format);
  std::array<PartBytes, kMostPartBytes> known;
  const auto attend = [&](std::int64_t b, std::int64_t e) {
    for (std::int64_t i = b; i < e; ++i) {
      const Task& task = work.tasks[static_cast<std::size_t>(i)];
      const std::int64_t own = (task.row * heads + task.head * groups) * size;
      kernels::attend_split({.kv = &views[static_cast<std::size_t>(task.row)],
                             .head = task.head,
                             .begin = task.begin,
                             .end = task.end,
                             .query = wide + own,
                             .query_bf16 = narrow == nullptr ? nullptr : narrow + own,
                             .queries = groups,
                             .scale = static_cast<float>(scale.scale),
                             .soft_cap = static_cast<float>(scale.soft_cap),
                             .out = work.parts.data() + i * part});
    }
  };
  Crew::ranges(count, std::max<std::int64_t>(1, kGrainBytes / task_bytes), attend, reads_of(views, known));
  const std::int64_t merge_cost = 1 + count * size / (rows * any.kv_heads);  // numbers read for one head's result
  Crew::ranges(rows * heads, 1 + grain_of(2) / merge_cost, [&](std::int64_t b, std::int64_t e) {
    for (std::int64_t i = b; i < e; ++i) {
      const RowTasks& row = work.rows[static_cast<std::size_t>(i / heads)];
      const std::int64_t head = i % heads, first = row.first + head / groups * row.splits;
      kernels::merge_splits(work.parts.data() + first * part + head % groups * (size + 2), part, row.splits, size,
                            out + i * size);
    }
  });
}

}  // namespace

at::Tensor decode_attention(const at::Tensor& query, std::span<const KvView> rows, std::int64_t window,
                            const AttentionScale& scale) {
  const std::int64_t size = rows.empty() ? 1 : rows.front().head_size;
  C2C_CHECK((query.dim() == 4 ? query.size(3) == size : query.dim() == 3 && query.size(2) % size == 0) &&
                query.size(1) == 1 && query.size(0) == static_cast<std::int64_t>(rows.size()) && query.size(0) > 0 &&
                query.is_cpu() && has_kernels(query.scalar_type()) && window >= 0,
            "decode_attention: query (B, 1, H, D) or (B, 1, H * D), float32 or bfloat16 on the CPU, one view per row");
  const std::int64_t heads = query.dim() == 4 ? query.size(2) : query.size(2) / size;
  for (const KvView& view : rows)
    C2C_CHECK(view.tokens > 0 && view.head_size == size && view.kv_heads == rows.front().kv_heads &&
                  heads % view.kv_heads == 0,
              "decode_attention: rows have tokens, heads of the query's size, and H is a multiple of their heads");
  const at::Tensor dense = query.contiguous();
  const std::int64_t shape[] = {query.size(0), 1, heads * size};
  at::Tensor out = at::detail::empty_cpu(shape, query.scalar_type());
  static thread_local Work work;
  plan(rows, window, work);
  run_as(query.scalar_type(), [&](auto zero) {
    using T = decltype(zero);
    run(numbers<T>(dense), rows, heads, scale, work, numbers_out<T>(out));
  });
  return out;
}

}  // namespace c2c
