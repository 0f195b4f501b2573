// The tasks of LongBench (arXiv 2308.14508) and the prompt that each wraps around a row.
#pragma once
#include <span>
#include <string_view>

namespace c2c {

struct LongBenchTask {
  std::string_view name;
  bool in_e;                // also in LongBench-E
  std::string_view prompt;  // {context} and {input} stand for the row's fields
};

// In the order in which the reference loads them (rosetta/train/dataset_adapters.py).
std::span<const LongBenchTask> longbench_tasks();

}  // namespace c2c
