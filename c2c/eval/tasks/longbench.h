// LongBench as it is evaluated: which rows, how long a reply may be, which prompts are texts to continue.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "c2c/io/tables/row_source.h"

namespace c2c {

struct LongBenchSettings {
  std::int64_t max_new_tokens = 0;
  bool chat = true;  // false: the prompt is not wrapped in a chat message
};
// Of a task without "_e". Throws kUsage for an unknown one.
LongBenchSettings longbench_settings(const std::string& task);

// The quarter that is evaluated; training keeps to the others. SHA-256 of the id, mod 4, is 1.
bool is_longbench_eval_id(std::string_view id);

// Python's str.format with a row's fields: {name}, {{ and }}. Throws FieldProblem for a field that the row lacks and
// for a template that str.format refuses.
std::string format_row(std::string_view prompt, const Row& row);

// A model reads at most `max_length` tokens of a prompt: where it has more, both ends of this many each are kept.
constexpr std::int64_t longbench_half(std::int64_t max_length) {
  return max_length / 2;
}

}  // namespace c2c
